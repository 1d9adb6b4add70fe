"""Whole runs of ``python -m harness.stream``, as a user starts them."""

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest

from harness.stream.pcm import Samples
from tests.unit.alsa import microphone, needs_arecord
from tests.unit.models import loud, loudness_model, ready
from tests.unit.recordings import riff_bytes, wav_bytes

ROOT = Path(__file__).parents[2]
TAKE_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.SIG_DFL); "
)
"""A shell may have had Ctrl-C ignored, which a process inherits; then nothing would end it."""

COLUMNS = 80

AUDIO: Samples = np.concatenate([np.zeros(32_000, np.int16), loud(), np.zeros(48_000, np.int16)])
DETECTIONS = ["     2.20 s  go", "     3.20 s  go"]
"""What is printed on AUDIO, without the scores."""

SUMMARY = "6.00 s of audio, 2 detections, 0 overruns, "


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with candidates, of which one works, and recordings."""
    models = tmp_path / "candidates" / "models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").touch()
    (models / "good.tflite").write_bytes(loudness_model(offset=4))
    (models / "damaged.tflite").write_bytes(b"damaged")
    for name, source in {
        "good": ready("good"),
        "damaged": ready("damaged"),
        "stale": ready("good").replace("hexdigest()", "hexdigest()[::-1]"),
        "broken": "1 / 0",
        "untrained": "from harness import Candidate\nCANDIDATE = Candidate(network=print)\n",
    }.items():
        (models.parent / f"{name}.py").write_text(source)
    (tmp_path / "x.wav").write_bytes(wav_bytes(AUDIO))
    return tmp_path


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "harness.stream", *words]


def environ(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "", **more}


def listen(folder: Path, *words: str, given: bytes = b"") -> tuple[int, list[str], list[str]]:
    """Return exit status, standard output, and standard error without LiteRT's own words."""
    done = subprocess.run(
        command(*words), cwd=folder, env=environ(), input=given, capture_output=True, check=False
    )
    out, err = done.stdout.decode().splitlines(), done.stderr.decode().splitlines()
    return done.returncode, out, [line for line in err if not line.startswith("INFO: ")]


def times(lines: list[str]) -> list[str]:
    """Return lines without the scores."""
    return [line.rpartition("  ")[0] for line in lines]


def test_a_recording_is_listened_to(folder: Path) -> None:
    status, out, (summary,) = listen(folder, "good", "--file", "x.wav")

    assert (status, times(out)) == (0, DETECTIONS)
    assert summary.startswith(SUMMARY)


def test_programs_get_json(folder: Path) -> None:
    _, out, _ = listen(folder, "good", "--file", "x.wav", "--json")

    assert [json.loads(line) for line in out] == [
        {"time_s": 2.2, "word": "go", "score": pytest.approx(0.9731, abs=1e-4)},
        {"time_s": 3.2, "word": "go", "score": pytest.approx(1, abs=1e-4)},
    ]


def test_a_pipe_brings_the_same_lines(folder: Path) -> None:
    status, out, (summary,) = listen(folder, "good", "--file", "-", given=AUDIO.tobytes())

    assert (status, out) == listen(folder, "good", "--file", "x.wav")[:2]
    assert summary.startswith(SUMMARY)


def test_a_recording_of_a_studio_is_listened_to(folder: Path) -> None:
    studio = (AUDIO.repeat(6).astype("<i4") << 16).repeat(8)
    data = riff_bytes(studio.tobytes(), channels=8, rate_hz=96_000, sample_bytes=4)
    (folder / "studio.wav").write_bytes(data)

    status, out, _ = listen(folder, "good", "--file", "studio.wav")

    assert (status, times(out)) == (0, DETECTIONS)


