"""Ids of traces and spans, in whichever way a container writes them."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.telemetry.ids import present_ids, whole_span_id, whole_trace_id

TRACE = "5b1f0d8c2a9e47f3b6c4d1e0f7a98231"


@pytest.mark.parametrize(
    ("written", "id_"),
    [
        (TRACE.upper(), TRACE),
        ("Wx8NjCqeR/O2xNHg96mCMQ==", TRACE),
        ("oQAAAAAAERE=", "a100000000001111"),
        ("aaaaaaaaaaa=", "69a69a69a69a69a6"),
        ("AAAAAAAAAAA=", None),
        ("AAAAAAAAAAAAAAAAAAAAAA==", None),
        ("0" * 32, None),
        ("", None),
        (None, None),
        ("s=", "s="),
        ("Span-A", "Span-A"),
    ],
)
def test_an_id_is_one_however_it_is_written(written: str | None, id_: str | None) -> None:
    assert present_ids(pa.array([written, TRACE], pa.string())).to_pylist() == [id_, TRACE]


@pytest.mark.parametrize(
    ("written", "trace_id", "span_id"),
    [
        ("6c3cf93508f2054a", "0" * 16 + "6c3cf93508f2054a", "6c3cf93508f2054a"),
        ("c3cf93508f2054a", "0" * 17 + "c3cf93508f2054a", "0c3cf93508f2054a"),
        (TRACE[1:], "0" + TRACE[1:], TRACE[1:]),
        (TRACE, TRACE, TRACE),
        ("a", "a", "a"),
        ("trace-abc-000-01", "trace-abc-000-01", "trace-abc-000-01"),
        ("+123456789012345", "+123456789012345", "+123456789012345"),
        ("", "", ""),
    ],
)
def test_digits_that_were_left_out_are_put_back(written: str, trace_id: str, span_id: str) -> None:
    assert (whole_trace_id(written), whole_span_id(written)) == (trace_id, span_id)


@given(st.text(max_size=40))
def test_any_text_may_be_an_id(text: str) -> None:
    assert whole_trace_id(text).endswith(text)
    assert whole_span_id(text).endswith(text)
