"""What a listener prints, where, and the meter on a terminal."""

import io
import json

import pytest

from harness.stream import console
from harness.stream.console import Console, as_json, as_text, dbfs
from harness.stream.detector import Detection

GO = Detection(12.3, "go", 0.9871234567)


class Terminal(io.StringIO):
    """A text file that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_REDRAW_S", 0)


@pytest.mark.parametrize(
    ("peak", "level"), [(32_768, 0), (16_384, -6.02), (33, -59.94), (3, -80), (0, -80)]
)
def test_a_peak_is_told_relative_to_full_scale(peak: int, level: float) -> None:
    assert dbfs(peak) == pytest.approx(level, abs=0.01)


def test_a_detection_is_a_line_for_people_or_for_programs() -> None:
    assert as_text(GO) == "    12.30 s  go  0.9871"
    assert json.loads(as_json(GO)) == {"time_s": 12.3, "word": "go", "score": 0.987123}


def test_standard_output_holds_detections_alone() -> None:
    out, err = io.StringIO(), io.StringIO()
    said = Console(as_text, out, err)

    said.meter(1_000, lambda: "1 s")
    said.note("a note")
    said.detection(GO)

    assert out.getvalue() == "    12.30 s  go  0.9871\n"
    assert err.getvalue() == "a note\n"


def test_the_meter_shows_level_and_status_in_place() -> None:
    err = Terminal()
    said = Console(as_text, io.StringIO(), err)

    said.meter(32_768, lambda: "1 s")
    said.meter(327, lambda: "2")

    loud, quiet = (err.getvalue().split("\r"))[1:]
    assert loud == "   0 dBFS [####################] 1 s"
    assert quiet == " -40 dBFS [##########          ] 2  "


def test_the_meter_is_gone_before_anything_else_is_printed() -> None:
    err = Terminal()
    said = Console(as_text, err, err)

    said.meter(327, lambda: "")
    said.detection(GO)
    said.clear()

    drawn = " -40 dBFS [##########          ] "
    blank = " " * len(drawn + "^C")
    assert err.getvalue() == f"\r{drawn}\r{blank}\r    12.30 s  go  0.9871\n"


@pytest.mark.parametrize(("columns", "width"), [(200, 77), (80, 77), (30, 27)])
def test_the_meter_never_wraps(monkeypatch: pytest.MonkeyPatch, columns: int, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    err = Terminal()

    Console(as_text, io.StringIO(), err).meter(1, lambda: "x" * 300)

    assert len(err.getvalue()) == 1 + width


def test_between_two_redraws_the_loudest_peak_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    err = Terminal()
    said = Console(as_text, io.StringIO(), err)
    said.meter(1, lambda: "")

    monkeypatch.setattr(console, "_REDRAW_S", 3_600)
    said.meter(32_768, lambda: "")
    monkeypatch.setattr(console, "_REDRAW_S", 0)
    said.meter(1, lambda: "")

    levels = [text[:4] for text in err.getvalue().split("\r")[1:]]
    assert levels == [" -80", "   0"]
