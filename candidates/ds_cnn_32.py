"""
DS-CNN, 32 filters, dense, float32: the one to copy from.

What there is to vary is spelled out; all but width and epochs are defaults. A DS-CNN takes
four times as long to train as a temporal CNN of its width, hence the few epochs. It misses
the limit of accuracy on synthetic voices, and says so.
"""

from candidates._networks import DsCnn
from harness import Candidate, LogMel, Training

CANDIDATE = Candidate(
    frontend=LogMel(frame_ms=32, hop_ms=25, mel_bins=32),
    network=DsCnn(width=32, blocks=4),
    training=Training(epochs=12, learning_rate=0.01),
    sparsity=0.0,
    quantization="float32",
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
