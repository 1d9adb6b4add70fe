"""DS-CNN, 48 filters, 80 % of the weights of ordinary convolutions pruned, float32."""

from candidates._networks import DsCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=DsCnn(width=48),
    training=Training(epochs=12),
    sparsity=0.8,
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
