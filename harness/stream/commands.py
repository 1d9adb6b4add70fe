"""Programs that are started when a word is detected."""

import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from harness.errors import CommandError


def parse(text: str, words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """
    Split ``WORD=COMMAND`` into the word, and the program with its arguments.

    Args:
        text: Value of the option; the command is split as a shell would, and no shell runs it.
        words: Words that can be detected.

    Raises:
        CommandError: If it has another form, or the word cannot be detected.

    """
    word, _, command = text.partition("=")
    if word not in words:
        msg = f"--run {text!r}: {word!r} is no word of the task; choose from {', '.join(words)}"
        raise CommandError(msg)
    try:
        arguments = tuple(shlex.split(command))
    except ValueError as error:
        msg = f"--run {text!r}: {error}; balance the quotes"
        raise CommandError(msg) from error
    if not arguments:
        msg = f"--run {text!r} names no program; write --run {word}='PROGRAM ARGUMENTS'"
        raise CommandError(msg)
    return word, arguments


class Commands:
    """
    Starts the program of a word without waiting for it; at most one of each word runs.

    Args:
        programs: Program and arguments, by word.
        note: Told what went wrong.

    """

    def __init__(
        self, programs: Mapping[str, tuple[str, ...]], note: Callable[[str], None]
    ) -> None:
        self._programs = programs
        self._note = note
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, word: str) -> None:
        """Start the program of *word*, if it has one that is not running."""
        self.check()
        if word not in self._programs:
            return
        if word in self._running:
            self._note(f"{self._called(word)} still runs; not started again")
            return
        try:
            self._running[word] = subprocess.Popen(
                self._programs[word],
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr.fileno(),  # standard output is for detections alone
            )
        except OSError as error:
            self._note(
                f"{self._called(word)} cannot be started: {error.strerror}; "
                f"install it or correct its path"
            )

    def check(self) -> None:
        """Tell which programs have failed since."""
        for word, process in list(self._running.items()):
            if process.poll() is not None:
                del self._running[word]
                self._tell_end(word, process.returncode)

    def wait(self) -> None:
        """Wait for the programs that run, and tell which have failed."""
        for process in self._running.values():
            process.wait()
        self.check()

    def _tell_end(self, word: str, status: int) -> None:
        if status > 0:
            self._note(f"{self._called(word)} failed with exit status {status}")
        elif status < 0:
            self._note(f"{self._called(word)} was ended by signal {-status}")

    def _called(self, word: str) -> str:
        return f"the program of {word!r}, {shlex.join(self._programs[word])!r},"
