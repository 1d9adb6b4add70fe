"""
Three temporal CNNs like ``tc_cnn_28_l15_int8``, joined in one file.

Each is trained on its own, from another seed, and one Dense layer averages their logits: the
two rows show what averaging brings.
"""

from candidates._networks import Ensemble, TcCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=Ensemble(member=TcCnn(width=28), count=3),
    training=Training(levels=15, seed=2),
    quantization="int8",
    rounded_scales=True,
)
