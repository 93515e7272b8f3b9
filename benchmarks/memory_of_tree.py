"""How much memory a program and its workers take together: sampled from /proc while it runs (Linux only)."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY_S = 0.05
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Watched:
    """A run. `resident_mb`: of all processes, pages that they share counted in each; `own_mb`: counted once."""

    seconds: float
    cpu_seconds: float
    resident_mb: float
    own_mb: float
    output: bytes


def watched(command: Sequence[str], environment: dict[str, str]) -> Watched:
    """Runs a command to its end; an exit code but 0 raises."""
    resident = own = 0.0
    began, spent = time.perf_counter(), _children_cpu()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        reader = _Reader(process)
        while process.poll() is None:
            tree = list(_tree(process.pid))
            resident = max(resident, sum(_resident(pid) for pid in tree))
            own = max(own, sum(map(_own, tree)))
            time.sleep(_EVERY_S)
        output = reader.output()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Watched(
        time.perf_counter() - began, _children_cpu() - spent, resident / 2**20, own / 2**20, output
    )


class _Reader:
    """Takes what the program prints, so that it never waits."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        from threading import Thread  # noqa: PLC0415

        self._pieces: list[bytes] = []
        assert process.stdout is not None
        stream = process.stdout
        self._thread = Thread(target=lambda: self._pieces.append(stream.read()))
        self._thread.start()

    def output(self) -> bytes:
        self._thread.join()
        return b"".join(self._pieces)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield from _tree(int(child))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _own(pid: int) -> int:
    """Proportional set size: of a page that several processes share, each has its part."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in text.splitlines() if line.startswith("Pss:")), 0)
