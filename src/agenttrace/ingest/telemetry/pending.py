"""Logfire's pending spans: sent when a span starts, of no length, and superseded by the span itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Ints, Mask, Texts, among, kept, known, labelled, replaced
from agenttrace.ingest.telemetry.concepts import holds, holds_any, text
from agenttrace.ingest.telemetry.held import Held, joined_tables, shifted
from agenttrace.ingest.telemetry.ids import present_ids
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.rows import Columns, only
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.values import UNKNOWN
from agenttrace.ingest.text_columns import joined
from agenttrace.model.vocabulary import Evidence, Severity, Status

_PENDING = "pending_span"
_SUFFIX = " (pending)"


def is_pending(spans: Spans) -> Mask:
    """The pending spans of a chunk."""
    return holds_any(spans, names.SPAN_TYPE, [_PENDING])


class Pending:
    """Holds pending spans back until it is known which of them were finished."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing held yet."""
        self._recorder = recorder
        self._held: Held = []
        self._finished: list[Texts] = []

    def hold(self, spans: Spans, columns: Columns, where: Mask) -> None:
        """Takes the marked rows of a chunk, and remembers the spans of Logfire that are finished."""
        finished = holds(spans, names.SPAN_TYPE) & ~where
        if finished.any():
            self._finished.append(kept(columns["span_key"], finished))
        if where.any():
            parents = present_ids(text(spans, (names.PENDING_PARENT,)))
            real = {
                "span_key": columns["parent_key"],
                "parent_key": joined("/", spans.trace_id, parents),
            }
            self._held.append(pa.table(only({**columns, **real}, where)))

    def leave(self) -> tuple[Held, list[Texts]]:
        """What is held, and the keys of what is finished, for another to absorb."""
        return self._held, self._finished

    def absorb(self, left: tuple[Held, list[Texts]], lines_before: int) -> None:
        """Holds what another held, so many lines later."""
        self._held += shifted(left[0], lines_before)
        self._finished += left[1]

    def release(self, notes: Notes) -> None:
        """Drops what was finished; the rest is the beginning of a span that never was."""
        if not self._held:
            return
        table = joined_tables(self._held)
        finished = pa.concat_arrays([*self._finished, pa.array([], pa.string())])
        keys = table.column("span_key")
        done = among(keys, finished) | ~known(keys)
        lines: Ints = table.column("line").to_numpy()
        notes.note(
            "pending_span", Severity.INFO, "a placeholder of a span that is there: left out", lines, done
        )
        if done.all():
            return
        columns = only({name: table.column(name) for name in table.column_names}, ~done)
        self._recorder.extend_spans({**columns, **_open_ended(columns, int((~done).sum()))})


def _open_ended(columns: Columns, size: int) -> Columns:
    words, statuses = tuple(Evidence), tuple(Status)
    nothing = pa.nulls(size, pa.int64())
    return {
        "name": replaced(columns["name"].cast(pa.string()), _SUFFIX, ""),
        "end_ns": nothing,
        "end_evidence": labelled(np.full(size, words.index(Evidence.UNKNOWN)), words, UNKNOWN),
        "decode_ns": nothing,
        "decode_evidence": labelled(np.full(size, UNKNOWN), words, UNKNOWN),
        "status": labelled(np.full(size, statuses.index(Status.UNFINISHED)), statuses, UNKNOWN),
    }
