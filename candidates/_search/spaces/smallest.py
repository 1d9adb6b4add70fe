"""Bytes against what validation scores: temporal CNNs of few channels and few levels."""

from candidates._networks import TcCnn
from candidates._search.space import Space
from candidates._search.variations import Choices, Real, Whole
from harness import Candidate, LogMel, Training

SPACE = Space(
    base=Candidate(
        frontend=LogMel(),
        network=TcCnn(width=16, blocks=2, residual=False),
        training=Training(levels=7),
        quantization="int8",
        rounded_scales=True,
    ),
    vary={
        "frontend.mel_bins": Choices(12, 16, 20, 24, 32),
        "network.width": Whole(8, 20),
        "network.blocks": Whole(1, 3),
        "network.kernel": Choices(5, 7, 9, 13),
        "network.first": Choices(1, 3),
        "network.residual": Choices(*(False, True)),
        "training.levels": Choices(3, 5, 7, 15),
        "training.learning_rate": Real(0.003, 0.03, log=True),
    },
    goals=("size", "validation score"),
)
