"""``python -m harness.stream NAME``: listen with a candidate, as ``tox run -e listen`` does."""

import os

# One BLAS thread, set before NumPy is first imported: a second one would only spin.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from harness.errors import CommandError, SpotbenchError
from harness.stream import service
from harness.stream.commands import Commands, parse
from harness.stream.console import Console, as_json, as_text
from harness.stream.detector import Detector, load_detector
from harness.stream.listener import Listener
from harness.stream.sources import open_source

FAILED = 2


def main(words: Sequence[str]) -> int:
    """
    Listen until the audio ends or somebody ends it, both of which are success.

    Args:
        words: The command line, without the program.

    Returns:
        Exit status: 0, 1 if nobody reads the detections any more, or 2 after an error.

    """
    options = _parser().parse_args(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as systemd ends a service
    try:
        _run(options, words)
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        # Python flushes standard output once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except SpotbenchError as error:
        print(error, file=sys.stderr)
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.stream",
        description="Listen with a candidate and print a line for each word detected.",
        allow_abbrev=False,
    )
    parser.add_argument("name", metavar="NAME", help="candidate to listen with")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--file",
        metavar="F.wav",
        help="listen to a WAV file of any format, or with - to raw 16 kHz mono 16-bit samples "
        "from standard input",
    )
    where.add_argument(
        "--device",
        default="default",
        metavar="D",
        help="capture device, as arecord -L lists them (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print detections as JSON lines")
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="T",
        help="score that must be exceeded (default: the candidate's, usually 0.95)",
    )
    parser.add_argument(
        "--run",
        action="append",
        default=[],
        metavar="WORD='COMMAND'",
        help="start a program, without a shell, each time WORD is detected; repeat for more words",
    )
    parser.add_argument(
        "--systemd",
        action="store_true",
        help="print a unit of systemd that runs this command line, and do not listen",
    )
    return parser


def _run(options: argparse.Namespace, words: Sequence[str]) -> None:
    detector = _detector(options)
    programs = dict(parse(text, detector.spotter.task) for text in options.run)
    if options.systemd:
        _print_unit(options, words)
        return
    console = Console(as_json if options.json else as_text)
    listener = Listener(detector, console, Commands(programs, console.note))
    with closing(open_source(options.file, options.device)) as source:
        listener.listen(source)


def _detector(options: argparse.Namespace) -> Detector:
    detector = load_detector(options.name)
    if options.threshold is None:
        return detector
    return Detector(detector.spotter, replace(detector.trigger, threshold=options.threshold))


def _print_unit(options: argparse.Namespace, words: Sequence[str]) -> None:
    if options.file:
        msg = f"--systemd with --file {options.file}: a file ends; name a --device or none"
        raise CommandError(msg)
    print(service.unit(options.name, [word for word in words if word != "--systemd"]), end="")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
