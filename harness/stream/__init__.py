"""Continuous audio: from samples to detections, and how often those are wrong."""
