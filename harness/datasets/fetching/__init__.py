"""Fetching, verifying and unpacking archives."""
