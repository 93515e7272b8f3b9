"""Instants whose numbers are those of another unit: seconds or milliseconds where nanoseconds are expected."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.model.vocabulary import Evidence

_SOONEST_S, _LATEST_S = 1_420_070_400, 4_102_444_800
"""2015 to 2100: no agent ran before, and no session of 1970 begins with these numbers of nanoseconds."""

_UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6}


def mistaken_unit(spans: pa.Table) -> str | None:
    """The unit that the first measured start of raw spans must be in, where it cannot be nanoseconds."""
    measured = pc.equal(pc.cast(spans["start_evidence"], pa.string()), pa.scalar(Evidence.MEASURED.value))
    first = pc.min(spans["start_ns"].filter(measured)).as_py()
    for unit, per_second in _UNITS.items():
        if first is not None and _SOONEST_S * per_second <= first <= _LATEST_S * per_second:
            return unit
    return None
