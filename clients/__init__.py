"""What partners run on their side: a client in one file, and a check of any deployment against the contract."""
