"""DS-CNN, 48 filters, dense, int8 weights with float32 activations."""

from candidates._networks import DsCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=DsCnn(width=48),
    training=Training(epochs=12),
    quantization="dynamic",
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
