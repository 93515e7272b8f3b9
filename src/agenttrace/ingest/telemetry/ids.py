"""Trace and span ids: hexadecimal ones in lower case, others as they are, empty and zero ones absent."""

from __future__ import annotations

import base64

import pyarrow as pa

from agenttrace.ingest.telemetry.arrow import Mask, Texts, among, lower, matches, where

_ABSENT = ("", "0" * 16, "0" * 32)
_BASE64 = "^[A-Za-z0-9+/]{22}==$|^[A-Za-z0-9+/]{11}=$"
"""Sixteen or eight bytes, as protobuf's own JSON writes them: Grafana Tempo does."""
_TRACE_DIGITS, _SPAN_DIGITS = 32, 16
_LOST_ZEROS = 3
"""Writers that count bits, not digits, leave out leading zeros; more than three are one in 65,536."""


def present_ids(ids: Texts) -> Texts:
    """The ids as keys: OTLP/JSON allows either case; all zeros mean none."""
    packed = matches(ids, "=$")
    if packed.any():
        ids = _unpacked(ids, packed & matches(ids, _BASE64))
    lowered = lower(ids)
    if not lowered.equals(ids):
        lowered = where(matches(ids, "^[0-9A-Fa-f]+$"), lowered, ids)
    absent = among(lowered, _ABSENT)
    return where(absent, None, lowered) if absent.any() else lowered


def present_id(value: str) -> str | None:
    """One id as a key, as `present_ids` makes it."""
    found: str | None = present_ids(pa.array([value], pa.string()))[0].as_py()
    return found


def _unpacked(ids: Texts, packed: Mask) -> Texts:
    values = zip(ids.to_pylist(), packed.tolist(), strict=True)
    found = [base64.b64decode(str(id_)).hex() if is_packed else id_ for id_, is_packed in values]
    return pa.array(found, pa.string())


def whole_trace_id(trace_id: str) -> str:
    """A hexadecimal trace id with all of its 32 digits: tracers that are older than OTel have 64 bits of them."""
    return _padded(trace_id, (_SPAN_DIGITS, _TRACE_DIGITS), _TRACE_DIGITS)


def whole_span_id(span_id: str) -> str:
    """A hexadecimal span id with all of its 16 digits."""
    return _padded(span_id, (_SPAN_DIGITS,), _SPAN_DIGITS)


def _padded(text: str, lengths: tuple[int, ...], digits: int) -> str:
    near = any(0 <= length - len(text) <= _LOST_ZEROS for length in lengths)
    try:
        return text.zfill(digits) if near and int(text, 16) >= 0 and text.isalnum() else text
    except ValueError:
        return text
