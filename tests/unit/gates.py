"""Whole runs of the gate, ``pytest harness``, in copies of the project."""

import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.unit.models import loud, loudness_model, ready, silent
from tests.unit.recordings import wav_bytes

ROOT = Path(__file__).parents[2]

STUBS = """
from dataclasses import replace
from harness.datasets import noise
from harness.measure import machine, timing
from harness.measure import subject as subjects
from harness.stream import material


def stub(owner, **values):
    for name, value in values.items():
        assert hasattr(owner, name), f"there is no {name} to replace"
        setattr(owner, name, value)


SHORT = replace(timing.PROFILES["quick"], window_s=0.01, stages_s=0.01, warmup_s=0.01)
ANSWERS = {"get_throttled": "throttled=0x0", "measure_clock": "frequency(48)=1500398464"}
timing.PROFILES["quick"] = SHORT
stub(subjects, REWARM_S=0.01)
stub(machine.Machine, run=lambda _machine, *command: ANSWERS.get(command[1]))
"""
"""At the end of conftest.py: windows are short, and the board is one whose clock stays as it is."""

FEWER = """
stub(noise, TAKES=1)
stub(datasets, digits=dict, sentences=None)
stub(material, QUARTER_S=72)
stub(report, _pictures=lambda _groups: {})
"""
"""After STUBS: little noise, short streams, no digits, no pictures: what takes most of the time."""

ANY_CORE = "stub(machine, pin_to_one_core=lambda: None)\n"
"""After STUBS: two runs at once, which would share the last core, have one each."""

IMPATIENT = "from harness import children\nstub(children, TIMEOUT_S=5)\n"
"""After STUBS: a child process that hangs is killed after five seconds."""

QUICK = FEWER + ANY_CORE
THROTTLED = 'ANSWERS["get_throttled"] = "throttled=0x50005"\n'

SLEEPY = """
import time
from pathlib import Path
from harness import LogMel


class Sleepy(LogMel):
    def __call__(self, clip):
        Path("asleep").touch()
        time.sleep({seconds})
        return super().__call__(clip)


""" + ready("good", "frontend=Sleepy()")
"""A candidate with a front-end that takes its time."""

CLOCKED = """
import gc
import os
import time
import traceback
from pathlib import Path

from harness import LogMel
from harness.spotter.model import Model

now_us = 0


def perf_counter():
    return now_us / 1e6


def taking(took_us, function):
    def work(*given):
        global now_us
        now_us += took_us
        return function(*given)

    return work


class Noting(LogMel):
    def __call__(self, clip):
        callers = {frame.f_code.co_name for frame, _ in traceback.walk_stack(None)}
        for caller in callers & {"pedantic", "time_calls", "time_stages"}:
            collector = "on" if gc.isenabled() else "off"
            cores = sorted(os.sched_getaffinity(0))
            threads = len(os.listdir("/proc/self/task"))
            with Path("notes").open("a") as notes:
                notes.write(f"{caller}: collector {collector}, cores {cores}, threads {threads}\\n")
        return super().__call__(clip)


time.perf_counter = perf_counter
Model.__call__ = taking(400, Model.__call__)
Noting.__call__ = taking(200, Noting.__call__)
""" + ready("good", "frontend=Noting()")
"""
A candidate on a clock that only it moves on: 200 microseconds a front-end, 400 a model.

It also notes from within each timed call who times it, and under which conditions.
"""

START_CLOCK = "import candidates.clocked\n"
CONDITIONS = f"collector off, cores [{max(os.sched_getaffinity(0))}], threads 1"
"""What such a candidate should note."""

OTHER_PLUGINS = ("hypothesispytest", "xdist", "xdist.looponfail")
"""What pytest finds where these tests run, and never where the gate does."""


