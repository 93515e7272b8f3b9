"""What the page's program does with a session's data, told again in Python."""

from base64 import b64decode
from typing import Any


def unpacked(text: str, n: int) -> list[int]:
    data = b64decode(text)
    values, at = [], 0
    for _ in range(n):
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        values.append(value)
    assert at == len(data)
    return values


def unpacked_spans(data: dict[str, Any]) -> list[dict[str, int]]:
    """Lane, row, start and end of each span, from the session's start."""
    spans = data["spans"]
    gaps, lengths = (unpacked(spans[name], spans["n"]) for name in ("gap_ns", "length_ns"))
    numbers = unpacked(spans["span"], spans["n"])
    found: list[dict[str, int]] = []
    for lane, row, count in data["runs"]:
        before = 0
        for _ in range(count):
            at = len(found)
            start = before + gaps[at]
            before = start + lengths[at]
            found.append({"span": numbers[at], "lane": lane, "row": row, "start": start, "end": before})
    return found


def unpacked_slices(data: dict[str, Any]) -> list[tuple[int, int, int, int]]:
    """Place of the span, phase, start, end."""
    spans, slices = unpacked_spans(data), data["slices"]
    phases, gaps, lengths = (unpacked(slices[name], slices["n"]) for name in ("phase", "gap_ns", "length_ns"))
    found: list[tuple[int, int, int, int]] = []
    for place, count in enumerate(unpacked(data["spans"]["parts"], len(spans))):
        before = spans[place]["start"]
        for _ in range(count):
            at = len(found)
            start = before + gaps[at]
            before = start + lengths[at] if lengths[at] else spans[place]["end"]
            found.append((place, phases[at], start, before))
    return found
