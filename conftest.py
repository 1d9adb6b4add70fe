"""All pytest wiring: options of the main job, its parameters, and what happens when it ends."""

import os
import shutil

# One thread, decided before NumPy is first imported: what is measured is the
# time of one core, and a second BLAS thread would add only jitter.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from harness import datasets, files, report
from harness.candidate.registry import Registry
from harness.datasets import Dataset, Source
from harness.errors import AudioError, DatasetError, SpotbenchError
from harness.measure import machine
from harness.measure.recorder import Recorder
from harness.measure.run import Run
from harness.measure.subject import Subject
from harness.measure.timing import PROFILES
from harness.measure.verdict import fails
from harness.record import store
from harness.record.schema import Record
from harness.report import summary
from harness.report.comparison import require_alike

ROOT = Path(__file__).parent
GATE = "harness.test_candidates"
RECORDER = pytest.StashKey[Recorder]()
OLD = pytest.StashKey[Record | None]()
PRINTED_LAST = pytest.StashKey[list[str]]()

_TABLES = ("compare", "histogram", "cprofile", "verbose")
"""Options of pytest-benchmark that ask for tables of its own."""


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
        "mini_speech_commands; espeak where that is neither at hand nor reachable)",
    )
    group.addoption(
        "--profile",
        choices=sorted(PROFILES),
        default="quick",
        help="quick: 0.4 s a window; full: 10 s (default: %(default)s)",
    )
    group.addoption(
        "--results",
        type=Path,
        default=ROOT / "results",
        metavar="DIR",
        help="where records and reports are written (default: results)",
    )
    group.addoption(
        "--compare",
        type=Path,
        metavar="FILE",
        help="a raw record of an earlier run; fail where this one is worse beyond the noise",
    )
    group.addoption(
        "--compare-anyway",
        action="store_true",
        help="compare across boards, data sets and runtimes, too, and name what differs",
    )
    group.addoption(
        "--strict-board",
        action="store_true",
        help="fail where a board makes a row invalid (default: show it as such)",
    )
    group.addoption(
        "--certain",
        action="store_true",
        help="the lower end of the accuracy's 95 %% interval must beat the limit, too",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Refuse words that name nothing before anything is imported or measured."""
    if not any(config.getoption(f"benchmark_{table}") for table in _TABLES):
        config.option.benchmark_quiet = True  # our own table says it in a tenth of the lines
    try:
        registry = Registry()
        registry.require(*(config.getoption("candidate") or ()))
        source = _Aloud(datasets.find(config.getoption("dataset")), config)
        old = config.getoption("compare")
        config.stash[OLD] = store.read(old) if old else None
    except SpotbenchError as error:
        raise pytest.UsageError(str(error)) from error
    profile = PROFILES[config.getoption("profile")]
    certain = config.getoption("certain")
    run = Run(registry, source, profile, machine.Machine(), certain=certain)
    config.stash[RECORDER] = Recorder(run, ROOT, config.getoption("results"))


class _Aloud:
    """A source whose progress bars are seen, though pytest captures what is printed."""

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
    """Parametrise the gate: windows outermost, candidates within."""
    if metafunc.module.__name__ != GATE or "subject" not in metafunc.fixturenames:
        return
    run = metafunc.config.stash[RECORDER].run
    if "window" in metafunc.fixturenames:
        metafunc.parametrize("window", range(1, run.conditions.profile.windows + 1))
    chosen = metafunc.config.getoption("candidate") or run.registry.names()
    metafunc.parametrize("subject", dict.fromkeys(chosen), indirect=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Before a run of minutes, make sure that its results can be kept."""
    if any("subject" in getattr(item, "fixturenames", ()) for item in session.items):
        try:
            _require_use(session.config)
        except SpotbenchError as error:
            raise pytest.UsageError(str(error)) from error
        machine.pin_to_one_core()
        reporter = session.config.pluginmanager.getplugin("terminalreporter")
        if reporter and reporter.isatty and reporter.verbosity == 0:
            session.config.pluginmanager.register(_Progress(reporter, len(session.items)))


def _require_use(config: pytest.Config) -> None:
    """Raise what would come out, at the end, to have made the run useless."""
    results, old = config.getoption("results"), config.stash[OLD]
    files.require_writable(results)
    report.require_renderable(results)
    if old is not None:
        known, anyway = config.stash[RECORDER].circumstances, config.getoption("compare_anyway")
        require_alike(old, known, allow_different=anyway)


class _Progress:
    """One line that says what is being measured, in place of a dot for each test."""

    def __init__(self, reporter: pytest.TerminalReporter, total: int) -> None:
        self._reporter = reporter
        self._total = total
        self._begun = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        self._begun += 1
        callspec = getattr(item, "callspec", None)
        now = dict(callspec.params) if callspec else {}
        what = f"window {now['window']} of" if "window" in now else "verdict on"
        said = f"{what} {now['subject']}" if now else "cost of timing"
        line = f"{self._begun} of {self._total}: {said}"
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
def subject(request: pytest.FixtureRequest) -> Subject:
    """One candidate, prepared; a data set that cannot be read ends the run."""
    found = request.config.stash[RECORDER].run.subject(request.param)
    try:
        found.prepare()
    except (DatasetError, AudioError) as error:
        pytest.exit(f"nothing can be measured: {error}", returncode=pytest.ExitCode.USAGE_ERROR)
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what was measured, if only in part; what cannot be kept, shown or passed fails."""
    config = session.config
    recorder, results = config.stash[RECORDER], config.getoption("results")
    lines = config.stash.setdefault(PRINTED_LAST, [])
    records: list[Record] = []
    for step in (
        lambda: records.extend(recorder.records()),
        lambda: (line for record in records for line in summary.table(record, _width(config))),
        lambda: (f"wrote {path}" for path in recorder.save(records, results)),
        lambda: (f"wrote {path}" for path in _render(recorder, results)),
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
        _fail(session)  # also where the tests of verdicts were left out


def _render(recorder: Recorder, results: Path) -> list[Path]:
    """Render the pages if the run has anything to show on them; returns those that are text."""
    if not recorder.finished:
        return []
    pages = report.render(results, recorder.run.registry.models())
    return [path for path in pages if path.suffix != ".svg"]


def _compare(records: list[Record], session: pytest.Session) -> list[str]:
    path, old = session.config.getoption("compare"), session.config.stash[OLD]
    if old is None:
        return []
    anyway = session.config.getoption("compare_anyway")
    found = summary.comparison(old, path, records, allow_different=anyway)
    if found.regressions:
        _fail(session)
    return summary.comparison_lines(found, path)


def _fail(session: pytest.Session) -> None:
    session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


def _width(config: pytest.Config) -> int | None:
    """Return the width of the terminal, None where the output goes elsewhere."""
    reporter = config.pluginmanager.getplugin("terminalreporter")
    return shutil.get_terminal_size().columns if reporter and reporter.isatty else None


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table last."""
    for line in config.stash.get(PRINTED_LAST, []):
        terminalreporter.write_line(line)