class Project:
    """
    A copy of the project with tiny candidates and recordings: loud ones and silent ones.

    Attributes:
        folder: Where the copy is.
        models: The models of its candidates: "good" gets all clips right, "deaf" half of them.
        results: Where its records and pages are written.
        into: Options that say so.
        columns: Width of the terminal.

    """

    def __init__(self, folder: Path, candidates: Mapping[str, str], stubs: str = QUICK) -> None:
        self.folder = folder
        self.results = folder / "out"
        self.columns = 300
        self.into: tuple[str, ...] = ("--results", str(self.results))
        self.models = folder / "candidates" / "models"
        shutil.copytree(_compiled(), folder, dirs_exist_ok=True)
        self.replace(stubs)
        self._add_candidates(candidates)
        for word, clip in (("go", loud()), ("stop", silent()), ("bird", loud())):
            (folder / "speech" / word).mkdir(parents=True)
            for i in range(3):
                (folder / "speech" / word / f"{i}.wav").write_bytes(wav_bytes(clip))

    def replace(self, stubs: str) -> None:
        """Replace in the coming runs what STUBS and *stubs* say, and nothing else."""
        conftest = (ROOT / "conftest.py").read_text(encoding="utf-8")
        (self.folder / "conftest.py").write_text(conftest + STUBS + stubs, encoding="utf-8")

    def _add_candidates(self, candidates: Mapping[str, str]) -> None:
        self.models.mkdir(parents=True)
        (self.models.parent / "__init__.py").touch()
        (self.models / "good.tflite").write_bytes(loudness_model())
        (self.models / "deaf.tflite").write_bytes(loudness_model(offset=20))
        for name, source in candidates.items():
            (self.models.parent / f"{name}.py").write_text(source)

    def start(
        self, *words: str, stdout: int = subprocess.PIPE, dataset: str | None = "speech"
    ) -> subprocess.Popen[str]:
        """Begin to run the gate: on the recordings, or on what it takes by itself."""
        command = [sys.executable, "-m", "pytest", "harness", *self.into]
        command += [word for name in OTHER_PLUGINS for word in ("-p", f"no:{name}")]
        command += ["--dataset", dataset] if dataset else []
        return subprocess.Popen(
            [*command, *words],
            cwd=self.folder,
            env=self._environ(),
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _environ(self) -> dict[str, str]:
        """Return the variables of a shell: without those that conftest.py and pytest have set."""
        environ = {
            "OPENBLAS_NUM_THREADS": "",
            "PYTHONPATH": str(self.folder),
            "PYTHONUNBUFFERED": "1",
            "COLUMNS": str(self.columns),
            "KWS_DATA": "",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "https_proxy": "http://127.0.0.1:1",  # nothing listens there
        }
        # A worker of pytest-xdist has PYTEST_XDIST_WORKER, by which pytest-benchmark is disabled.
        inherited = {name: text for name, text in os.environ.items() if name[:7] != "PYTEST_"}
        return {name: text for name, text in {**inherited, **environ}.items() if text}

    def measure(self, *words: str, dataset: str | None = "speech") -> tuple[int, str]:
        """Run the gate to its end; return its exit status and its output."""
        with self.start(*words, dataset=dataset) as gate:
            output, _ = gate.communicate(timeout=600)
            return gate.returncode, output

    def render(self) -> None:
        """Render the pages of the results anew."""
        command = [sys.executable, "-m", "harness.report", str(self.results)]
        subprocess.run(command, cwd=self.folder, env=self._environ(), check=True)

    @property
    def raw(self) -> list[Path]:
        """The records."""
        return list(self.results.glob("*/raw/*.json"))

    def record(self) -> dict[str, Any]:
        """Return the only record."""
        (path,) = self.raw
        record: dict[str, Any] = json.loads(path.read_text())
        return record

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the measurements of the only record, by candidate."""
        return {row["candidate"]: row for row in self.record()["measurements"]}

    def notes(self) -> set[str]:
        """Return the lines a candidate noted, each once."""
        return set((self.folder / "notes").read_text().splitlines())

    def report(self) -> str:
        """Return the page of the board."""
        (path,) = self.results.glob("*/report.md")
        return path.read_text(encoding="utf-8")


def _compiled() -> str:
    """Return a folder with the harness in it, compiled: else every run would do that anew."""
    return _template().name


@cache
def _template() -> "tempfile.TemporaryDirectory[str]":
    """Make that folder, which is removed when this process ends."""
    template = tempfile.TemporaryDirectory()
    harness = Path(template.name) / "harness"
    shutil.copytree(ROOT / "harness", harness, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", template.name)
    compileall.compile_dir(harness, quiet=1)
    return template
