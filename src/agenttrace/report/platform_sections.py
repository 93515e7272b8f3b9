"""Platforms for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from agenttrace.report.cells import Column, Quoted, Section, Words
from agenttrace.report.quantity_words import bounds_words, quantity_words

if TYPE_CHECKING:
    from agenttrace.replay.platforms.measured import MeasuredPlatform


def measured_section(platform: MeasuredPlatform) -> Section:
    """Each number with its interval, and whether the traces tell it."""
    rows = tuple(
        (
            Quoted(name),
            Quoted(quantity_words(number, name)),
            Quoted(bounds_words(number)),
            Words(number.identified.value if number.identified else number.claim.value),
        )
        for name, number in platform.numbers.items()
    )
    columns = (
        Column("number", "text"),
        Column("value"),
        Column("interval"),
        Column("", "text"),
    )
    seen = [f"seen: {name} from {low:g} to {high:g}" for name, (low, high) in platform.observed.items()]
    return Section("Fitted", columns, rows, tuple(seen))


def catalogue_sections(
    platforms: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]
) -> list[Section]:
    """What comes along."""
    return [
        Section(
            "Platforms",
            (Column("name", "text"), Column("split", "text"), Column("what it is", "text")),
            tuple(
                (
                    Words(name, "strong"),
                    Words(str(one.get("split", "")), "faint"),
                    Quoted(str(one.get("about", "")), "lines"),
                )
                for name, one in platforms.items()
            ),
            ("agenttrace platforms NAME shows every number with its source; of a model, too",),
        ),
        Section(
            "Models",
            (Column("name", "text"), Column("layers"), Column("experts"), Column("published as", "text")),
            tuple(
                (
                    Words(name, "strong"),
                    Words(str(one["layers"])),
                    Words(str(one["experts"]) if one["experts"] else "–"),
                    Quoted(", ".join(one["aliases"]), "lines"),
                )
                for name, one in models.items()
            ),
        ),
    ]


def document_section(document: Mapping[str, Any]) -> Section:
    """Every number of a platform's file."""
    rows = tuple(
        (
            Quoted(str(name)),
            Words(f"{number['value']:.10g}"),
            Quoted(str(number["unit"])),
            Words(str(number["claim"])),
            Quoted(str(number["source"]), "lines"),
        )
        for name, number in document.get("numbers", {}).items()
    )
    columns = (
        Column("number", "text"),
        Column("value"),
        Column("unit", "text"),
        Column("claim", "text"),
        Column("source", "text"),
    )
    return Section("Numbers", columns, rows)


def model_section(document: Mapping[str, Any]) -> Section:
    """What a model's file says."""
    rows = tuple(
        (
            Quoted(str(name)),
            Quoted(", ".join(value) if isinstance(value, list) else str(value), "lines"),
        )
        for name, value in document.items()
        if name not in {"schema_version", "kind"}
    )
    return Section("Model", (Column("", "text"), Column("", "text")), rows)
