import re
from pathlib import Path

import pytest

from harness import store
from harness.errors import ResultsError
from harness.measurement import Record
from tests.unit.records import record, row

RECORD = Record(
    format=1,
    run={"started": "2026-01-02T03:04:05Z", "commit": None, "dirty": None, "profile": "quick"},
    board={"name": "raspberry-pi-4"},
    dataset={"name": "espeak", "labels": ["go", "stop"]},
    measurements=[],
)


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = store.write(RECORD, tmp_path / "raw", "20260102T030405Z-0123456789")

    assert path == tmp_path / "raw" / "20260102T030405Z-0123456789.json"
    assert store.read(path) == RECORD


def test_a_record_looks_as_expected(tmp_path: Path) -> None:
    path = store.write(record(row("small")), tmp_path, "record")

    assert (
        path.read_text() == Path(__file__).with_name("golden").joinpath("record.json").read_text()
    )


def test_a_name_that_is_taken_is_never_overwritten(tmp_path: Path) -> None:
    paths = [store.write({**RECORD, "board": {"run": n}}, tmp_path, "run") for n in range(3)]

    assert [path.name for path in paths] == ["run.json", "run-2.json", "run-3.json"]
    assert [store.read(path)["board"] for path in paths] == [{"run": n} for n in range(3)]


@pytest.mark.parametrize("form", ["2", "0", '"one"', "null"])
def test_an_unknown_format_is_refused_by_its_name(tmp_path: Path, form: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(f'{{"format": {form}}}')

    found = {"null": "None", '"one"': "'one'"}.get(form, form)
    message = f"^{re.escape(str(path))} has format {found}, not 1; "
    with pytest.raises(ResultsError, match=message + "read it with the version that wrote it$"):
        store.read(path)


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        ('{"format": 1}', "board, dataset, measurements, run"),
        ('{"format": 1, "run": {}, "board": {}, "dataset": {}}', "measurements"),
    ],
    ids=["all but the format", "measurements"],
)
def test_a_record_that_lacks_a_part_is_refused_by_its_name(
    tmp_path: Path, data: str, missing: str
) -> None:
    path = tmp_path / "record.json"
    path.write_text(data)

    message = (
        f"^{re.escape(str(path))} lacks {missing}; remove it or restore it from version control$"
    )
    with pytest.raises(ResultsError, match=message):
        store.read(path)


@pytest.mark.parametrize(
    "data",
    [b"", b'{"format": 1', b"[]", b'"format"', b"{}", b"\xff\xfe"],
    ids=["empty", "cut short", "list", "word", "without format", "no text"],
)
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(data)

    message = (
        rf"^{re.escape(str(path))} is no readable record \(.+\); "
        r"remove it or restore it from version control$"
    )
    with pytest.raises(ResultsError, match=message):
        store.read(path)
