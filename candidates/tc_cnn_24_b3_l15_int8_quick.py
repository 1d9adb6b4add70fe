"""
Temporal CNN, 24 filters, three blocks, on frames of 16 ms with 20 mel bins: the quickest.

A front-end costs frames times their length: half as long a frame takes little more than
half the time, and so does a quarter less of the network.
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
