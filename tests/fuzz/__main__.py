"""
``tox run -e fuzz``: give the product damaged models, WAV files, records and archives, without end.

Each case runs in a child process. What comes of it must be a right result, or an error of the
product's own that names fault, value and cure; all else is a finding.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import platformdirs

from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.judging import FINDING
from tests.fuzz.kinds.archives import ARCHIVES
from tests.fuzz.kinds.models import MODELS
from tests.fuzz.kinds.records import RECORDS
from tests.fuzz.kinds.wavs import WAVS

KINDS: Final = {kind.name: kind for kind in (MODELS, WAVS, RECORDS, ARCHIVES)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 1 if there is any finding, or if the run was cut short."""
    parser = _parser()
    given = parser.parse_args(arguments)
    fuzzer = Fuzzer([KINDS[name] for name in given.kinds], given.seed, given.folder)
    if given.again:
        name, number = given.again
        if name not in KINDS or not number.isdecimal():
            parser.error(f"--again {name} {number}: give one of {', '.join(KINDS)}, and a number")
        outcome = fuzzer.judge(KINDS[name], int(number))
        print(f"{outcome.verdict}\n{outcome.text}".strip())
        return int(outcome.verdict == FINDING)
    most_s = math.inf if given.cases else 60 * given.minutes
    try:
        fuzzer.run(most_s=most_s, most_cases=given.cases or math.inf)
        ended = True
    except KeyboardInterrupt:
        ended = False
    except BlockingIOError:
        parser.error(f"another run uses {given.folder}; wait for it, or choose another --folder")
    print(fuzzer.table())
    print(f"seed {given.seed}, counts and findings in {given.folder}")
    return int(fuzzer.findings > 0 or not ended)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tox run -e fuzz --", description=__doc__)
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, default=1.0, help="how long to go on (1)")
    length.add_argument(
        "--cases",
        type=int,
        help="how many of each kind there are to be, those of earlier runs included",
    )
    length.add_argument("--again", nargs=2, metavar=("KIND", "NUMBER"), help="run one case again")
    parser.add_argument("--seed", type=int, default=0, help="seed of all cases (0)")
    parser.add_argument(
        "--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="kinds of input (all)"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=platformdirs.user_cache_path("spotbench") / "fuzz",
        help="where counts and findings are kept (%(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