@needs_arecord
def test_a_microphone_brings_the_same_lines(folder: Path) -> None:
    _, expected, _ = listen(folder, "good", "--file", "x.wav")
    variables = environ(**microphone(folder, AUDIO.tobytes()))
    with subprocess.Popen(
        command("good", "--device", "mic"),
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as listener:
        assert listener.stdout is not None
        found = [listener.stdout.readline().rstrip("\n") for _ in expected]
        listener.send_signal(signal.SIGTERM)
        _, err = listener.communicate(timeout=60)

    assert found == expected
    assert listener.returncode == 0
    assert "listening to device 'mic' for go, stop; Ctrl-C ends it" in err
    assert " detections, 0 overruns, " in err.splitlines()[-1]


@needs_arecord
def test_a_terminal_shows_a_meter_until_ctrl_c(folder: Path) -> None:
    variables = environ(**microphone(folder, AUDIO.tobytes()), TERM="xterm")
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, COLUMNS, 0, 0))
    start = TAKE_TERMINAL + f"os.execv(sys.executable, {command('good', '--device', 'mic')!r})"
    with subprocess.Popen(
        [sys.executable, "-c", start],
        cwd=folder,
        env=variables,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    ) as listener:
        os.close(follower)
        shown = b""
        while shown.count(b"dBFS") < 3 or DETECTIONS[1].encode() not in shown:
            shown += os.read(leader, 4_096)
        os.write(leader, b"\x03")
        shown += rest_of(leader)
        listener.wait(timeout=60)

    lines = screen(shown.decode())
    redrawn = [text for text in shown.decode().split("\r") if "dBFS" in text]
    assert listener.returncode == 0
    assert max(map(len, redrawn)) < COLUMNS
    assert " % of one core" in redrawn[-1]
    assert [time for time in times(lines) if time in DETECTIONS] == DETECTIONS
    assert [line for line in lines if "dBFS" in line or "^C" in line] == []
    assert " detections, 0 overruns, " in lines[-1]


def rest_of(leader: int) -> bytes:
    """Return what a pseudo-terminal shows until nobody holds it any more."""
    shown = b""
    while True:
        try:
            more = os.read(leader, 4_096)
        except OSError:  # Linux says so when the last one lets go
            os.close(leader)
            return shown
        shown += more


def screen(text: str) -> list[str]:
    """Return the lines that a terminal shows in the end; *text* may overwrite what it wrote."""
    lines, column = [""], 0
    for character in text:
        if character == "\n":
            lines.append("")
            column = 0
        elif character == "\r":
            column = 0
        else:
            lines[-1] = lines[-1][:column].ljust(column) + character + lines[-1][column + 1 :]
            column += 1
    return [line.rstrip() for line in lines if line.strip()]


def test_that_screen_can_be_overwritten() -> None:
    assert screen("abc\rX\r\nd\n") == ["Xbc", "d"]


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["nosuch"], "unknown candidate 'nosuch'; known candidates: broken, damaged, good"),
        (["broken"], "candidates/broken.py cannot be imported: ZeroDivisionError"),
        (["untrained"], "untrained was never trained; run: tox run -e train -- untrained"),
        (["stale"], "stale: models/good.tflite does not have the SHA-256"),
        (["damaged"], "damaged.tflite is not a .tflite file (7 bytes"),
        (["good", "--run", "left=ls"], "'left' is no word of the task; choose from go, stop"),
        (["good", "--threshold", "1"], "impossible trigger: threshold=1.0; use 0 to below 1"),
        (["good", "--file", "nosuch.wav"], "nosuch.wav cannot be read (No such file or directory)"),
        (["good", "--file", "-"], "standard input holds no samples"),
        (["good", "--file", "x.wav", "--systemd"], "--systemd with --file x.wav: a file ends"),
    ],
)
def test_a_fault_is_one_line_and_exit_status_2(folder: Path, words: list[str], fault: str) -> None:
    status, out, (error,) = listen(folder, *words)

    assert (status, out) == (2, [])
    assert fault in error


