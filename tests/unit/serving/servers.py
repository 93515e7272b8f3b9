"""A server in numbers: one prefill at a time, so many requests decoding at once, first come first served."""

import heapq
from random import Random
from typing import Any

import polars as pl

from agenttrace.serving.observations import COLUMNS
from timeline import EPOCH, MS

BASE_NS = 30 * MS
PER_TOKEN_NS = 50_000
SLOTS = 4
DECODE_NS = 900 * MS


def serve(count: int, between_ns: int, seed: int = 1) -> list[dict[str, Any]]:
    """Requests as rows of COLUMNS, `truth_ns` with how long each one queued."""
    random = Random(seed)
    busy: list[int] = []
    prefill_free = now = EPOCH
    rows = []
    for number in range(count):
        now += round(between_ns * random.uniform(0.2, 1.8))
        begin = max(now, prefill_free)
        while len(busy) >= SLOTS:
            begin = max(begin, heapq.heappop(busy))
        uncached, cached = random.randint(50, 2000), random.randint(0, 20_000)
        token = begin + round((BASE_NS + uncached * PER_TOKEN_NS) * random.uniform(0.97, 1.03))
        prefill_free = token
        heapq.heappush(busy, token + round(DECODE_NS * random.uniform(0.2, 1.8)))
        rows.append(
            {
                **dict(zip(COLUMNS, (number, "m", "dynamo", True, 1, now, token - now), strict=False)),
                "uncached_tokens": uncached,
                "context_tokens": uncached + cached,
                "truth_ns": begin - now,
            }
        )
    return rows


def observed(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The rows as `observe` gives them."""
    return pl.DataFrame(rows, schema_overrides=COLUMNS).select(*COLUMNS)
