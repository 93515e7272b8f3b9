"""Numbers as people read them: the only place that formats durations, tokens and shares."""

from __future__ import annotations

import re

_MINUTE_S = 60
_HOUR_S = 3600
_LEAST_PERCENT = 0.1


def format_duration(ns: int | None) -> str:
    """Three significant places: `12.4 ms`, `3.02 s`, `33 m 02 s`, `2 h 05 m`; an en dash for null."""
    if ns is None:
        return "–"
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    seconds = ns / 1e9
    if seconds >= _HOUR_S:
        minutes = round(seconds / _MINUTE_S)
        return f"{sign}{minutes // 60} h {minutes % 60:02d} m"
    if seconds >= _MINUTE_S:
        whole = round(seconds)
        return f"{sign}{whole // 60} m {whole % 60:02d} s"
    return sign + _scaled(seconds)


def _scaled(seconds: float) -> str:
    if seconds == 0:
        return "0 s"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            value = seconds / size
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"
    return f"{seconds * 1e9:.0f} ns"


def format_tokens(tokens: int | None) -> str:
    """`812`, `15.2K`, `156K`, `1.28M`; an en dash for null."""
    if tokens is None:
        return "–"
    for unit, size in (("M", 1_000_000), ("K", 1_000)):
        if abs(tokens) >= size:
            value = tokens / size
            return f"{value:.{2 if abs(value) < 10 else 1 if abs(value) < 100 else 0}f}{unit}"
    return str(tokens)


def format_share(part: float, whole: float) -> str:
    """A share in percent, `61 %`; below one percent one place more; an en dash where there is no whole."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < _LEAST_PERCENT:
        return f"<{_LEAST_PERCENT} %"
    return f"{percent:.1f} %" if 0 < abs(percent) < 1 else f"{percent:.0f} %"


def format_count(count: int | None) -> str:
    """A number of things, in groups of three: `1,245`; an en dash for null."""
    return "–" if count is None else f"{count:,}"


def format_bytes(size: int | None) -> str:
    """Decimal units, as disks and networks count: `812 B`, `3.20 MB`; an en dash for null."""
    if size is None:
        return "–"
    for unit, scale in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= scale:
            value = size / scale
            return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f} {unit}"
    return f"{size} B"


def format_factor(part: float, whole: float) -> str:
    """How many times as much, `3.9 ×`; an en dash where there is nothing to compare with."""
    return f"{part / whole:.1f} ×" if whole else "–"


_DURATION_UNITS_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
}
_DURATION_PART = re.compile(r"(\d+)(?:\.(\d{1,18}))?(ns|us|µs|ms|s|min|m|h|d)")
_LONGEST_NS = 2**62


def parse_duration(text: str) -> int:
    """Nanoseconds of `30m`, `1.5h`, `200ms`, `1h30m`; exact. Raises ValueError where a unit is missing."""
    compact = re.sub(r"\s+", "", text)
    total, position = 0, 0
    while position < len(compact):
        part = _DURATION_PART.match(compact, position)
        if part is None:
            break
        whole, decimals, unit = part.group(1), part.group(2) or "", part.group(3)
        total += int(whole + decimals) * _DURATION_UNITS_NS[unit] // 10 ** len(decimals)
        position = part.end()
    if not compact or position < len(compact):
        raise ValueError("a duration needs a number and a unit: 200ms, 30m, 1h30m")
    if total > _LONGEST_NS:
        raise ValueError("longer than any session can be")
    return total
