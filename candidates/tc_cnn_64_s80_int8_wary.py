"""
``tc_cnn_64_s80_int8``, trained longer and on more of what it is to ignore.

Differs from it in the training recipe alone: twice the other words and synthetic voices.
"""

from candidates._networks import TcCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=TcCnn(width=64),
    training=Training(epochs=60, synthetic=0.26, other_words=1.0),
    sparsity=0.8,
    quantization="int8",
)
