"""
``tc_cnn_64_s80_int8``, trained on recordings of people alone.

Differs from it in that it never heard a synthetic voice: the two rows show what
those bring, on people and on synthetic voices.
"""

from candidates._networks import TcCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=TcCnn(width=64),
    training=Training(synthetic=0.0, vocabulary=0.0),
    sparsity=0.8,
    quantization="int8",
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
