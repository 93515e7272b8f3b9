"""What a trace does not say, counted, and what cannot be known because of that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import SpanKind


class Lack(StrEnum):
    """Something that a source may leave out."""

    TIMES = "times"
    FIRST_TOKEN = "first_token"
    QUEUE = "queue"
    TOKENS = "tokens"
    CACHE_READS = "cache_reads"
    TOOLS = "tools"


COSTS = {
    Lack.TIMES: "nothing can be analysed: only `replay` can use it",
    Lack.FIRST_TOKEN: "queue, prefill and decode stay one phase, `model`; `fit` has nothing to go by",
    Lack.QUEUE: "what waited is not told from what was computed, but for what `--calibrate` infers",
    Lack.TOKENS: "no context, no speed, no `fit`, and `replay` has no work to play",
    Lack.CACHE_READS: "cache misses and what they cost stay unknown",
    Lack.TOOLS: "what ran between two requests stays `unknown` or `harness`",
}
"""What each costs the answer."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many of so many lack it."""

    lack: Lack
    missing: int
    of: int
    unit: str


def count_lacks(trace: Trace) -> Iterator[Counted]:
    """What is missing at all in what was read; each lack at most once."""
    sessions = trace.sessions.num_rows
    untimed = sessions - trace.timed().sessions.num_rows
    if untimed:
        yield Counted(Lack.TIMES, untimed, sessions, "sessions")
    timed = trace.timed()
    requests = _of_kind(timed, SpanKind.REQUEST)
    count = requests.num_rows
    unseen = _nulls(requests, "first_token_ns") if count else 0
    if unseen:
        yield Counted(Lack.FIRST_TOKEN, unseen, count, "requests")
    if count and unseen < count and _nulls(requests, "queue_ns"):
        yield Counted(Lack.QUEUE, _nulls(requests, "queue_ns"), count, "requests")
    for lack, column in ((Lack.TOKENS, "input_tokens"), (Lack.CACHE_READS, "cache_read_tokens")):
        if count and _nulls(requests, column):
            yield Counted(lack, _nulls(requests, column), count, "requests")
    without = _without_tools(timed)
    if without:
        yield Counted(Lack.TOOLS, without, timed.sessions.num_rows, "sessions")


def calls_of(trace: Trace) -> tuple[int, int]:
    """Requests and tool calls."""
    return _of_kind(trace, SpanKind.REQUEST).num_rows, _of_kind(trace, SpanKind.TOOL).num_rows


def _of_kind(trace: Trace, kind: SpanKind) -> pa.Table:
    return trace.spans.filter(pc.equal(trace.spans["kind"].cast(pa.string()), pa.scalar(kind.value)))


def _nulls(table: pa.Table, column: str) -> int:
    return table[column].null_count


def _without_tools(trace: Trace) -> int:
    """Sessions of several requests, and without any tool call."""
    requests = pc.value_counts(_of_kind(trace, SpanKind.REQUEST)["session"])
    tools = set(_of_kind(trace, SpanKind.TOOL)["session"].to_pylist())
    names: list[str] = requests.field("values").to_pylist()
    counts: list[int] = requests.field("counts").to_pylist()
    return sum(many > 1 and name not in tools for name, many in zip(names, counts, strict=True))
