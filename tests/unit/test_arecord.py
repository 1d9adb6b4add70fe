"""A microphone through ``arecord``: a real one on ALSA's plugins, and one with given faults."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from harness.errors import SourceError
from harness.stream import alsa, arecord
from harness.stream.arecord import Arecord
from harness.stream.pcm import Samples
from tests.unit.alsa import microphone, needs_arecord, pretend, told

RAMP = np.arange(-8_000, 8_000, dtype=np.int16)

ANSWER = f"""
if asked:
    sys.stderr.write({told()!r})
    raise SystemExit(1)
"""
SETUP = r"""
sys.stderr.write("Its setup is:\n  format       : S16_LE\n  rate         : {rate_hz}\n"
    "  exact rate   : {rate_hz} ({rate_hz}/1)\nSlave: Hardware PCM\nIts setup is:\n  rate : 1\n")
sys.stderr.flush()
"""
RECORD = "sys.stdout.buffer.write(bytes({size})); sys.stdout.flush()\n"


def first(source: Arecord, samples: int) -> Samples:
    """Return the first *samples* of a source that does not end."""
    blocks: list[Samples] = []
    for block in source:
        blocks.append(block)
        if sum(map(len, blocks)) >= samples:
            break
    return np.concatenate(blocks)[:samples]


@needs_arecord
@pytest.mark.parametrize(("slave", "channels"), [("anything", 1), ("stereo", 2)])
def test_what_a_device_records_is_heard_in_mono(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slave: str, channels: int
) -> None:
    for name, value in microphone(tmp_path, RAMP.repeat(channels).tobytes(), slave).items():
        monkeypatch.setenv(name, value)

    with closing(Arecord("mic")) as source:
        assert np.array_equal(first(source, RAMP.size), RAMP)
    assert source._process.returncode is not None


@needs_arecord
def test_a_device_that_breaks_off_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in microphone(tmp_path, b"").items():
        monkeypatch.setenv(name, value)

    fault = r"^device 'rigid' cannot be recorded \(arecord: pcm\.c.*\); try: arecord -D rigid"
    with closing(Arecord("rigid")) as source, pytest.raises(SourceError, match=fault):
        list(source)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_a_device_that_takes_another_rate_than_it_said_is_heard_at_that_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate_hz: int
) -> None:
    body = ANSWER + SETUP.format(rate_hz=rate_hz) + RECORD.format(size=2 * rate_hz)
    pretend(tmp_path, monkeypatch, body)

    with closing(Arecord("hw:1")) as source:
        assert sum(map(len, source)) == 16_000


def test_half_a_frame_waits_for_its_other_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drip = "time.sleep(0.05); " + RECORD.format(size=3)
    pretend(tmp_path, monkeypatch, ANSWER + SETUP.format(rate_hz=16_000) + 2 * drip)

    with closing(Arecord("hw:1")) as source:
        assert sum(map(len, source)) == 3


def test_overruns_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overrun = "print('overrun!!! (at least 9.876 ms long)', file=sys.stderr, flush=True)\n"
    body = ANSWER + SETUP.format(rate_hz=16_000) + overrun + RECORD.format(size=64) + overrun
    pretend(tmp_path, monkeypatch, body)

    with closing(Arecord("hw:1")) as source:
        assert sum(map(len, source)) == 32
        assert source.overruns == 2


def test_a_microphone_that_is_unplugged_is_heard_up_to_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = "arecord: pcm_read:2221: read error: No such device"
    body = ANSWER + SETUP.format(rate_hz=16_000) + RECORD.format(size=64) + f"sys.exit({last!r})"
    pretend(tmp_path, monkeypatch, body)
    heard: list[Samples] = []

    fault = r"^device 'hw:1' is gone \(.*\); plug the microphone in again and start once more$"
    with closing(Arecord("hw:1")) as source, pytest.raises(SourceError, match=fault):
        heard += source

    assert sum(map(len, heard)) == 32


def test_a_device_that_delivers_nothing_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, monkeypatch, ANSWER + "time.sleep(60)")
    with closing(Arecord("hw:1")) as source:
        monkeypatch.setattr(alsa, "ANSWER_S", 0.1)

        with pytest.raises(SourceError, match=r"^device 'hw:1' delivers nothing for 0\.1 s; check"):
            list(source)


def test_one_that_cannot_be_ended_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    body = ANSWER + stubborn + SETUP.format(rate_hz=16_000) + RECORD.format(size=64)
    pretend(tmp_path, monkeypatch, body + "time.sleep(60)")
    monkeypatch.setattr(arecord, "_ENDING_S", 0.1)

    with closing(Arecord("hw:1")) as source:
        first(source, 1)

    assert source._process.returncode == -9
