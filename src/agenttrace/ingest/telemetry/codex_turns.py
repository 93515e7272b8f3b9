"""Turns of Codex as spans: the only ones of its spans that say what they are, and they hold all the rest.

Its other spans, hundreds for each request, show the program's own workings, most of them in traces that name no
session. Requests and tools stand in its log records, which name no span: they lie inside the turn that ran then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Mask
from agenttrace.ingest.telemetry.classify import Classes
from agenttrace.ingest.telemetry.concepts import text
from agenttrace.ingest.telemetry.roles import Dialect, Role
from agenttrace.ingest.telemetry.rows import Columns
from agenttrace.ingest.telemetry.sessions import session_key
from agenttrace.ingest.telemetry.spans import Spans

Turn: TypeAlias = "tuple[int, int, str]"
Turns: TypeAlias = Mapping[str, Sequence[Turn]]
"""By session: start, end and key of each turn."""


def is_working(classes: Classes) -> Mask:
    """Spans of the program's own workings, for which nobody waits that its log records do not tell of."""
    return classes.speaks(Dialect.CODEX) & classes.has_role(Role.PART)


def note_turns(turns: dict[str, list[Turn]], spans: Spans, classes: Classes, columns: Columns) -> None:
    """Adds the turns of a chunk."""
    found = classes.speaks(Dialect.CODEX) & classes.has_role(Role.INTERACTION)
    if not found.any():
        return
    threads, keys = text(spans, (names.CODEX_THREAD,), found), columns["span_key"]
    for row in np.flatnonzero(found).tolist():
        thread, key = threads[row].as_py(), keys[row].as_py()
        if thread is not None and key is not None and spans.end[row] >= spans.start[row] > 0:
            bounds = int(spans.start[row]), int(spans.end[row])
            turns.setdefault(session_key(Dialect.CODEX.label, thread), []).append((*bounds, key))


def turn_at_instant(turns: Sequence[Turn], t_ns: int) -> str | None:
    """The shortest turn that runs at an instant."""
    running = [(end - start, key) for start, end, key in turns if start <= t_ns <= end]
    return min(running)[1] if running else None
