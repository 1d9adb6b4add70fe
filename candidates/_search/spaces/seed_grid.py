"""
The method of the recipe that this project grew from: a grid over front-end and training.

Its points come in a fixed order, every beginning of which is an even sample of them all.
"""

from dataclasses import replace

from candidates._search.space import Space
from candidates._search.variations import Choices, Share, evenly
from candidates.seed_ds_cnn_48_s95 import CANDIDATE

SPACE = Space(
    base=replace(CANDIDATE, misses={}),
    vary={
        "frontend.frame_ms": Choices(16, 20, 25, 32, 40, 50),
        "frontend.hop_ms": Share("frontend.frame_ms", Choices(1, 0.75, 0.5, 0.25)),
        "frontend.mel_bins": evenly(10, 40, 4),
        "frontend.low_hz": evenly(20, 80, 3),
        "frontend.high_hz": evenly(4_000, 8_000, 3),
        "training.batch_size": Choices(15, 32, 64),
        "training.learning_rate": Choices(0.003, 0.01, 0.03),
        "training.final_learning_rate": Choices(1e-5, 1e-4),
        "training.epochs": Choices(10, 20, 30),
        "network.width": Choices(24, 32, 48),
        "sparsity": Choices(0.5, 0.8, 0.9, 0.95),
    },
    goals=("validation score", "size"),
    sampler="grid",
)
