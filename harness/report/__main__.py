"""
``python -m harness.report [DIR]``: render the pages of a results folder anew.

Records that cannot be read are named on stderr and on their page; all others are shown.
"""

import argparse
import signal
import sys
from functools import partial
from pathlib import Path

from harness.candidate.registry import Registry
from harness.errors import SpotbenchError
from harness.report import render
from harness.scratch import sweep


def main() -> None:
    """Parse the command line and render."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.report", description="Render the pages of a results folder anew."
    )
    parser.add_argument("results", nargs="?", type=Path, default=Path("results"), metavar="DIR")
    folder = parser.parse_args().results
    if not folder.is_dir():
        parser.exit(1, f"{folder} is not a folder; name one that holds <board>/raw/*.json\n")
    try:
        sweep(folder)
        warn = partial(print, file=sys.stderr)
        pages = render(folder, Registry().models(), warn=warn)
    except SpotbenchError as error:
        parser.exit(1, f"{error}\n")
    except KeyboardInterrupt:
        parser.exit(128 + signal.SIGINT, f"interrupted: {folder} may hold older pages; run again\n")
    print(*pages, sep="\n")


if __name__ == "__main__":
    main()
