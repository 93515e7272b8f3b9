"""SGLang: a request span, below it a span a thread, below those slices, once for every tensor-parallel rank.

Its `time_in_model_prefill` counts from the dispatch to the first token, so it includes the queue, which only
the slice `prefill_waiting` tells. Both are known together only when a whole source has been read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Ints, Mask, equals, filled, positions
from agenttrace.ingest.telemetry.concepts import counts, durations, nullable
from agenttrace.ingest.telemetry.held import Held, joined_tables, shifted
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.rows import Columns, only
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.timing import evidence
from agenttrace.ingest.telemetry.values import UNKNOWN
from agenttrace.model.vocabulary import Severity

_DEEPEST = 16
_WAITING = "prefill_waiting"


class Engine:
    """Holds SGLang's spans back until the end of the source."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing held yet."""
        self._recorder = recorder
        self._held: Held = []

    def hold(self, spans: Spans, columns: Columns, where: Mask, notes: Notes) -> None:
        """Takes the marked rows of a chunk."""
        rank = np.maximum(counts(spans, (names.TP_RANK,), notes), counts(spans, (names.PP_RANK,), notes))
        extra = {
            "rank": pa.array(rank),
            "upto_first_token": pa.array(durations(spans, names.PREFILL, notes)),
        }
        self._held.append(pa.table(only({**columns, **extra}, where)))

    def leave(self) -> Held:
        """What is held, for another to absorb."""
        return self._held

    def absorb(self, left: Held, lines_before: int) -> None:
        """Holds what another held, so many lines later."""
        self._held += shifted(left, lines_before)

    def release(self, notes: Notes) -> None:
        """Records what was held, once for each request, with queue and prefill told apart."""
        if not self._held:
            return
        table = joined_tables(self._held)
        keys = table.column("span_key").combine_chunks()
        parent = positions(table.column("parent_key"), keys, UNKNOWN)
        rank: Ints = table.column("rank").to_numpy().copy()
        for _ in range(_DEEPEST):
            inherits = (rank == UNKNOWN) & (parent != UNKNOWN)
            rank[inherits] = rank[parent[inherits]]
        copies = rank > 0
        lines: Ints = table.column("line").to_numpy()
        notes.note(
            "tensor_parallel_copies", Severity.INFO, "a span of a rank but the first: left out", lines, copies
        )
        queue, prefill = _phases(table, parent, copies)
        split = table.select(
            [name for name in table.column_names if name not in ("rank", "upto_first_token")]
        )
        columns: dict[str, Any] = {name: split.column(name) for name in split.column_names}
        columns |= {
            "queue_ns": nullable(queue),
            "queue_evidence": evidence(queue, np.zeros(len(queue), np.bool_)),
            "prefill_ns": nullable(prefill),
            "prefill_evidence": evidence(prefill, np.ones(len(prefill), np.bool_)),
        }
        self._recorder.extend_spans(only(columns, ~copies))


def _phases(table: pa.Table, parent: Ints, copies: Mask) -> tuple[Ints, Ints]:
    """Queue and prefill of each request that has a waiting slice before its first token."""
    is_request = equals(table.column("kind").cast(pa.string()), "request")
    waiting = equals(table.column("name").cast(pa.string()), _WAITING) & ~copies
    owner = np.where(is_request, np.arange(len(parent)), parent)
    for _ in range(_DEEPEST):
        climbing = (owner != UNKNOWN) & ~is_request[np.maximum(owner, 0)]
        owner = np.where(climbing, parent[np.maximum(owner, 0)], owner)
    start = filled(table.column("start_ns"), UNKNOWN)
    end = filled(table.column("end_ns"), UNKNOWN)
    first = filled(table.column("first_token_ns"), np.iinfo(np.int64).max)
    slices = waiting & (owner != UNKNOWN) & (end >= start) & (start <= first[np.maximum(owner, 0)])
    queue = np.full(len(parent), UNKNOWN, np.int64)
    queue[owner[slices]] = 0
    np.add.at(queue, owner[slices], (end - start)[slices])
    upto = table.column("upto_first_token").to_numpy()
    prefill = np.where((queue != UNKNOWN) & (upto >= queue), upto - queue, UNKNOWN)
    return queue, prefill
