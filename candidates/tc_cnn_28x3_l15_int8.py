"""
Three temporal CNNs of 28 filters, joined in one file: the surest.

Each is trained on its own, from another seed, and one Dense layer averages their logits.
"""

from candidates._networks import Ensemble, TcCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=Ensemble(member=TcCnn(width=28), count=3),
    training=Training(levels=15),
    quantization="int8",
    rounded_scales=True,
)
