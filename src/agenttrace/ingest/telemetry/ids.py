"""Trace and span ids: hexadecimal ones in lower case, others as they are, empty and zero ones absent."""

from __future__ import annotations

import pyarrow as pa

from agenttrace.ingest.telemetry.arrow import Texts, among, lower, matches, where

_ABSENT = ("", "0" * 16, "0" * 32)


def present_ids(ids: Texts) -> Texts:
    """The ids as keys: OTLP/JSON allows either case; all zeros mean none."""
    lowered = lower(ids)
    if not lowered.equals(ids):
        lowered = where(matches(ids, "^[0-9A-Fa-f]+$"), lowered, ids)
    absent = among(lowered, _ABSENT)
    return where(absent, None, lowered) if absent.any() else lowered


def present_id(value: str) -> str | None:
    """One id as a key, as `present_ids` makes it."""
    found: str | None = present_ids(pa.array([value], pa.string()))[0].as_py()
    return found
