"""
Temporal CNN, 32 filters, half of the weights of ordinary convolutions pruned, float32.

Next to ``ds_cnn_32_s50`` it shows what convolving over time alone saves in latency.
"""

from candidates._networks import TcCnn
from harness import Candidate

CANDIDATE = Candidate(network=TcCnn(width=32), sparsity=0.5)
