"""DS-CNN, 64 filters, half of the weights of ordinary convolutions pruned, int8."""

from candidates._networks import DsCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=DsCnn(width=64),
    training=Training(epochs=12),
    sparsity=0.5,
    quantization="int8",
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
