"""A few lines make raw rows and assemble them: times in seconds, one source for each list of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.trace import Trace

SECOND = 10**9

Row = Callable[[Recorder], None]


def span(chain: str, key: str, kind: str, start: float | None, end: float | None, **facts: Any) -> Row:
    """A span of a chain that is session key and agent key at once, as in a Dynamo trace."""
    values = {
        "session_key": f"chain:{chain}",
        "agent_key": chain,
        "span_key": key,
        "kind": kind,
        "purpose": "turn",
        "start_ns": None if start is None else round(start * SECOND),
        "end_ns": None if end is None else round(end * SECOND),
        "line": 1,
    }
    return lambda recorder: recorder.span(**{**values, **facts})


def agent(chain: str, parent: str | None = None, **facts: Any) -> Row:
    """An agent, joined with its parent's session."""

    def record(recorder: Recorder) -> None:
        recorder.agent(session_key=f"chain:{chain}", agent_key=chain, parent_agent_key=parent, **facts)
        recorder.session(session_key=f"chain:{chain}", source_id=chain)
        if parent:
            recorder.same_session(f"chain:{chain}", f"chain:{parent}")

    return record


def link(chain: str, source: str, target: str, kind: str = "feeds", *, explicit: bool = True) -> Row:
    """A link, explicit unless it is said not to be."""
    return lambda recorder: recorder.link(
        session_key=f"chain:{chain}",
        from_key=source,
        to_key=target,
        kind=kind,
        explicit=explicit,
        rule="stated" if explicit else "guessed",
    )


def source(name: str, rows: Sequence[Row]) -> ReadSource:
    """One source that holds these rows, in this order."""
    recorder = Recorder()
    for row in rows:
        row(recorder)
    recorder.records = len(rows)
    return ReadSource(name, "test", 1, recorder.trace())


def trace_of(*sources: Sequence[Row]) -> Trace:
    """The trace of some lists of rows, each a source of its own."""
    return assemble([source(f"file{index}", rows) for index, rows in enumerate(sources)])


def frame(table: pa.Table) -> pl.DataFrame:
    """A table to look at, without what depends on the files it came from."""
    made = pl.DataFrame(pl.from_arrow(table))
    made = made.with_columns(pl.col(pl.Categorical).cast(pl.String))
    return made.drop("source", "line", "sources", strict=False)


def codes(trace: Trace) -> set[str]:
    """The finding codes of a trace."""
    return {str(code) for code in trace.findings["code"].to_pylist()}
