"""Spotter, data set and board -> record."""
