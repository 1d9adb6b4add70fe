"""Clip -> features: the kinds of front-end that exist, and what one of a candidate must be."""
