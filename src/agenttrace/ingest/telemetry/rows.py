"""A chunk of spans as columns of RAW_SPANS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.fields import LATEST_NS
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Ints, Mask, Names, Texts, among, equals, kept, labelled, where
from agenttrace.ingest.telemetry.classify import Classes
from agenttrace.ingest.telemetry.concepts import (
    LARGEST_INT32,
    coded,
    counts,
    holds,
    holds_any,
    nullable,
    shares,
    text,
    unsigned,
)
from agenttrace.ingest.telemetry.events import EXCEPTIONS
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.own import with_own
from agenttrace.ingest.telemetry.roles import KIND, OPERATION_NAMES, OWN_PHASE, Dialect, Role
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.timing import Timing, time_requests
from agenttrace.ingest.telemetry.tokens import count_tokens
from agenttrace.ingest.telemetry.values import UNKNOWN, texts, truths
from agenttrace.ingest.text_columns import first_known, joined, taken
from agenttrace.model.vocabulary import Evidence, Phase, Purpose, Severity, SpanKind, Status

Columns = dict[str, Any]

_OK, _ERROR = 1, 2
_EVIDENCE = tuple(Evidence)
_KIND_OF = np.array([tuple(SpanKind).index(KIND[role]) for role in Role], np.int8)
_PHASE_OF = np.array(
    [tuple(Phase).index(OWN_PHASE[role]) if role in OWN_PHASE else UNKNOWN for role in Role], np.int8
)
_STATUS = {status: index for index, status in enumerate(Status)}
_PURPOSE = {purpose: index for index, purpose in enumerate(Purpose)}
_PREFIXES = ("execute_tool ", "invoke_agent ", "claude_code.")


def span_columns(spans: Spans, classes: Classes, notes: Notes) -> Columns:
    """All columns but those that need more than a chunk."""
    spans = _sane_times(spans, notes)
    timing = time_requests(spans, classes, notes)
    status = _status(spans, timing)
    ended = (timing.end != UNKNOWN) & (status != _STATUS[Status.CANCELLED])
    keys = span_keys(spans)
    columns = {
        "session_key": joined(":", "trace", spans.trace_id),
        "span_key": keys,
        "parent_key": where(~classes.speaks(Dialect.CODEX), joined("/", spans.trace_id, spans.parent_id)),
        "line": pa.array(spans.line),
        "kind": labelled(_KIND_OF[classes.role], tuple(SpanKind), UNKNOWN),
        "own_phase": labelled(
            _stated(spans, names.OWN_PHASE, tuple(Phase), _PHASE_OF[classes.role]), tuple(Phase), UNKNOWN
        ),
        "purpose": labelled(_purpose(spans, classes, status), tuple(Purpose), UNKNOWN),
        "name": _names(spans, classes),
        "call_id": text(spans, names.CALL_ID, classes.has_role(Role.TOOL)),
        "status": labelled(status, tuple(Status), UNKNOWN),
        "error": _errors(spans, status),
        **_bounds(spans, timing),
        **_waiting(spans),
        **_request_columns(spans, classes, notes),
        **count_tokens(spans, classes, ended, notes),
        **timing.columns(),
    }
    return with_own(columns, spans, notes)


def span_keys(spans: Spans) -> Texts:
    """Trace and span id; a span without an id is known by its name and start."""
    keys = joined("/", spans.trace_id, spans.span_id)
    if not spans.span_id.null_count:
        return keys
    start = pa.array(spans.start).cast(pa.string())
    return first_known(keys, joined("/", spans.trace_id, _named(spans.names, spans), start))


def _named(shown: Sequence[str], spans: Spans) -> Texts:
    """The text of each span's name."""
    found: Texts = taken(pa.array(shown, pa.string()), spans.name)
    return found


def _sane_times(spans: Spans, notes: Notes) -> Spans:
    """Instants after 2100 are damaged ones."""
    late = (spans.start > LATEST_NS) | (spans.end > LATEST_NS)
    if late.any():
        notes.note(
            "time_out_of_range",
            Severity.WARNING,
            "a time before 1970 or after 2100: unknown",
            spans.line,
            late,
        )
        spans.start[spans.start > LATEST_NS] = 0
        spans.end[spans.end > LATEST_NS] = 0
    missing = spans.end == 0
    backwards = ~missing & (spans.end < spans.start)
    notes.note("no_end", Severity.INFO, "a span without an end: unfinished", spans.line, missing)
    notes.note(
        "end_before_start",
        Severity.WARNING,
        "a span that ends before it starts: unfinished",
        spans.line,
        backwards,
    )
    return spans


def _bounds(spans: Spans, timing: Timing) -> Columns:
    start: Ints = np.where(spans.start > 0, spans.start, UNKNOWN)
    return {
        "start_ns": nullable(start),
        "end_ns": nullable(timing.end),
        "start_evidence": _bound_evidence(spans, "start", start, np.zeros(len(start), np.bool_)),
        "end_evidence": _bound_evidence(spans, "end", timing.end, timing.end_derived),
    }


def _waiting(spans: Spans) -> Columns:
    """`blocking`, where a span says that its parent does not wait for it."""
    background = spans.attributes.get(names.BACKGROUND)
    if background is None:
        return {}
    waits = np.zeros(len(spans), np.bool_)
    waits[background.rows[truths(background.values) == 1]] = True
    return {"blocking": pa.array(~waits, pa.bool_(), mask=~waits)}


