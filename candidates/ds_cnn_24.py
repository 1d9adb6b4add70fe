"""DS-CNN, 24 filters, dense, float32."""

from candidates._networks import DsCnn
from harness import Candidate

CANDIDATE = Candidate(network=DsCnn(width=24))
