import errno
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ResultsError
from harness.record import store
from tests.unit.records import record, row

RECORD = record(row("small"))


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = store.write(RECORD, tmp_path / "raw", "20260102T030405Z-0123456789")

    assert path == tmp_path / "raw" / "20260102T030405Z-0123456789.json"
    assert store.read(path) == RECORD


def test_a_record_is_written_as_in_the_golden_file(tmp_path: Path) -> None:
    path = store.write(record(row("small")), tmp_path, "record")

    assert (
        path.read_text() == Path(__file__).with_name("golden").joinpath("record.json").read_text()
    )


def test_a_name_that_is_taken_is_never_overwritten(tmp_path: Path) -> None:
    paths = [
        store.write({**RECORD, "run": {**RECORD["run"], "commit": str(n)}}, tmp_path, "run")
        for n in range(3)
    ]

    assert [path.name for path in paths] == ["run.json", "run-2.json", "run-3.json"]
    assert [store.read(path)["run"]["commit"] for path in paths] == ["0", "1", "2"]


def test_of_120_who_write_at_one_moment_none_loses_a_record(tmp_path: Path) -> None:
    together = threading.Barrier(120)

    def write(number: int) -> Path:
        kept = {**RECORD, "run": {**RECORD["run"], "commit": str(number)}}
        together.wait()
        return store.write(kept, tmp_path, "run")  # type: ignore[arg-type]

    with ThreadPoolExecutor(120) as pool:
        paths = list(pool.map(write, range(120)))

    commits = {json.loads(path.read_bytes())["run"]["commit"] for path in paths}
    assert commits == set(map(str, range(120)))
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_a_name_is_never_overwritten_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)

    paths = [store.write(RECORD, tmp_path, "run") for _ in range(2)]

    assert [path.name for path in paths] == ["run.json", "run-2.json"]
    assert store.read(paths[0]) == store.read(paths[1]) == RECORD


@pytest.mark.parametrize("form", ["2", "0", '"one"', "null"])
def test_an_unknown_format_is_refused_by_its_name(tmp_path: Path, form: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(f'{{"format": {form}}}')

    found = {"null": "None", '"one"': "'one'"}.get(form, form)
    message = f"^{re.escape(str(path))} has format {found}, not 1; "
    with pytest.raises(ResultsError, match=message + "read it with the version that wrote it$"):
        store.read(path)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"run": None, "measurements": {}}, "measurements, run"),
        ({"dataset": {"name": "espeak", "labels": []}}, "dataset.clips, dataset.digest, .*"),
        ({"measurements": [row("small"), {}]}, r"measurements\[1\].accuracy, .* and \d+ more"),
        ({"measurements": [3]}, r"measurements\[0\]"),
    ],
    ids=["parts", "of the data set", "of a row", "a row"],
)
def test_a_record_that_lacks_a_key_is_refused_by_its_name(
    tmp_path: Path, change: dict[str, Any], missing: str
) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps({**RECORD, **change}))

    cure = "remove it or restore it from version control"
    with pytest.raises(ResultsError, match=f"^{re.escape(str(path))} lacks {missing}; {cure}$"):
        store.read(path)


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ({"format": "a" * 9_999}, f"has format '{'a' * 59}, not 1; read it with"),
        (
            {**record(row("small")), "board": {"\x1b[2J" + "a" * 9_999: []}},
            "lacks board.architecture, ",
        ),
        (
            {**record(), "measurements": [{}] * 50},
            r"lacks measurements\[0\].accuracy, .* and [\d,]+ more; remove it",
        ),
        (
            record(row("small", scores={"\x1b[2J" + "a" * 9_999: [True]})),
            rf"has measurements\[0\].scores.\\x1b\[2J{'a' * 70}: True, not",
        ),
    ],
    ids=["format", "key", "many", "name"],
)
def test_an_error_is_short_and_can_be_printed_whatever_a_record_holds(
    tmp_path: Path, broken: dict[str, Any], fault: str
) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps(broken))
    with pytest.raises(ResultsError, match=fault) as found:
        store.read(path)
    text = str(found.value)
    assert text.isprintable()
    assert len(text) < 500 + len(str(path))


def test_a_missing_file_is_an_error_that_says_where_records_are(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    cure = "name a file of results/<board>/raw"
    with pytest.raises(ResultsError, match=f"^{re.escape(str(path))} does not exist; {cure}$"):
        store.read(path)


@pytest.mark.parametrize(
    "data",
    [b"", b'{"format": 1', b"[]", b'"format"', b"{}", b"\xff\xfe"],
    ids=["empty", "cut short", "list", "word", "without format", "no text"],
)
def test_a_file_that_is_not_a_record_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(data)

    message = (
        rf"^{re.escape(str(path))} is not a readable record \(.+\); "
        r"remove it or restore it from version control$"
    )
    with pytest.raises(ResultsError, match=message):
        store.read(path)
