"""Microseconds against what validation scores: frames, bins and sample rate of the front-end."""

from candidates._networks import TcCnn
from candidates._search.space import Space
from candidates._search.variations import Choices, Share, Whole
from harness import Candidate, LogMel, Training

SPACE = Space(
    base=Candidate(
        frontend=LogMel(frame_ms=16, hop_ms=25, mel_bins=20),
        network=TcCnn(width=24, blocks=3),
        training=Training(levels=15),
        quantization="int8",
        rounded_scales=True,
    ),
    vary={
        "frontend.sample_rate_hz": Choices(8_000, 16_000),
        "frontend.high_hz": Share("frontend.sample_rate_hz", Choices(0.25, 0.375, 0.5)),
        "frontend.frame_ms": Choices(8, 10, 12, 16, 20),
        "frontend.hop_ms": Choices(20, 25, 32, 40),
        "frontend.mel_bins": Choices(12, 16, 20, 24),
        "network.width": Whole(12, 32),
        "network.blocks": Whole(1, 4),
    },
    goals=("latency", "validation score"),
)
