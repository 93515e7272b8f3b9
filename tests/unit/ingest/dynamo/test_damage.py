"""Damaged input: a finding with its line, no exception, and the other rows as if nothing had been."""

import gzip
import json
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.raw import RawTrace
from unit.ingest.dynamo.rows import event, findings, line, only, read, read_bytes, request, spans, tool

SOUND = [
    line(
        {"timestamp": 5, "event": request("a", 0, request_id="one", worker={"decode_worker_id": 2**64 - 1})}
    ),
    line(tool("tool_start", "a", "call", 101)),
    line(tool("tool_end", "a", "call", 101, 150, duration_ms=49.5, status="succeeded")),
    line(
        request(
            {"session_id": "b", "parent_session_id": "a", "input_trigger": "user_message"},
            110,
            request_id="two",
            kv_hit_rate=0.5,
            replay={"trace_block_size": 16, "input_length": 48, "input_sequence_hashes": [5, 6, 7]},
        )
    ),
    line(request(None, 120, request_id="free")),
    line(tool("tool_error", "b", "other", 130, 140, error_type="oops")),
]


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (SOUND[0][:-7], "broken_line"),
        (SOUND[0] + SOUND[1], "broken_line"),
        (SOUND[0].replace(b'"one"', b'"\xff"'), "broken_line"),
        (SOUND[0].replace(b'"one"', b'"\\ud800"'), "broken_line"),
        (b"[" * 100_000, "broken_line"),
        (b"NaN" * 3, "broken_line"),
        (b"\x00\x00", "broken_line"),
        (b"[1]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'"request_end"', "not_an_object"),
        (b"NaN", "not_an_object"),
        (b"{}", "unknown_event"),
        (line(event("speculation", 0, None)), "unknown_event"),
        (line({"event_type": ["request_end"]}), "unknown_event"),
        (line(event("request_end", 0, None)), "record_unusable"),
        (line(event("request_end", 0, None, request=[1])), "record_unusable"),
        (line(event("tool_end", 0, None, tool="bash")), "record_unusable"),
        (line(request("a", 0, request_id="x") | {"agent_context": "a"}), "identity_unusable"),
    ],
)
def test_a_broken_line_is_a_finding_with_its_number(broken: bytes, code: str) -> None:
    trace = read(SOUND[0], broken, *SOUND[1:])

    found = {row["code"]: row for row in trace.findings.to_pylist()}
    assert (found[code]["count"], found[code]["line"]) == (1, 2)
    assert trace.records == len(SOUND) + 1
    assert spans(read(*SOUND)).keys() <= spans(trace).keys()


def test_an_example_never_quotes_the_line() -> None:
    secret = b'{"event_type": "request_end", "prompt": "my secret" "oops"}'

    assert "secret" not in str(read(secret).findings.to_pylist())


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_is_not_finite_costs_its_value_only(value: str) -> None:
    text = line(request("a", 0, avg_itl_ms=7.25)).decode().replace("7.25", value)

    trace = read(text.encode())

    assert only(trace)["itl_ns"] is None
    assert only(trace)["queue_ns"] == 1_000_000
    assert findings(trace) == {"field_unusable": 1}


def test_a_mark_of_the_byte_order_is_no_damage() -> None:
    assert findings(read(b"\xef\xbb\xbf" + SOUND[0])) == {}


@pytest.mark.parametrize("value", [-1, 2**63, 2**64, 1e308, -1e308, "soon", [], {}, True, 0.5])
@pytest.mark.parametrize(
    "name",
    [
        "request_id",
        "x_request_id",
        "model",
        "input_tokens",
        "output_tokens",
        "cached_tokens",
        "request_received_ms",
        "prefill_wait_time_ms",
        "prefill_time_ms",
        "ttft_ms",
        "total_time_ms",
        "avg_itl_ms",
        "kv_hit_rate",
        "queue_depth",
        "worker",
        "replay",
        "finish_reason_metadata",
    ],
)
def test_a_field_of_any_value_leaves_the_other_rows_alone(name: str, value: Any) -> None:
    odd = request("a", 5)
    odd["request"][name] = value

    trace = read(*SOUND, odd)

    assert trace.spans.num_rows == len(SOUND)
    for key, row in spans(read(*SOUND)).items():
        assert spans(trace)[key] == row


def test_a_torn_stream_keeps_what_came_before() -> None:
    lines = b"\n".join(SOUND * 300) + b"\n"
    whole = gzip.compress(lines)

    trace = read_bytes(whole[: len(whole) // 2])

    assert 0 < trace.records < len(SOUND) * 300
    assert findings(trace)["truncated_stream"] == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_members_of_a_compressed_file_follow_each_other(pack: Any) -> None:
    packed = read_bytes(b"".join(pack(each + b"\n") for each in SOUND))

    assert packed.spans.equals(read(*SOUND).spans)


def test_an_empty_file_is_no_rows() -> None:
    assert read_bytes(b"").records == 0
    assert read_bytes(b"\n\r\n \n").records == 0


def test_a_schema_of_the_future_is_read_with_a_finding() -> None:
    trace = read(request("a", 0) | {"schema": "dynamo.request.trace.v9"})

    assert trace.spans.num_rows == 1
    assert trace.dialects == ()
    assert findings(trace) == {"unknown_schema": 1}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**65), 2**65) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """A sound line with one thing wrong in it: cut, spliced, or a field of another value or gone."""
    sound = draw(st.sampled_from(SOUND))
    how = draw(st.sampled_from(["cut", "splice", "field"]))
    if how == "cut":
        return sound[: draw(st.integers(0, len(sound) - 1))]
    if how == "splice":
        at = draw(st.integers(0, len(sound)))
        return (
            sound[:at]
            + draw(st.binary(max_size=4)).replace(b"\n", b"")
            + sound[at + draw(st.integers(0, 3)) :]
        )
    record = json.loads(sound)
    holder = record
    while True:
        name = draw(st.sampled_from(sorted(holder)))
        if not isinstance(holder[name], dict) or not holder[name] or draw(st.booleans()):
            break
        holder = holder[name]
    if draw(st.booleans()):
        del holder[name]
    else:
        holder[name] = draw(json_values)
    return json.dumps(record).encode("utf-8", "replace")


@given(damaged=damaged_lines(), at=st.integers(1, len(SOUND)))  # at 0 it may look like compression
def test_damage_to_one_line_leaves_the_rows_of_the_others(damaged: bytes, at: int) -> None:
    trace = read_bytes(b"\n".join([*SOUND[:at], damaged, *SOUND[at:]]))

    assert _rows(trace, without_line=at + 1) >= _rows(read(*SOUND))


def _rows(trace: RawTrace, without_line: int | None = None) -> set[str]:
    """The spans, with their lines counted as if that one were not there."""
    rows = trace.spans.to_pylist()
    for row in rows:
        row["line"] -= without_line is not None and row["line"] > without_line
    return {json.dumps(row, sort_keys=True) for row in rows}
