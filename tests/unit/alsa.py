"""Microphones without hardware: devices of ALSA's plugins, and an ``arecord`` with given faults."""

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest

needs_arecord = pytest.mark.skipif(
    shutil.which("arecord") is None,
    reason="needs arecord: sudo apt install alsa-utils",
)


PLUGINS = """
</usr/share/alsa/alsa.conf>
pcm.mic {{ type file slave.pcm {slave} file "/dev/null" infile "{infile}" format "raw" }}
pcm.anything {{ type null }}
pcm.stereo {{
    type multi
    slaves.a {{ pcm "null" channels 2 }}
    bindings {{ 0 {{ slave a channel 0 }} 1 {{ slave a channel 1 }} }}
}}
pcm.rigid {{
    type share
    slave {{ pcm "null" rate 48000 channels 2 format S16_LE }}
    bindings {{ 0 0 1 1 }}
}}
"""


def microphone(folder: Path, samples: bytes, slave: str = "anything") -> dict[str, str]:
    """
    Return the variables under which the device "mic" records *samples*, then without end.

    It can do what *slave* can: "anything", or "stereo" only, and the bytes stay as they are. The
    device "rigid" does 48 kHz stereo only, and breaks off at the first sample.
    """
    infile, config = folder / "mic.raw", folder / "asound.conf"
    infile.write_bytes(samples)
    config.write_text(PLUGINS.format(slave=slave, infile=infile))
    return {"ALSA_CONFIG_PATH": str(config)}


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """
    Put an ``arecord`` first on the PATH that does *body*, Python with ``sys`` and ``asked``.

    ``asked`` says whether it is asked what the device can do, else it is to record.
    """
    program, script = folder / "bin" / "arecord", folder / "bin" / "arecord.py"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{script}" "$@"\n')
    script.write_text(f"import sys, time\nasked = '--dump-hw-params' in sys.argv\n{body}")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")


def told(*, formats: str = "S16_LE", channels: str = "1", rates: str = "16000") -> str:
    """Return what ``arecord --dump-hw-params`` tells of a card."""
    return (
        "Recording raw data 'stdin' : Unsigned 8 bit, Rate 8000 Hz, Mono\n"
        'HW Params of device "hw:1,0":\n'
        "--------------------\n"
        "ACCESS:  MMAP_INTERLEAVED RW_INTERLEAVED\n"
        f"FORMAT:  {formats}\n"
        "SUBFORMAT:  STD\n"
        "SAMPLE_BITS: 16\n"
        "FRAME_BITS: [16 32]\n"
        f"CHANNELS: {channels}\n"
        f"RATE: {rates}\n"
        "PERIOD_TIME: [1000 1000000]\n"
        "TICK_TIME: ALL\n"
        "--------------------\n"
        "arecord: set_params:1352: Sample format non available\n"
        "Available formats:\n"
        "- S16_LE\n"
    )
