"""
Temporal CNN, 64 filters, 80 % of the weights of ordinary convolutions pruned, int8.

Differs from ``tc_cnn_48_s80_int8`` in width alone.
"""

from candidates._networks import TcCnn
from harness import Candidate

CANDIDATE = Candidate(network=TcCnn(width=64), sparsity=0.8, quantization="int8")
