"""
DS-CNN, 16 filters, dense, float32: the narrowest of the family.

Next to its wider siblings it shows what width buys: on new speakers it misses the
limit of accuracy by one clip.
"""

from candidates._networks import DsCnn
from harness import Candidate

CANDIDATE = Candidate(
    network=DsCnn(width=16),
    misses={"mini_speech_commands": ("accuracy",), "espeak": ()},
)
