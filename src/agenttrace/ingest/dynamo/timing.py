"""When a request was received, prefilled and answered: integers that add up, or nothing.

Dynamo states received + total, and ttft = prefill wait + prefill. Where these identities hold within a
microsecond the parts are cut so that queue + prefill == ttft and ttft + decode == total in nanoseconds;
where they do not, the parts that contradict the whole are dropped. Its prefill runs from the dispatch to the
first token: under load it holds the engine's queue, so as prefill it is an upper bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.ingest.dynamo.columns import (
    BOUNDED,
    DERIVED,
    MEASURED,
    NO_EVIDENCE,
    UNKNOWN,
    Codes,
    Ints,
    Mask,
)

_SLACK_NS = 1_000
_MS = 1_000_000
_CLOCK_NS = 1_000_000_000
"""The event's wall clock agrees with received + total within half a millisecond; a second is none."""


@dataclass(frozen=True, slots=True)
class Times:
    """Columns of RAW_SPANS; UNKNOWN where null. Evidence columns hold codes, UNKNOWN where null."""

    start: Ints
    start_evidence: Codes
    end: Ints
    end_evidence: Codes
    queue: Ints
    queue_evidence: Codes
    prefill: Ints
    prefill_evidence: Codes
    first_token: Ints
    first_token_evidence: Codes
    decode: Ints
    decode_evidence: Codes
    clock_disagrees: Mask
    """The event's time and received + total are more than a second apart."""
    inconsistent: Mask
    """Stated durations contradict each other; those in doubt were dropped."""


@dataclass(frozen=True, slots=True)
class _Phases:
    ttft: Ints
    ttft_code: Codes
    wait: Ints
    wait_code: Codes
    prefill: Ints
    prefill_code: Codes
    dropped: Mask


def request_times(received: Ints, event: Ints, total: Ints, stated: tuple[Ints, Ints, Ints]) -> Times:
    """`stated` is ttft, prefill wait and prefill. `event` is when the record was made, at the end."""
    both = (received >= 0) & (event >= 0) & (total >= 0)
    off = np.where(both, event - received - total, 0)
    total, doubted = _believable(total, event - received, off, stated)
    start = np.where((received < 0) & (event >= 0) & (total >= 0) & (event > total), event - total, received)
    start_code = _coded(start, np.where(received >= 0, MEASURED, BOUNDED), NO_EVIDENCE)
    by_total = (received >= 0) & (total >= 0)
    end = np.where(by_total, received + total, np.where(event >= start, event, UNKNOWN))
    ttft = stated[0]
    late = ~by_total & (end >= 0) & (start >= 0) & (ttft >= 0) & (start + ttft > end)
    end = np.where(late & (start + ttft <= end + _MS), start + ttft, end)
    end_code = _coded(end, np.where(by_total, MEASURED, BOUNDED), NO_EVIDENCE)
    known = (start >= 0) & (end >= 0)
    length = np.where(total >= 0, total, np.where(known, end - start, UNKNOWN))
    phases = _phases(length, *stated)
    first_token = _sum(start, phases.ttft)
    decode = np.where((length >= 0) & (phases.ttft >= 0), length - phases.ttft, UNKNOWN)
    decode_code = np.maximum(phases.ttft_code, np.where(total >= 0, MEASURED, BOUNDED))
    return Times(
        start,
        start_code,
        end,
        end_code,
        phases.wait,
        phases.wait_code,
        phases.prefill,
        phases.prefill_code,
        first_token,
        _coded(first_token, np.maximum(phases.ttft_code, start_code), UNKNOWN),
        decode,
        _coded(decode, decode_code, UNKNOWN),
        clock_disagrees=np.abs(off) > _CLOCK_NS,
        inconsistent=phases.dropped | doubted,
    )


def _believable(total: Ints, lasted: Ints, off: Ints, stated: tuple[Ints, Ints, Ints]) -> tuple[Ints, Mask]:
    """A total that runs far past the record itself is not used, nor one shorter than a sound ttft."""
    ttft, wait, prefill = stated
    sound_ttft = (wait >= 0) & (prefill >= 0) & (np.abs(wait + prefill - ttft) <= _SLACK_NS)
    too_long = (off < -_CLOCK_NS) & (lasted >= 0)
    too_short = (total >= 0) & sound_ttft & (ttft > total + _SLACK_NS) & (lasted + _MS >= ttft)
    doubted = too_long | too_short
    return np.where(doubted, UNKNOWN, total), doubted


def _phases(length: Ints, ttft: Ints, wait: Ints, prefill: Ints) -> _Phases:
    limit = np.where(length >= 0, length, np.iinfo(np.int64).max - _SLACK_NS)
    parts = (wait >= 0) & (prefill >= 0)
    summed = np.where(parts, wait + prefill, UNKNOWN)
    stated = (ttft >= 0) & (ttft <= limit + _SLACK_NS)
    by_sum = ~stated & parts & (summed <= limit + _SLACK_NS)
    whole = np.minimum(np.where(stated, ttft, np.where(by_sum, summed, UNKNOWN)), limit)
    whole_code = _coded(whole, np.where(stated, MEASURED, DERIVED), UNKNOWN)

    agree = parts & (whole >= 0) & (np.abs(summed - whole) <= _SLACK_NS)
    only_wait = (wait >= 0) & (prefill < 0) & (wait <= np.where(whole >= 0, whole, limit))
    only_prefill = (wait < 0) & (prefill >= 0) & (prefill <= np.where(whole >= 0, whole, limit))
    rest = (whole >= 0) & only_wait
    before = (whole >= 0) & only_prefill
    new_wait = np.where(agree, np.minimum(wait, whole), np.where(only_wait, wait, UNKNOWN))
    new_wait = np.where(before, whole - prefill, new_wait)
    new_prefill = np.where(agree | rest, whole - new_wait, np.where(only_prefill, prefill, UNKNOWN))
    lost = ((ttft >= 0) & ~stated) | ((wait >= 0) & (new_wait < 0)) | ((prefill >= 0) & (new_prefill < 0))
    return _Phases(
        whole,
        whole_code,
        new_wait,
        _coded(new_wait, np.where(before, DERIVED, MEASURED), UNKNOWN),
        new_prefill,
        _coded(new_prefill, np.full(len(new_prefill), BOUNDED), UNKNOWN),
        lost,
    )


def _sum(a: Ints, b: Ints) -> Ints:
    return np.where((a >= 0) & (b >= 0), a + b, UNKNOWN)


def _coded(values: Ints, codes: np.ndarray, otherwise: int) -> Codes:
    return np.where(values >= 0, codes, otherwise).astype(np.int8)
