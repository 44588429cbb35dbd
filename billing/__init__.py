"""What it is worth: discount cards. Knows stock, registers and retail."""
