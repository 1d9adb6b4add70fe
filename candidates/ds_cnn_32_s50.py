"""
DS-CNN, 32 filters, half of the weights of ordinary convolutions pruned to zero.

Differs from its dense twin ``ds_cnn_32`` in sparsity alone: the two rows show
what pruning saves in zipped bytes, and that it saves no time on this runtime.
"""

from candidates._networks import DsCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=DsCnn(width=32),
    training=Training(epochs=12),
    sparsity=0.5,
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
