"""Platforms for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.report.cells import Column, Quoted, Section, Words

if TYPE_CHECKING:
    from agenttrace.replay.platforms.measured import MeasuredPlatform
    from agenttrace.replay.quantities import Quantity


def measured_section(platform: MeasuredPlatform) -> Section:
    """Each number with its interval, and whether the traces tell it."""
    rows = tuple(
        (
            Quoted(name),
            Words(f"{number.value:.5g}"),
            Words(_interval(number), "faint"),
            Quoted(number.unit),
            Words(number.identified.value if number.identified else number.claim.value),
        )
        for name, number in platform.numbers.items()
    )
    columns = (
        Column("number", "text"),
        Column("value"),
        Column("interval"),
        Column("unit", "text"),
        Column("", "text"),
    )
    seen = [f"seen: {name} from {low:g} to {high:g}" for name, (low, high) in platform.observed.items()]
    return Section("Fitted", columns, rows, tuple(seen))


def _interval(number: Quantity) -> str:
    low = "" if number.low is None else f"{number.low:.5g}"
    high = "" if number.high is None else f"{number.high:.5g}"
    return f"{low} – {high}"
