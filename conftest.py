"""All pytest wiring of the main job: its options, its parameters, its fixtures and its end."""

import os
import shutil
import signal

# One BLAS thread, set before NumPy is first imported: a latency is the time on one
# core, and a second thread would only add jitter.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import NoReturn

import pytest

from harness import datasets, files, report, text
from harness.candidate.registry import Registry
from harness.datasets import Dataset, Source
from harness.errors import AudioError, DatasetError, SpotbenchError
from harness.measure import board, machine
from harness.measure.recorder import Recorder
from harness.measure.run import Run
from harness.measure.speech import Speech
from harness.measure.subject import Conditions, Subject
from harness.measure.timing import PROFILES
from harness.measure.verdict import fails
from harness.record import store
from harness.record.schema import Record
from harness.report import summary
from harness.report.comparison import require_alike
from harness.scratch import sweep

ROOT = Path(__file__).parent
GATE = "harness.test_candidates"
RECORDER = pytest.StashKey[Recorder]()
OLD = pytest.StashKey[Record | None]()
PRINTED_LAST = pytest.StashKey[list[str]]()

_TABLES = ("compare", "histogram", "cprofile", "verbose")
"""Options of pytest-benchmark that ask for its own tables."""


_DEFAULT_REPORT = "fE"
"""What pytest's short summary holds unless ``-r`` says otherwise: failures and errors."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the main job."""
    group = parser.getgroup("spotbench", "measuring keyword spotters")
    group.addoption(
        "--candidate",
        action="append",
        metavar="NAME",
        help="measure this candidate only; repeat for more (default: all)",
    )
    group.addoption(
        "--dataset",
        metavar="DATASET",
        help=f"{', '.join(datasets.NAMES)} or a folder <word>/*.wav (default: "
        "mini_speech_commands, or espeak if that cannot be had)",
    )
    group.addoption(
        "--profile",
        choices=sorted(PROFILES),
        default="quick",
        help="quick: windows of 0.4 s; full: windows of 10 s (default: %(default)s)",
    )
    group.addoption(
        "--results",
        type=Path,
        metavar="DIR",
        help="folder to write records and reports to (default: results)",
    )
    group.addoption(
        "--publish",
        action="store_true",
        help="list this machine in the index of results, which a first run leaves as it is",
    )
    group.addoption(
        "--compare",
        type=Path,
        metavar="FILE",
        help="raw record of an earlier run; fail if this run is worse beyond the noise",
    )
    group.addoption(
        "--compare-anyway",
        action="store_true",
        help="compare even if board, data set or runtime differ, and name what differs",
    )
    group.addoption(
        "--strict-board",
        action="store_true",
        help="fail if a row is invalid (default: only mark it)",
    )
    group.addoption(
        "--certain",
        action="store_true",
        help="the worse end of a share's 95 %% interval must beat the limit, too",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Refuse unknown candidates, data sets and records before anything is measured."""
    if not any(config.getoption(f"benchmark_{table}") for table in _TABLES):
        config.option.benchmark_quiet = True  # our own table takes a tenth of the lines
    if config.option.reportchars == _DEFAULT_REPORT:
        config.option.reportchars = ""  # each reason is told in full above, and not cut off below
    try:
        registry = Registry()
        registry.require(*(config.getoption("candidate") or ()))
        source = _WithProgress(datasets.find(config.getoption("dataset")), config)
        digits = {who: _WithProgress(found, config) for who, found in datasets.digits().items()}
        old = config.getoption("compare")
        config.stash[OLD] = store.read(old) if old else None
    except SpotbenchError as error:
        raise pytest.UsageError(str(error)) from error
    recordings = datasets.streams(config.getoption("dataset"))
    speech = Speech(source, digits, datasets.sentences, recordings)
    names = config.getoption("candidate") or registry.names()
    run = Run(registry, speech, _conditions(config), names)
    publish = config.getoption("publish") or config.getoption("results") is not None
    config.stash[RECORDER] = Recorder(run, ROOT, _results(config), publish=publish)


def _conditions(config: pytest.Config) -> Conditions:
    here = machine.Machine()
    profile, certain = PROFILES[config.getoption("profile")], config.getoption("certain")
    return Conditions(profile=profile, machine=here, facts=board.facts(here), certain=certain)


def _results(config: pytest.Config) -> Path:
    given: Path | None = config.getoption("results")
    return given or ROOT / "results"


class _WithProgress:
    """A source whose progress bars are shown, although pytest captures all output."""

    def __init__(self, source: Source, config: pytest.Config) -> None:
        self._source = source
        self._config = config

    @property
    def name(self) -> str:
        return self._source.name

    def words(self, split: str) -> tuple[str, ...]:
        with self._uncaptured():
            return self._source.words(split)

    def load(self, words: tuple[str, ...], split: str) -> Dataset:
        with self._uncaptured():
            return self._source.load(words, split)

    def _uncaptured(self) -> AbstractContextManager[None]:
        capture = self._config.pluginmanager.getplugin("capturemanager")
        return capture.global_and_fixture_disabled() if capture else nullcontext()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise the gate: windows are the outer parameter, candidates the inner one."""
    if metafunc.module.__name__ != GATE or "subject" not in metafunc.fixturenames:
        return
    run = metafunc.config.stash[RECORDER].run
    if "window" in metafunc.fixturenames:
        metafunc.parametrize("window", range(1, run.conditions.profile.windows + 1))
    metafunc.parametrize("subject", run.names, indirect=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make sure that results can be written and compared before a run of minutes begins."""
    if any("subject" in getattr(item, "fixturenames", ()) for item in session.items):
        try:
            _require_usable(session.config)
        except SpotbenchError as error:
            raise pytest.UsageError(str(error)) from error
        machine.pin_to_one_core()
        signal.signal(signal.SIGTERM, _interrupt)
        reporter = session.config.pluginmanager.getplugin("terminalreporter")
        if reporter and reporter.isatty and reporter.verbosity == 0:
            session.config.pluginmanager.register(_Progress(reporter, len(session.items)))


def _interrupt(*_: object) -> NoReturn:
    """End the run as Ctrl-C does; a second SIGTERM ends the process at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise KeyboardInterrupt


def _require_usable(config: pytest.Config) -> None:
    """Raise ResultsError if the run's results could not be written, rendered or compared."""
    results, old = _results(config), config.stash[OLD]
    files.require_writable(results)
    sweep(results)
    report.require_renderable(results)
    if old is not None:
        new, anyway = config.stash[RECORDER].circumstances, config.getoption("compare_anyway")
        require_alike(old, new, allow_different=anyway)


class _Progress:
    """Shows one line that names what is being measured, in place of a dot for each test."""

    def __init__(self, reporter: pytest.TerminalReporter, total: int) -> None:
        self._reporter = reporter
        self._total = total
        self._started = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        self._started += 1
        callspec = getattr(item, "callspec", None)
        parameters = dict(callspec.params) if callspec else {}
        step = f"window {parameters['window']} of" if "window" in parameters else "verdict on"
        what = f"{step} {parameters['subject']}" if parameters else "cost of timing"
        line = text.printable(f"{self._started} of {self._total}: {what}")
        self._reporter.write("\r" + line.ljust(70), flush=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self._reporter.write("\r" + " " * 70 + "\r", flush=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        if report.skipped:
            return ("xfailed" if hasattr(report, "wasxfail") else "skipped", "", "")
        return ("passed", "", "") if report.passed and report.when == "call" else None


@pytest.fixture
def recorder(pytestconfig: pytest.Config) -> Recorder:
    """The recorder of the run."""
    return pytestconfig.stash[RECORDER]


@pytest.fixture
def subject(request: pytest.FixtureRequest, recorder: Recorder) -> Iterator[Subject]:
    """One candidate, loaded and scored; a data set that cannot be read ends the run."""
    prepared = recorder.run.subject(request.param)
    try:
        prepared.prepare()
    except (DatasetError, AudioError) as error:
        pytest.exit(f"nothing can be measured: {error}", returncode=pytest.ExitCode.USAGE_ERROR)
    yield prepared
    recorder.keep(prepared, _results(request.config))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write, render and compare what was measured, even if the run was cut short."""
    config = session.config
    recorder, results = config.stash[RECORDER], _results(config)
    lines = config.stash.setdefault(PRINTED_LAST, [])
    records: list[Record] = []
    for step in (
        lambda: records.extend(recorder.records()),
        lambda: (line for record in records for line in summary.table(record, _width(config))),
        lambda: (f"wrote {path}" for path in recorder.save(records, results)),
        lambda: _render(recorder, results),
        recorder.require_any,
        lambda: _compare(records, session),
    ):
        try:
            lines += step() or ()
        except SpotbenchError as error:
            lines.append(f"FAILED: {error}")
            _fail(session)
    strict = config.getoption("strict_board")
    verdicts = [row["verdict"] for record in records for row in record["measurements"]]
    if any(fails(verdict, strict_board=strict) for verdict in verdicts):
        _fail(session)  # even if the tests of verdicts were deselected


def _render(recorder: Recorder, results: Path) -> list[str]:
    """Render the pages if the run has any row; returns the lines that say which."""
    if not recorder.finished:
        return []
    models, board = recorder.run.registry.models(), recorder.folder(results)
    return summary.rendered(models, board, publish=recorder.publish)


def _compare(records: list[Record], session: pytest.Session) -> list[str]:
    path, old = session.config.getoption("compare"), session.config.stash[OLD]
    if old is None:
        return []
    anyway = session.config.getoption("compare_anyway")
    comparison = summary.comparison(old, path, records, allow_different=anyway)
    if comparison.regressions:
        _fail(session)
    return summary.comparison_lines(comparison, path)


def _fail(session: pytest.Session) -> None:
    session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def _width(config: pytest.Config) -> int | None:
    """Return the width of the terminal in characters, None if the output is no terminal."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return shutil.get_terminal_size().columns if reporter and reporter.isatty else None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table after everything else."""
    for line in config.stash.get(PRINTED_LAST, []):
        terminalreporter.write_line(text.lines(line))
