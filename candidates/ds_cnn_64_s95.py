"""
DS-CNN, 64 filters, 95 % of the weights of ordinary convolutions pruned, float32.

The seed's sparsity on a wider network.
"""

from candidates._networks import DsCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=DsCnn(width=64),
    training=Training(epochs=12),
    sparsity=0.95,
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
