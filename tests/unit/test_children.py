"""Work that is run in a child process; each function below is the work of one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Never

import pytest

from harness import children
from harness.children import Child, ChildError
from harness.errors import CandidateError, ModelError

MIB = 1 << 20


class OwnError(CandidateError):
    """An error of a candidate's own."""


def where(_child: Child) -> tuple[int, int, str, list[str]]:
    return os.getpid(), os.getppid(), os.getcwd(), sys.path


def double(_child: Child, number: int) -> int:
    return 2 * number


def refuse(_child: Child) -> Never:
    message = "the mel is missing; add one"
    raise ModelError(message)


def refuse_otherwise(_child: Child) -> Never:
    message = "mine"
    raise OwnError(message)


def stumble(child: Child) -> Never:
    child.begin("when imported")
    raise KeyError("mel")


def leave(child: Child) -> Never:
    child.begin("when imported")
    os._exit(0)


def abort(child: Child) -> Never:
    child.begin("when loaded")
    os.abort()


def signal_itself(child: Child) -> None:
    child.begin("when loaded")
    os.kill(os.getpid(), signal.SIGRTMIN + 1)
    time.sleep(60)


def hang(child: Child) -> Never:
    child.begin("when imported")
    while True:
        pass


def hang_in_the_second_step(child: Child) -> Never:
    child.begin("when imported")
    child.begin("when called", 0.5)
    time.sleep(60)
    raise AssertionError


def eat(child: Child, size: int) -> int:
    child.begin("when loaded")
    return len(bytearray(size))


def shout(_child: Child) -> int:
    print("HERE", flush=True)
    print("HERE", file=sys.stderr, flush=True)
    return 1


def breed(_child: Child) -> int:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]).pid


def read_shared(child: Child) -> list[bytes]:
    return [os.pread(number, 9, 0) for number in child.descriptors]


def wait_for(_child: Child, file: Path) -> str:
    while not file.exists():
        time.sleep(0.01)
    return file.read_text()


def cores(_child: Child) -> set[int]:
    return os.sched_getaffinity(0)


def helper_pid() -> int:
    return children._helper()[1].pid


def left_by(pid: int) -> list[int]:
    """Return the processes *pid* has not waited for, zombies among them."""
    return [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def opened_by(pid: int) -> list[Path]:
    return sorted(Path(f"/proc/{pid}/fd").iterdir())


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_result_is_that_of_the_work() -> None:
    assert children.run(double, 21) == 42


def test_the_work_runs_in_a_child_of_the_helper_from_where_we_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    child, parent, folder, path = children.run(where)

    assert child != os.getpid()
    assert (parent, folder, path) == (helper_pid(), str(tmp_path), sys.path)


def test_our_errors_are_raised_again() -> None:
    with pytest.raises(ModelError, match=r"^the mel is missing; add one$"):
        children.run(refuse)


def test_an_error_of_a_candidates_own_is_raised_as_the_one_of_ours_that_it_is() -> None:
    with pytest.raises(CandidateError, match=r"^mine$") as caught:
        children.run(refuse_otherwise)

    assert caught.type is CandidateError


@pytest.mark.parametrize(
    ("work", "fault", "step"),
    [
        (stumble, "raised KeyError: 'mel'", "when imported"),
        (leave, r"ended its process \(status 0\)", "when imported"),
        (abort, r"crashed its process \(SIGABRT\)", "when loaded"),
        (signal_itself, rf"crashed its process \(signal {signal.SIGRTMIN + 1}\)", "when loaded"),
        (hang, "gave no answer within 1 s", "when imported"),
        (hang_in_the_second_step, "gave no answer within 1.5 s", "when called"),
    ],
)
def test_a_child_without_a_result_is_an_error_that_says_what_it_did_and_when(
    monkeypatch: pytest.MonkeyPatch, work: Callable[..., object], fault: str, step: str
) -> None:
    monkeypatch.setattr(children, "TIMEOUT_S", 1)
    helper = helper_pid()

    with pytest.raises(ChildError, match=f"^{fault} {step}$") as caught:
        children.run(work)

    assert caught.value.step == step
    assert children.run(double, 1) == 2
    assert helper_pid() == helper
    assert left_by(helper) == []


@pytest.mark.parametrize("size", [128 * MIB, 8 * MIB])
def test_a_child_that_eats_memory_is_an_error(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(children, "MEMORY_BYTES", 4 * MIB)

    with pytest.raises(ChildError, match=r"^needed more than 4 MiB( when loaded)?$"):
        children.run(eat, size)


def test_memory_that_is_shared_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "MEMORY_BYTES", 128 * MIB)
    shared = os.memfd_create("test")
    os.truncate(shared, 512 * MIB)

    assert children.run(eat, 256 * MIB, share=[shared]) == 256 * MIB
    os.close(shared)


def test_a_limit_that_is_not_broken_lets_the_work_go_on() -> None:
    assert children.run(eat, 8 * MIB) == 8 * MIB


def test_what_a_child_prints_is_lost(capfd: pytest.CaptureFixture[str]) -> None:
    children.run(shout)

    assert capfd.readouterr() == ("", "")


def test_what_a_child_has_started_is_ended_with_it() -> None:
    pid = children.run(breed)

    while running(pid):
        time.sleep(0.01)


def test_descriptors_are_shared_in_their_order_and_none_is_left_open() -> None:
    shared = [os.memfd_create("test") for _ in range(2)]
    for number, text in zip(shared, (b"first", b"second"), strict=True):
        os.pwrite(number, text, 0)
    before = opened_by(helper_pid())

    assert children.run(read_shared, share=shared) == [b"first", b"second"]
    assert opened_by(helper_pid()) == before
    for number in shared:
        os.close(number)


def test_the_helper_runs_a_single_thread_so_that_it_can_fork_safely() -> None:
    children.run(double, 1)

    assert len(list(Path(f"/proc/{helper_pid()}/task").iterdir())) == 1


def test_a_killed_helper_fails_one_call_only() -> None:
    children.run(double, 1)
    _, helper = children._helper()
    helper.send_signal(signal.SIGKILL)

    message = r"^was not tried: the helper process was killed$"
    with pytest.raises(ChildError, match=message) as caught:
        children.run(double, 1)

    assert caught.value.cure == "free memory and run again"
    assert helper.returncode == -signal.SIGKILL
    assert children.run(double, 1) == 2


def test_this_process_goes_on_while_a_child_is_at_work(tmp_path: Path) -> None:
    file = tmp_path / "answer"
    begun = children.begin(wait_for, file)

    file.write_text("forty-two")
    begun.wait()

    assert begun.result() == "forty-two"


def test_work_whose_result_nobody_asked_for_is_given_up(tmp_path: Path) -> None:
    begun = children.begin(wait_for, tmp_path / "never")
    helper = helper_pid()

    assert children.run(double, 2) == 4
    assert not running(helper)
    begun.wait()
    with pytest.raises(ChildError, match=r"^was not tried: the helper process was killed$"):
        begun.result()
    assert children.run(double, 3) == 6


def test_a_child_may_use_every_core_even_if_we_are_kept_on_one(tmp_path: Path) -> None:
    children.begin(wait_for, tmp_path / "never")  # given up, so that the next has a new helper
    os.sched_setaffinity(0, [min(children.CORES)])
    try:
        assert children.run(cores) == children.CORES
    finally:
        os.sched_setaffinity(0, children.CORES)
