"""
Temporal CNN, 28 filters, int8 weights of at most 15 values a channel.

Few values zip well: dense, it takes little more than half the bytes of the pruned
``tc_cnn_48_s80_int8``.
"""

from candidates._networks import TcCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=TcCnn(width=28),
    training=Training(levels=15, seed=2),
    quantization="int8",
    rounded_scales=True,
)
