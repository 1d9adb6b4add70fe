"""
DS-CNN, 32 filters, half of the weights of ordinary convolutions pruned to zero.

Differs from its dense twin ``ds_cnn_32`` in sparsity alone: the two rows show
what pruning saves in zipped bytes, and that it saves no time on this runtime.
It misses the limit of accuracy by three clips; the same recipe beat it by four when
some of its synthetic voices sounded a little different, so much is chance.
"""

from candidates._networks import DsCnn
from harness import Candidate

CANDIDATE = Candidate(
    network=DsCnn(width=32),
    sparsity=0.5,
    misses={"mini_speech_commands": ("accuracy",), "espeak": ()},
)
