"""
DS-CNN, 32 filters, dense, int8 throughout.

Differs from its float32 twin ``ds_cnn_32`` in quantization alone.
"""

from candidates._networks import DsCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=DsCnn(width=32),
    training=Training(epochs=12),
    quantization="int8",
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
