import math
import re

import numpy as np
import pytest

from harness import Waveform
from harness.errors import AudioError, CandidateError


@pytest.mark.parametrize("full_scale", [1.0, 32_768, 0.5])
def test_a_full_scale_sample_has_the_value_of_full_scale(full_scale: float) -> None:
    clip = np.zeros(16_000, np.int16)
    clip[:3] = -32_768, 16_384, 1

    features = Waveform(full_scale=full_scale)(clip)

    assert (features.shape, features.dtype.name) == ((16_000,), "float32")
    assert features[:4].tolist() == [-full_scale, full_scale / 2, full_scale / 32_768, 0]


def test_the_shape_is_that_of_a_clip() -> None:
    assert Waveform().shape == (16_000,)


def test_a_clip_of_floats_is_refused() -> None:
    with pytest.raises(AudioError, match=r"^a clip is float32 of shape \(16000,\), not int16 "):
        Waveform()(np.zeros(16_000, np.float32))


@pytest.mark.parametrize("full_scale", [0, -1, math.inf, math.nan])
def test_an_impossible_scale_is_refused_by_name(full_scale: float) -> None:
    expected = f"impossible front-end: full_scale={full_scale}; use a finite number above 0"

    with pytest.raises(CandidateError, match=f"^{re.escape(expected)}$"):
        Waveform(full_scale=full_scale)
