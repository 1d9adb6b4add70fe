"""Measures candidates: spotter, data set and board -> record."""
