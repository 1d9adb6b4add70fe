"""Which version of the code measured."""

import os
import subprocess
from pathlib import Path
from typing import Any


def revision(root: Path, results: Path) -> dict[str, Any]:
    """Return the commit of *root* and whether it was edited, results apart; nulls without git."""
    commit = _git(root, "rev-parse", "HEAD")
    apart = {"results", os.path.relpath(results, root)}
    inside = [f":(exclude){path}" for path in sorted(apart) if not path.startswith(".")]
    changes = _git(root, "status", "--porcelain", "--", ".", *inside)
    if commit is None or changes is None:
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(changes)}


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