def test_a_machine_without_arecord_is_told_so(folder: Path) -> None:
    done = subprocess.run(
        command("good"),
        cwd=folder,
        env=environ(PATH=str(folder)),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "there is no arecord on this machine; sudo apt install alsa-utils"
    )


def test_a_stream_that_ends_in_mid_sample_is_listened_to_first(folder: Path) -> None:
    status, out, (summary, error) = listen(
        folder, "good", "--file", "-", given=AUDIO.tobytes() + b"\1"
    )

    assert (status, times(out)) == (2, DETECTIONS)
    assert summary.startswith(SUMMARY)
    assert error.startswith("standard input ends in mid-sample, one byte after 96,000 samples; ")


def test_a_truncated_recording_is_listened_to_first(folder: Path) -> None:
    (folder / "cut.wav").write_bytes(riff_bytes(AUDIO.tobytes(), data_bytes=320_000))

    status, out, (_, error) = listen(folder, "good", "--file", "cut.wav")

    assert (status, times(out)) == (2, DETECTIONS)
    assert error.startswith("cut.wav is truncated: 6.00 of 10.00 s are there; ")


def test_a_higher_threshold_triggers_less(folder: Path) -> None:
    _, out, _ = listen(folder, "good", "--file", "x.wav", "--threshold", "0.98")

    assert times(out) == ["     2.30 s  go", "     3.30 s  go"]


def test_a_program_is_started_on_its_word_and_its_failure_told(folder: Path) -> None:
    run = ["--run", "go=sh -c 'echo heard; exit 3'", "--run", "stop=false"]

    status, out, told = listen(folder, "good", "--file", "x.wav", *run)

    assert (status, times(out)) == (0, DETECTIONS)
    assert "heard" in told
    assert [line for line in told if line.endswith("failed with exit status 3")] != []


def test_a_program_that_is_not_there_does_not_end_the_listening(folder: Path) -> None:
    status, out, told = listen(folder, "good", "--file", "x.wav", "--run", "go=nosuchprogram")

    assert (status, times(out)) == (0, DETECTIONS)
    assert len([line for line in told if "cannot be started: No such file" in line]) == 2


def test_a_reader_that_leaves_ends_it_without_a_word(folder: Path) -> None:
    with subprocess.Popen(
        command("good", "--file", "-"),
        cwd=folder,
        env=environ(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as listener:
        assert listener.stdout is not None
        listener.stdout.close()
        err = feed(listener, AUDIO.tobytes())

    assert listener.returncode == 1
    assert b"Traceback" not in err
    assert b"Error" not in err


def feed(listener: subprocess.Popen[bytes], data: bytes) -> bytes:
    """Write *data* to a listener, which may end before it has read all; return its errors."""
    assert listener.stdin is not None
    assert listener.stderr is not None
    try:
        listener.stdin.write(data)
        listener.stdin.close()
    except BrokenPipeError:
        pass
    return listener.stderr.read()


def test_a_unit_of_systemd_is_printed_and_nothing_is_listened_to(folder: Path) -> None:
    status, out, told = listen(folder, "good", "--systemd", "--json", "--device", "plughw:1")

    (start,) = [line for line in out if line.startswith("ExecStart=")]
    assert (status, told) == (0, [])
    assert start.endswith('"-m" "harness.stream" "good" "--json" "--device" "plughw:1"')


def test_listening_imports_nothing_it_does_not_use(folder: Path) -> None:
    code = (
        "import sys\nfrom harness.stream.__main__ import main\n"
        "main(['good', '--file', 'x.wav'])\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environ(),
        capture_output=True,
        text=True,
        check=True,
    )
    found = set(done.stdout.splitlines()[-1].split())

    assert {"harness.stream.listener", "ai_edge_litert", "scipy.fft"} <= found
    unused = {"tensorflow", "tf_keras", "pytest", "matplotlib", "scipy.signal", "soxr", "tqdm"}
    assert found & {*unused, "harness.measure", "harness.datasets", "harness.report"} == set()
