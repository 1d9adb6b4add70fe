"""What a device can do, and what its faults mean."""

from pathlib import Path

import pytest

from harness.errors import SourceError
from harness.stream import alsa
from tests.unit.alsa import microphone, needs_arecord, pretend, told


@pytest.mark.parametrize(
    ("can", "expected"),
    [
        (told(), ("S16_LE", 1, 16_000)),
        (told(formats="U8 S16_LE S32_LE", rates="[8000 48000]"), ("S16_LE", 1, 16_000)),
        (told(channels="[1 10000]", rates="[1 4294967295]"), ("S16_LE", 1, 16_000)),
        (told(channels="(0 10000]", rates="(4000 4294967295)"), ("S16_LE", 1, 16_000)),
        (told(channels="ALL", rates="ALL"), ("S16_LE", 1, 16_000)),
        (told(rates="[44100 48000]"), ("S16_LE", 1, 48_000)),
        (told(rates="44100", channels="2"), ("S16_LE", 2, 44_100)),
        (told(rates="[88200 192000]", channels="[6 8]"), ("S16_LE", 6, 96_000)),
        (told(rates="192000"), ("S16_LE", 1, 192_000)),
        (told(rates="8000"), ("S16_LE", 1, 8_000)),
        (told(formats="S24_LE S32_LE"), ("S32_LE", 1, 16_000)),
        (told(formats="S24_3LE"), ("S24_3LE", 1, 16_000)),
        (told(formats="U8 FLOAT_LE"), ("FLOAT_LE", 1, 16_000)),
    ],
)
def test_16_khz_mono_is_preferred_then_what_comes_nearest(
    can: str, expected: tuple[str, int, int]
) -> None:
    found = alsa.choose("hw:1,0", can)

    assert (found.encoding, found.channels, found.rate_hz) == expected


def test_a_device_without_any_usable_format_is_refused() -> None:
    fault = (
        r"^device 'hw:1,0' records MU_LAW GSM, expected one of S16_LE, .*, U8; use --device plug"
    )
    with pytest.raises(SourceError, match=fault):
        alsa.choose("hw:1,0", told(formats="MU_LAW GSM"))


@pytest.mark.parametrize(
    ("last", "what", "cure"),
    [
        ("main:831: audio open error: No such file or directory", "is not there", "arecord -l"),
        ("main:831: audio open error: No such device", "is not there", "usermod -aG audio"),
        ("main:831: audio open error: Device or resource busy", "is busy", "end the program"),
        ("main:831: audio open error: Permission denied", "may not be used", "usermod -aG audio"),
        ("main:831: audio open error: Host is down", "has no sound server", "XDG_RUNTIME_DIR"),
        ("main:831: audio open error: Connection refused", "has no sound server", "PipeWire"),
        ("main:831: audio open error: Invalid argument", "refuses to record", "arecord -l"),
        ("pcm_read:2221: read error: No such device", "is gone", "plug the microphone in again"),
        ("pcm_read:2221: read error: File descriptor in bad state", "is gone", "plug the"),
        ("pcm_read:2221: read error: Input/output error", "delivers no sound", "is connected"),
        ("main:831: audio open error: Odd", "cannot be recorded", "try: arecord -D hw:1 -d 3"),
    ],
)
def test_a_fault_is_told_with_its_cure(last: str, what: str, cure: str) -> None:
    words = f"ALSA lib pcm.c:2666:(snd_pcm_open_noupdate) Unknown\narecord: {last}\n"

    found = str(alsa.fault("hw:1", words))

    assert found.startswith(f"device 'hw:1' {what} (arecord: {last}); ")
    assert cure in found
    assert "\n" not in found


def test_a_fault_without_a_word_of_arecord_is_told_with_what_there_is() -> None:
    assert "(ALSA lib: odd); " in str(alsa.fault("hw:1", "ALSA lib: odd\n"))
    assert "(arecord ended without a word); " in str(alsa.fault("hw:1", ""))


def test_a_machine_without_arecord_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    fault = "^there is no arecord on this machine; sudo apt install alsa-utils$"
    with pytest.raises(SourceError, match=fault):
        alsa.layout_of("default")


def test_a_device_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, monkeypatch, "time.sleep(60)")
    monkeypatch.setattr(alsa, "ANSWER_S", 0.1)

    with pytest.raises(SourceError, match=r"^device 'hw:1' delivers nothing for 0.1 s; check"):
        alsa.layout_of("hw:1")


@needs_arecord
@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("anything", ("S16_LE", 1, 16_000)),
        ("mic", ("S16_LE", 2, 16_000)),
        ("rigid", ("S16_LE", 2, 48_000)),
    ],
)
def test_a_device_is_asked_what_it_can_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, expected: tuple[str, int, int]
) -> None:
    for name, value in microphone(tmp_path, b"", "stereo").items():
        monkeypatch.setenv(name, value)

    found = alsa.layout_of(device)

    assert (found.encoding, found.channels, found.rate_hz) == expected


@needs_arecord
@pytest.mark.parametrize("device", ["nosuch", "plughw:31,0"])
def test_a_device_that_is_not_there_is_told_so_in_any_language(
    monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")

    with pytest.raises(SourceError, match=f"^device '{device}' is not there .*arecord -l"):
        alsa.layout_of(device)
