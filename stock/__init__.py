"""What is left: balances, movements and the documents that move them. Knows registers and retail."""
