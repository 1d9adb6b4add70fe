"""Which machine a record is of, and which folder of the results is that machine's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from harness.errors import ResultsError
from harness.record import store
from harness.record.schema import Fact

UNKNOWN: Final = "unknown"
"""Stands for a machine without an identity in a record from before such machines drew one."""

NOT_RECORDED: Final = ""
"""Stands for the machine of a record from before machines were told apart."""


def machine_of(board: Mapping[str, Any]) -> str:
    """Return the hash of the machine that a record's *board* is, UNKNOWN or NOT_RECORDED."""
    return str(board["machine"] or UNKNOWN) if "machine" in board else NOT_RECORDED


def board_folder(results: Path, board: Mapping[str, Fact], *, publish: bool) -> Path:
    """
    Return the folder that the records of *board* belong in.

    It is named for the kind of board. Where that folder holds records of another machine
    of this kind, the machine's hash is added to the name, so that no table mixes the two.

    Args:
        results: Folder of all results.
        board: Facts about the board.
        publish: Whether the user says that records which name no machine are of this one.

    """
    folder, ours = results / str(board["name"]), machine_of(board)
    owner = _owner(folder)
    if owner in (None, ours) or (publish and owner == NOT_RECORDED):
        return folder
    return results / f"{folder.name}-{ours}"


def _owner(folder: Path) -> str | None:
    """Return the machine that a folder's records are of; None if it has no records."""
    owner = None
    for path in sorted((folder / "raw").glob("*.json"), reverse=True):
        try:
            owner = machine_of(store.read(path)["board"])
        except ResultsError:
            owner = NOT_RECORDED
        if owner != NOT_RECORDED:
            break
    return owner
