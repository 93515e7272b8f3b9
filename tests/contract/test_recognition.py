"""A format is recognised by content: exactly one claims a trace, and looking never fails."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.errors import UnknownFormatError
from agenttrace.ingest.head import HEAD_BYTES, Head
from agenttrace.ingest.registry import formats, recognise
from agenttrace.ingest.source import Source
from contract.trace_cases import every_other_file, every_trace
from contract.trace_files import TraceFile, content, samples

PIECES = [
    b"\n",
    b"{",
    b"}",
    b"[" * 5000,
    b'"',
    b"\0",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"NaN",
    b"1e999",
    b"\\ud800",
]


@every_trace
def test_exactly_one_format_claims_a_trace(file: TraceFile) -> None:
    head = Source(str(file.path)).head

    assert [known.id for known in formats() if known.sniff(head)] == [file.format]


@every_trace
def test_a_trace_is_recognised_without_its_name(file: TraceFile) -> None:
    assert recognise(Source("unknown", content(file.path))).id == file.format


@every_other_file
def test_no_format_claims_what_is_not_its_own(file: TraceFile) -> None:
    with pytest.raises(UnknownFormatError):
        recognise(Source(str(file.path)))


@given(st.binary(max_size=2000))
def test_looking_at_any_bytes_never_raises_and_never_doubts(head: bytes) -> None:
    assert sum(known.sniff(Head(head)) for known in formats()) <= 1


@given(st.data())
def test_looking_at_a_damaged_trace_never_raises_and_never_doubts(data: st.DataObject) -> None:
    head = bytearray(data.draw(st.sampled_from(_heads())))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(head)))
        cut = data.draw(st.integers(0, 40))
        head[at : at + cut] = data.draw(st.one_of(st.binary(max_size=20), st.sampled_from(PIECES)))

    claims = [known.id for known in formats() if known.sniff(Head(bytes(head[:HEAD_BYTES])))]

    assert len(claims) <= 1


@pytest.mark.parametrize(
    "head", [b"", b"\n", b"{", b"{}", b"[]", b"null", b"\0" * 100, b"\xef\xbb\xbf", b"{}\n" * 99]
)
def test_what_holds_nothing_is_claimed_by_nobody(head: bytes) -> None:
    assert [known.id for known in formats() if known.sniff(Head(head))] == []


@cache
def _heads() -> list[bytes]:
    one_of_each = {(file.format, file.path.suffixes[0]): file for file in samples()}
    return [Source(str(file.path)).head.data[:4000] for file in one_of_each.values()]
