"""
Temporal CNN, 64 filters, dense, int8, for all eight words of mini Speech Commands.

Another task is a matter of the candidate alone: labels, and a budget of its own. Its
vocabulary of near words is found for these eight words; with four times the keywords, an
epoch draws each of them twice only.
"""

from candidates._networks import TcCnn
from harness import Budget, Candidate, Training

CANDIDATE = Candidate(
    network=TcCnn(width=64),
    training=Training(repeats=2),
    quantization="int8",
    labels=("down", "go", "left", "no", "right", "stop", "up", "yes"),
    budget=Budget(min_accuracy=0.93, max_zipped_bytes=34 * 1024, max_latency_us=8_000),
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
