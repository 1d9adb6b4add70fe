"""What is asked for: a candidate, and everything it consists of."""
