"""Clip -> features."""
