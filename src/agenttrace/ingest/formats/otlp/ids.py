"""Trace and span ids: hexadecimal ones in lower case, others as they are, empty and zero ones absent."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.ingest.formats.otlp.values import Texts

_ABSENT = pa.array(["", "0" * 16, "0" * 32])


def present_ids(ids: Texts) -> Texts:
    """The ids as keys: OTLP/JSON allows either case; all zeros mean none."""
    lowered = pc.ascii_lower(ids)
    if not lowered.equals(ids):
        hexadecimal = pc.match_substring_regex(ids, "^[0-9A-Fa-f]+$")
        lowered = pc.if_else(hexadecimal, lowered, ids)
    absent = pc.is_in(lowered, _ABSENT)
    return pc.if_else(absent, pa.scalar(None, pa.string()), lowered)
