"""
Temporal CNN, 15 filters, two blocks, at most 7 values a channel, on 16 mel bins: the smallest.

Trial 20 of the study ``smallest`` in results/searches: beside ``tc_cnn_16_b2_l7_int8`` it has
half the bins, one filter less and a lower learning rate. Of five seeds it is the one that
validation prefers; such a network depends on chance a lot.
"""

from candidates._networks import TcCnn
from harness import Candidate, LogMel, Training

CANDIDATE = Candidate(
    network=TcCnn(width=15, blocks=2, residual=False),
    frontend=LogMel(mel_bins=16),
    training=Training(learning_rate=0.00355, levels=7, seed=2),
    quantization="int8",
    rounded_scales=True,
    misses={"espeak": ("accuracy",), "mini_speech_commands": ()},
)
