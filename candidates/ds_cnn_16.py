"""
DS-CNN, 16 filters, dense, float32: the narrowest of the family.

Next to its wider siblings it shows what width buys.
"""

from candidates._networks import DsCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=DsCnn(width=16),
    training=Training(epochs=12),
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