def _bound_evidence(spans: Spans, name: str, bound: Ints, derived: Mask) -> Names:
    told = np.where(derived, _EVIDENCE.index(Evidence.DERIVED), _EVIDENCE.index(Evidence.MEASURED))
    told = np.where(holds(spans, names.CLOCK_SHIFT), _EVIDENCE.index(Evidence.ESTIMATED), told)
    told = _stated(spans, names.EVIDENCE[name], _EVIDENCE, told)
    return labelled(np.where(bound == UNKNOWN, _EVIDENCE.index(Evidence.UNKNOWN), told), _EVIDENCE, UNKNOWN)


def _stated(spans: Spans, name: str, words: Sequence[str], otherwise: Any) -> Any:
    """Places among the words: of the one that a span states, else as they are."""
    stated = coded(spans, name, words)
    return np.where(stated == UNKNOWN, otherwise, stated)


def _status(spans: Spans, timing: Timing) -> NDArray[np.int8]:
    status = np.full(len(spans), UNKNOWN, np.int8)
    status[spans.status == _OK] = _STATUS[Status.OK]
    if (success := spans.attributes.get(names.SUCCESS[0])) is not None:
        told = truths(success.values)
        status[success.rows[told == 1]] = _STATUS[Status.OK]
        status[success.rows[told == 0]] = _STATUS[Status.ERROR]
    if (outcome := spans.attributes.get(names.OUTCOME[0])) is not None:
        known = {"success": Status.OK, "cancelled": Status.CANCELLED, "error": Status.ERROR}
        for word, meaning in known.items():
            status[outcome.rows[equals(texts(outcome.values), word)]] = _STATUS[meaning]
    status[spans.status == _ERROR] = _STATUS[Status.ERROR]
    status[(timing.end == UNKNOWN) & (status != _STATUS[Status.ERROR])] = _STATUS[Status.UNFINISHED]
    return status


def _purpose(spans: Spans, classes: Classes, status: NDArray[np.int8]) -> NDArray[np.int8]:
    purpose = np.full(len(spans), _PURPOSE[Purpose.TURN], np.int8)
    requests = classes.has_role(Role.REQUEST)
    purpose[requests & (status == _STATUS[Status.ERROR])] = _PURPOSE[Purpose.FAILED_ATTEMPT]
    for name in names.REQUEST_CONTEXT:
        purpose[requests & holds_any(spans, name, ["standalone"])] = _PURPOSE[Purpose.SIDE_REQUEST]
    for name in names.QUERY_SOURCE:
        purpose[requests & holds_any(spans, name, ["compact"])] = _PURPOSE[Purpose.COMPACTION]
    stated: NDArray[np.int8] = _stated(spans, names.PURPOSE, tuple(Purpose), purpose)
    return stated


def _names(spans: Spans, classes: Classes) -> Names:
    """Of the tool, operation or agent, where there is one; else of the span."""
    own = _named([_shown(name) for name in spans.names], spans)
    requests = classes.has_role(Role.REQUEST)
    sglang = requests & classes.speaks(Dialect.SGLANG)
    if sglang.any():
        own = where(sglang, "request", own)
    tools = classes.has_role(Role.TOOL)
    operations = text(spans, names.OPERATION, tools)
    found = first_known(
        text(spans, names.TOOL_NAME, tools),
        where(among(operations, OPERATION_NAMES), operations),
        text(spans, names.AGENT_NAME, classes.has_role(Role.AGENT)),
        text(spans, names.OPERATION, requests),
        own,
    )
    return found.dictionary_encode()


def _shown(name: str) -> str:
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _errors(spans: Spans, status: NDArray[np.int8]) -> Texts:
    failed = status == _STATUS[Status.ERROR]
    found = text(spans, names.ERROR, failed)
    if failed.any() and not EXCEPTIONS.isdisjoint(spans.events.names):
        thrown: list[str | None] = [None] * len(spans)
        events = zip(spans.events.rows, spans.events.names, spans.events.details, strict=True)
        for row, name, detail in events:
            if name in EXCEPTIONS and isinstance(detail, str) and failed[row]:
                thrown[row] = detail
        found = first_known(found, pa.array(thrown, pa.string()))
    return found.dictionary_encode()


def _request_columns(spans: Spans, classes: Classes, notes: Notes) -> Mapping[str, Any]:
    requests = classes.has_role(Role.REQUEST)
    if not requests.any():
        return _tool_columns(spans, classes, notes)
    attempts = counts(spans, names.ATTEMPT, notes, largest=LARGEST_INT32)
    depth = counts(spans, names.QUEUE_DEPTH, notes, largest=LARGEST_INT32)
    found = {
        "model": text(spans, names.MODEL, requests).dictionary_encode(),
        "request_id": text(spans, names.REQUEST_ID, requests),
        "client_request_id": text(spans, names.CLIENT_REQUEST_ID, requests),
        "attempt": nullable(np.where(requests, attempts, UNKNOWN), pa.int32()),
        "queue_depth": nullable(np.where(requests, depth, UNKNOWN), pa.int32()),
        "kv_hit_rate": shares(spans, names.HIT_RATE, notes),
        "worker": unsigned(spans, names.WORKER, notes),
        "prefill_worker": unsigned(spans, names.PREFILL_WORKER, notes),
        **_tool_columns(spans, classes, notes),
    }
    return {name: column for name, column in found.items() if column is not None}


def _tool_columns(spans: Spans, classes: Classes, notes: Notes) -> Columns:
    sizes = counts(spans, names.RESULT_TOKENS, notes)
    return {"tool_output_tokens": nullable(np.where(classes.has_role(Role.TOOL), sizes, UNKNOWN))}


def only(columns: Mapping[str, Any], keep: Sequence[bool] | Mask) -> Columns:
    """The marked rows of every column."""
    mask = np.asarray(keep, np.bool_)
    return {name: kept(column, mask) for name, column in columns.items()}
