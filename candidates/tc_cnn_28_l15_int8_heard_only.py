"""
``tc_cnn_28_l15_int8``, trained to ignore the six other words of the data set alone.

Differs from it in the outliers of its training: no wide vocabulary, no pieces of words, no
running speech, no foreign speech. The two rows show what those bring, beside what chance does:
their seeds differ, too.
"""

from candidates._networks import TcCnn
from harness import Candidate, FalseAccepts, Training

CANDIDATE = Candidate(
    network=TcCnn(width=28),
    training=Training(
        vocabulary=0.0,
        running=0.0,
        cuts=0.0,
        foreign=0.0,
        false_accepts=FalseAccepts(unheard=None, foreign=None),
        levels=15,
    ),
    quantization="int8",
    rounded_scales=True,
)
