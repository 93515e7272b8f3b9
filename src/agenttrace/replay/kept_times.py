"""Requests whose tokens nobody states take what they took: another server's time cannot be told of them.

They pass beside the servers, and are no load on these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agenttrace.critical_path.arrays import NULL, Bools, Ints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenttrace.replay.requests import Requests
    from agenttrace.replay.workload import Workload

Kept = tuple[int, int]
"""Nanoseconds from the sending of a request to its first token, and to its end."""


def recorded_times(requests: Requests) -> tuple[Ints, Ints]:
    """Of each request the time to its first token, or to its end where that is not told, and to its end."""
    whole = requests.end - requests.start
    return np.where(requests.first_token == NULL, whole, requests.first_token - requests.start), whole


def keeps_time(workload: Workload) -> Bools:
    """Which requests are not asked of a server; none where no times are recorded, which could be kept."""
    requests = workload.requests
    unknown: Bools = (requests.input_tokens == NULL) | (requests.output_tokens == NULL)
    return unknown & workload.timed


def kept_times(workload: Workload) -> Sequence[Kept | None]:
    """Of each request what it keeps, None where it is asked of a server; empty where all are."""
    kept = keeps_time(workload)
    if not kept.any():
        return ()
    first, end = recorded_times(workload.requests)
    return [
        times if keep else None
        for keep, times in zip(kept.tolist(), zip(first.tolist(), end.tolist(), strict=True), strict=True)
    ]
