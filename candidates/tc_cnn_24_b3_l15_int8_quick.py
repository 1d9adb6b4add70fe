"""
Temporal CNN, 24 filters, three blocks, on frames of 16 ms with 20 mel bins: quick.

Frames half as long take little more than half the time of a front-end, and one block less
saves a quarter of the network.
"""

from candidates._networks import TcCnn
from harness import Candidate, LogMel, Training

CANDIDATE = Candidate(
    frontend=LogMel(frame_ms=16, hop_ms=25, mel_bins=20),
    network=TcCnn(width=24, blocks=3),
    training=Training(levels=15),
    quantization="int8",
    rounded_scales=True,
)
