"""What came of one case, and how it is found out: within a time, and whatever is raised.

Problems have a category: `traceback` (an exception that is no AgentTraceError), `hang`, `exit code` (not in
the table of the contracts), `law` (a partition does not sum to the wall time, or the segments do not tile
it), `rows` (rows of sound lines changed, or a line was lost without a finding), `memory`.
"""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TypeAlias

from agenttrace.errors import AgentTraceError

CATEGORIES = ("traceback", "hang", "exit code", "law", "rows", "memory")
Problems: TypeAlias = list[tuple[str, str]]
"""Category, and text."""


class HangError(BaseException):
    """It took too long; no exception that anybody catches by accident."""


@dataclass
class Outcome:
    """What came of one case. `unknown`: no format claimed it.

    `compared`: how many rows of sound lines were held against those before.
    """

    index: int
    format: str
    kind: str
    refused: bool = False
    unknown: bool = False
    compared: int = 0
    seconds: float = 0.0
    problems: Problems = field(default_factory=list)


@contextmanager
def limited(seconds: float, problems: Problems) -> Iterator[None]:
    """Stops what is done inside when so much time of a processor is spent, and tells.

    Processor time, so that a busy machine finds nothing. What sleeps forever is left to whoever watches the process.
    """

    def stop(_: int, frame: FrameType | None) -> None:
        place = "".join(traceback.format_stack(frame, limit=6)) if frame else ""
        raise HangError(f"more than {seconds} s\n{place}")

    previous = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    except HangError as hang:
        problems.append(("hang", str(hang)))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)


@contextmanager
def faults_told(problems: Problems) -> Iterator[None]:
    """Whatever is raised inside but for an AgentTraceError is what is looked for."""
    try:
        yield
    except (AgentTraceError, HangError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001  # panics of Rust libraries are no Exceptions
        problems.append(("traceback", traceback.format_exc()))
