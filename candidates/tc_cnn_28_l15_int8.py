"""
Temporal CNN, 28 filters, int8 weights of at most 15 values a channel: the best all-round.

Few values zip well, so a dense network takes fewer bytes than a pruned one of its width.
"""

from candidates._networks import TcCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=TcCnn(width=28),
    training=Training(levels=15),
    quantization="int8",
    rounded_scales=True,
)
