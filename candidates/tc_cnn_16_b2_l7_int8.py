"""
Temporal CNN, 16 filters, two blocks, at most 7 values a channel: small.

Without residual connections, which cost bytes of tables that so small a network feels.
"""

from candidates._networks import TcCnn
from harness import Candidate, Training

CANDIDATE = Candidate(
    network=TcCnn(width=16, blocks=2, residual=False),
    training=Training(levels=7),
    quantization="int8",
    rounded_scales=True,
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
