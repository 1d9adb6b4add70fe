"""
Temporal CNN, 48 filters, 80 % of the weights of ordinary convolutions pruned, int8.

Wider than ``tc_cnn_32_s50``, yet smaller once zipped.
"""

from candidates._networks import TcCnn
from harness import Candidate

CANDIDATE = Candidate(
    network=TcCnn(width=48),
    sparsity=0.8,
    quantization="int8",
)
