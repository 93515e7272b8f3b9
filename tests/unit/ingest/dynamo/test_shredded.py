"""Records cut into columns by a kernel give the same as records that are read one by one."""

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agenttrace.ingest.dynamo.shredded import taking
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.slices import Slice
from agenttrace.native import library
from unit.ingest.dynamo.rows import T0, read_bytes

pytestmark = pytest.mark.skipif(library() is None, reason="there is no C compiler: no kernels")

_ODD: list[Any] = [
    None,
    "",
    "x",
    "12",
    0,
    -1,
    7,
    2**63,
    2**64 - 1,
    2**64,
    1.5,
    12.0,
    1e300,
    True,
    [],
    [3],
    {},
    {"a": 1},
]
_NAMES = ["main", "sub", "ä", 'quo"te']


def _mostly(sound: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 250).flatmap(lambda odd: sound if odd else st.sampled_from(_ODD))


def _some(
    fields: dict[str, st.SearchStrategy[Any]], **always: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    needed = {name: _mostly(each) for name, each in always.items()}
    return st.fixed_dictionaries(needed, optional={name: _mostly(each) for name, each in fields.items()})


_names, _ids = st.sampled_from(_NAMES), st.sampled_from(["a", "b", "c", "d"])
_ms = st.floats(0, 1e4, allow_nan=False) | st.integers(0, 10_000)
_counts, _times = st.integers(0, 5_000), st.integers(T0, T0 + 50)
_hashes = st.lists(st.integers(0, 3) | st.integers(0, 2**64 - 1), max_size=5)
_context = _some(
    {
        "parent_session_id": _names,
        **dict.fromkeys(("trajectory_id", "program_id", "workflow_id"), st.none()),
        "input_trigger": st.sampled_from(["user_message", "tool_result", "new"]),
        "session_final": st.booleans(),
        "kv_hints": st.fixed_dictionaries({"ttl_s": _counts}),
        "agent_hints": st.fixed_dictionaries({"priority": st.integers(-3, 3)}),
        "agent_headers": st.fixed_dictionaries(
            {
                "x-claude-code-session-id": st.lists(_names, max_size=1),
                "x-claude-code-agent-id": st.just(["sub"]),
            }
        ),
    },
    session_id=_names,
)
_request = _some(
    {
        **dict.fromkeys(("request_id", "x_request_id"), _ids),
        "model": st.just("tiny"),
        **dict.fromkeys(("input_tokens", "output_tokens", "cached_tokens", "queue_depth"), _counts),
        "request_received_ms": _times,
        **dict.fromkeys(
            (
                "prefill_wait_time_ms",
                "prefill_time_ms",
                "ttft_ms",
                "total_time_ms",
                "avg_itl_ms",
                "kv_hit_rate",
            ),
            _ms,
        ),
        "worker": _some({"prefill_worker_id": st.integers(0, 2**64 - 1), "decode_worker_id": _counts}),
        "replay": _some(
            {
                "input_length": _counts,
                "input_sequence_hashes": _hashes,
            },
            trace_block_size=st.sampled_from([16, 32]),
        ),
        "finish_reason_metadata": _some(
            {
                "finish_reason": st.sampled_from(["stop", "error", "cancelled"]),
                "tool_calls": st.lists(st.fixed_dictionaries({"id": _ids}), max_size=2),
            }
        ),
        "agent_hints": st.fixed_dictionaries({"priority": st.integers(-3, 3)}),
    }
)
_tool = _some(
    {
        "tool_class": _names,
        "status": st.sampled_from(["running", "succeeded", "error", "other"]),
        **dict.fromkeys(("started_at_unix_ms", "ended_at_unix_ms"), _times),
        "duration_ms": _ms,
        "output_tokens": _counts,
        "error_type": _names,
    },
    tool_call_id=_ids,
)
_events = st.sampled_from(["request_end", "tool_start", "tool_end", "tool_error"])


@st.composite
def _records(draw: st.DrawFn) -> dict[str, Any]:
    event = draw(_mostly(_events))
    record = {
        "schema": draw(_mostly(st.sampled_from(["dynamo.request.trace.v1", "dynamo.agent.trace.v1"]))),
        "event_type": event,
        "event_time_unix_ms": draw(_mostly(_times)),
        "agent_context": draw(_mostly(_context)),
        "request": draw(_mostly(_request)) if event == "request_end" else None,
        "tool": draw(_mostly(_tool)) if event != "request_end" else None,
    }
    return {name: value for name, value in record.items() if value is not None}


def _text(records: list[dict[str, Any]], *, enveloped: bool, compact: bool) -> bytes:
    whole = [{"timestamp": 1, "event": each} if enveloped else each for each in records]
    separators = (",", ":") if compact else (", ", ": ")
    return "\n".join(json.dumps(each, separators=separators, ensure_ascii=compact) for each in whole).encode()


def _both(content: bytes) -> tuple[RawTrace, RawTrace]:
    with mock.patch.object(taking, "library", return_value=None):
        careful = read_bytes(content)
    return read_bytes(content), careful


def _contents(trace: RawTrace) -> dict[str, Any]:
    tables = ("spans", "agents", "marks", "links", "calls", "sessions", "key_edges", "findings")
    found = {name: getattr(trace, name).to_pylist() for name in tables}
    return found | {"prompts": _prompts(trace), "records": trace.records, "dialects": trace.dialects}


def _prompts(trace: RawTrace) -> list[dict[str, Any]]:
    """All blocks of each: how much of it is told as a change of the one before is the reader's choice."""
    last: dict[str, list[int]] = {}
    whole = []
    for row in trace.prefixes.to_pylist():
        key, kept = row["session_key"], row.pop("kept_blocks")
        last[key] = row["blocks"] = last.get(key, [])[:kept] + row["blocks"]
        whole.append(row)
    return whole


@settings(max_examples=300)
@given(st.lists(_records(), min_size=1, max_size=8), st.tuples(st.booleans(), st.booleans()))
def test_both_ways_give_the_same(records: list[dict[str, Any]], manner: tuple[bool, bool]) -> None:
    enveloped, compact = manner
    shredded, careful = _both(_text(records, enveloped=enveloped, compact=compact))
    assert _contents(shredded) == _contents(careful)


@given(st.lists(_records(), min_size=1, max_size=4), st.data())
def test_both_ways_give_the_same_of_what_is_damaged(
    records: list[dict[str, Any]], data: st.DataObject
) -> None:
    text = bytearray(_text(records, enveloped=True, compact=True))
    at = data.draw(st.integers(1, len(text) - 1))
    text[at] = data.draw(st.sampled_from(list(b'"\\{}[],:0919e.-xn \x00\xff')))
    shredded, careful = _both(bytes(text))
    assert _contents(shredded) == _contents(careful)


def test_sound_records_are_cut() -> None:
    record = {
        "event_type": "request_end",
        "agent_context": {"session_id": "main"},
        "request": {"request_id": "a", "replay": {"trace_block_size": 16, "input_sequence_hashes": [1, 2]}},
    }
    content = json.dumps(record).encode()
    assert taking.take_records(Slice("trace.jsonl", 1, content=content), Recorder()) is not None
    assert taking.take_records(Slice("trace.jsonl", 1, content=content[:-1]), Recorder()) is None
