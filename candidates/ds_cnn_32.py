"""
DS-CNN, 32 filters, dense, float32: the one to copy from.

Everything but the width is a default, spelled out to show what there is to vary.
"""

from candidates._networks import DsCnn
from harness import Candidate, LogMel, Training

CANDIDATE = Candidate(
    frontend=LogMel(frame_ms=32, hop_ms=25, mel_bins=32),
    network=DsCnn(width=32, blocks=4),
    training=Training(epochs=50, learning_rate=0.01),
    sparsity=0.0,
    quantization="float32",
)
