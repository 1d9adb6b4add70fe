"""``tox run -e search -- SPACE --trials N``: start or resume a study; ``--promote``: end one."""

import argparse
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import harness
from candidates._search.chance import repeat
from candidates._search.cluster import Crew, local, remote
from candidates._search.driver import Driver
from candidates._search.progress import Progress
from candidates._search.promote import promote
from candidates._search.report import render
from candidates._search.space import Space, load_space, space_names
from candidates._search.study import opened, read
from candidates._search.task import Work
from candidates._search.work import WORK
from harness.candidate.registry import Registry
from harness.errors import SpotbenchError

RESULTS: Final = Path(harness.__file__).parents[1] / "results" / "searches"
"""Where studies are, unless a folder is named."""

INTERRUPTED: Final = 130
"""Exit status after Ctrl-C, as shells have it."""


def main(
    arguments: Sequence[str] | None = None,
    work: Work = WORK,
    load: Callable[[str], Space] = load_space,
) -> int:
    """
    Run the command line; returns the exit status.

    Args:
        arguments: The words of the command line; None for those of this process.
        work: What workers run.
        load: Name of a space to the space.

    """
    options = _parser().parse_args(arguments)
    folder = options.results / options.space
    try:
        space = load(options.space)
        if options.promote:
            study = read(options.space, folder)
            number, name = options.promote
            print(promote(study, space, number, name, Registry()))
            return 0
        return _search(options, space, folder, work)
    except SpotbenchError as error:
        print(error)
        return 1


def _search(options: argparse.Namespace, space: Space, folder: Path, work: Work) -> int:
    """Run the study and render its report, however the study ends."""
    progress = Progress(space, options.trials)
    status, fault = 0, ""
    with opened(options.space, folder, space) as study:
        try:
            with _crew(options) as crew:
                driver = Driver(study, space, crew, work, progress)
                driver.run(options.trials)
                repeat(driver)
        except KeyboardInterrupt:
            status, fault = INTERRUPTED, "interrupted; the same command goes on"
        except SpotbenchError as error:
            status, fault = 1, str(error)
        progress.close()
        study.finish_telling(space)
        page = render(study)
    if fault:
        print(fault)
    print(page.read_text(encoding="utf-8").partition("\n")[0].lstrip("# "))
    print(f"wrote {page}")
    return status


def _crew(options: argparse.Namespace) -> AbstractContextManager[Crew]:
    return remote(options.scheduler) if options.scheduler else local(options.workers)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tox run -e search --",
        description="Search a space of candidates, or promote a trial to a candidate.",
    )
    known = ", ".join(space_names())
    parser.add_argument("space", metavar="SPACE", help=f"one of {known}")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--trials",
        type=_count,
        metavar="N",
        help="start or resume the study until it holds N finished trials",
    )
    what.add_argument(
        "--promote",
        nargs=2,
        action=_Promotion,
        metavar=("NUMBER", "NAME"),
        help="write trial NUMBER to candidates/NAME.py, with its model and card",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=_count, metavar="N", help="processes that train here")
    where.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="of a Dask cluster")
    parser.add_argument(
        "--results",
        type=Path,
        default=RESULTS,
        metavar="DIR",
        help="put the study at DIR/SPACE; by default at results/searches/SPACE of the repository",
    )
    return parser


class _Promotion(argparse.Action):
    """Reads a number and a name."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        _option: str | None = None,
    ) -> None:
        """Keep them, or end with an error that says what is wrong."""
        number, name = values
        if not number.isdecimal():
            parser.error(f"argument --promote: {number!r} is not the number of a trial")
        namespace.promote = (int(number), name)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is not a whole number, 1 or more"
        raise argparse.ArgumentTypeError(msg)
    return int(text)
