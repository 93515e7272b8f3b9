"""Work in several processes: in order, no more at once than there is room for, and never without an end."""

import operator
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agenttrace.errors import WorkerError
from agenttrace.workers.engine import InThisProcess, usable_cores
from agenttrace.workers.processes import Processes
from unit.workers.short_pieces import Short, done, process_of, say_nothing_any_more

JOBS = 2


@pytest.fixture(scope="module")
def engine() -> Iterator[Processes]:
    shared = Processes(JOBS)
    yield shared
    shared.close()


def test_results_come_in_the_order_of_their_pieces(engine: Processes) -> None:
    assert list(engine.map(operator.neg, range(50))) == list(InThisProcess().map(operator.neg, range(50)))


def test_no_piece_is_taken_before_there_is_room(engine: Processes) -> None:
    taken = []

    def pieces() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    results = engine.map(operator.neg, pieces())
    ahead = []
    for number, _ in enumerate(results):
        ahead.append(len(taken) - number)

    assert max(ahead) <= 2 * JOBS + 1  # one is at hand for the first that is free


def test_a_worker_goes_on_while_nobody_takes_its_result(tmp_path: Path) -> None:
    engine, done_next = Processes(1), tmp_path / "done"

    def pieces() -> Iterator[Callable[[], object]]:
        yield partial(bytes, 1 << 24)
        yield partial(Path.touch, done_next)
        assert _until(done_next.exists)

    assert [bool(result) for result in engine.map(operator.call, pieces())] == [True, False]
    engine.close()


def test_what_work_raises_is_raised_here(engine: Processes) -> None:
    results = engine.map(int, ["1", "two", "3"])

    assert next(results) == 1
    with pytest.raises(ValueError, match="two"):
        next(results)
    assert list(engine.map(int, ["4"])) == [4]


def test_a_worker_that_dies_is_an_error_and_no_wait() -> None:
    engine = Processes(JOBS)

    with pytest.raises(WorkerError, match="ended before"):
        list(engine.map(os._exit, [1]))
    engine.close()


def test_a_worker_that_cannot_send_is_an_error_and_no_wait() -> None:
    engine = Processes(JOBS)

    with pytest.raises(WorkerError, match="ended before"):
        list(engine.map(say_nothing_any_more, range(20)))
    engine.close()


def test_workers_are_ended_at_once_and_can_begin_again() -> None:
    engine = Processes(JOBS)
    results = engine.map(time.sleep, [0, 0, 600, 600, 600])
    next(results)
    began = time.monotonic()

    engine.close()

    assert time.monotonic() - began < 60
    assert list(engine.map(abs, [-1])) == [1]
    engine.close()


def test_what_nobody_waits_for_any_more_is_given_up(engine: Processes) -> None:
    next(engine.map(time.sleep, [0, 0, 600, 600]))

    assert list(engine.map(abs, [-1, -2])) == [1, 2]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are told by /proc")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "ended"])
def test_workers_do_not_outlive_the_program(end: signal.Signals) -> None:
    program = "import time; from agenttrace.workers.processes import Processes\n"
    program += "list(Processes(2).map(time.sleep, [0, 600, 600, 600, 600]))"
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        workers = _until(lambda: [pid for pid in _below(process.pid) if len(_below(process.pid)) > JOBS])
        process.send_signal(end)
        process.wait()

    assert _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def _below(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def _until(look: Callable[[], Any], patience_s: float = 60) -> Any:
    until = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
    return found


def test_short_pieces_are_done_here_too_while_the_others_have_enough_to_do(engine: Processes) -> None:
    engine.close()
    found = list(engine.map(done, [Short(number, 0.02) for number in range(100)]))

    assert [number for number, _ in found] == list(range(100))
    where = Counter(process for _, process in found)
    assert len(where) == JOBS
    assert min(where.values()) > 1
    assert os.getpid() in where


def test_no_short_piece_is_asked_for_long_before_there_is_room(engine: Processes) -> None:
    taken = []

    def pieces() -> Iterator[Short]:
        for number in range(60):
            taken.append(number)
            yield Short(number)

    ahead = [len(taken) - number for number, _ in engine.map(done, pieces())]

    assert max(ahead) <= 8 * JOBS + 2  # one is at hand, and one looked for: whether that was the last


def test_what_a_short_piece_raises_here_is_raised_in_its_turn(engine: Processes) -> None:
    pieces = [Short(number, 0.01, os.getpid()) for number in range(40)]
    found: list[int] = []

    with pytest.raises(ValueError, match="piece") as raised:
        found.extend(number for number, _ in engine.map(done, pieces))

    assert found == list(range(len(found)))
    assert str(raised.value) == f"piece {len(found)}"


def test_pieces_that_are_not_short_are_done_by_others(engine: Processes) -> None:
    mixed = [Short(0), *range(-20, 0), Short(1)]

    assert list(engine.map(str, mixed)) == [str(piece) for piece in mixed]
    assert os.getpid() not in list(engine.map(process_of, range(20)))


def test_a_single_short_piece_is_done() -> None:
    engine = Processes(JOBS)

    assert [number for number, _ in engine.map(done, [Short(7)])] == [7]
    assert list(engine.map(done, [])) == []
    engine.close()


def test_there_is_a_core_to_use() -> None:
    assert usable_cores() >= 1
