"""``python -m harness.report [DIR]``: render the pages of a results folder anew."""

import argparse
import signal
from pathlib import Path

from harness.candidate.registry import Registry
from harness.errors import SpotbenchError
from harness.report import render
from harness.scratch import sweep


def main() -> None:
    """Parse the command line and render."""
    parser = argparse.ArgumentParser(prog="python -m harness.report", description=__doc__)
    parser.add_argument("results", nargs="?", type=Path, default=Path("results"), metavar="DIR")
    folder = parser.parse_args().results
    if not folder.is_dir():
        parser.exit(1, f"{folder} is not a folder; name one that holds <board>/raw/*.json\n")
    try:
        sweep(folder)
        pages = render(folder, Registry().models())
    except SpotbenchError as error:
        parser.exit(1, f"{error}\n")
    except KeyboardInterrupt:
        parser.exit(128 + signal.SIGINT, f"interrupted: {folder} may hold older pages; run again\n")
    print(*pages, sep="\n")


if __name__ == "__main__":
    main()
