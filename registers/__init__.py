"""What happened: cash registers and everything they reported. Knows retail."""
