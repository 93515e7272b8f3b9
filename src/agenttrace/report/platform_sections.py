"""Platforms for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from agenttrace.replay.quantities import stated
from agenttrace.report.cells import Column, Quoted, Section, Words
from agenttrace.report.quantity_words import bounds_words, claimed, quantity_words

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


def document_sections(document: Mapping[str, Any]) -> list[Section]:
    """All that a platform's file says: numbers, where caches can go, what the vendor claims."""
    return [_numbers(document), *_tiers(document.get("tiers", [])), *_claims(document.get("claims", []))]


def _numbers(document: Mapping[str, Any]) -> Section:
    rows = tuple(
        (
            Quoted(str(name)),
            Words(f"{number['value']:.10g}"),
            Quoted(str(number["unit"])),
            Words(str(number["claim"])),
            Quoted(f"{_range(number)}{number['source']}", "lines"),
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


def _range(number: Mapping[str, Any]) -> str:
    """Before the source, which may be long; without a unit, which stands beside it."""
    low, high = (
        None if end is None else f"{stated(end):.10g}" for end in (number.get("low"), number.get("high"))
    )
    if low == high:
        return ""
    if low is None or high is None:
        return f"at least {low}: " if high is None else f"at most {high}: "
    return f"{low} – {high}: "


def _tiers(tiers: Sequence[Mapping[str, Any]]) -> list[Section]:
    if not tiers:
        return []
    rows = tuple(
        (
            Quoted(str(tier["name"])),
            Words(f"{tier['capacity_gb']:.10g} GB"),
            Words(f"{tier['bandwidth_gb_s']:.10g} GB/s"),
            Words(f"{tier['latency_us']:.10g} µs"),
            Quoted(str(tier["source"]), "lines"),
        )
        for tier in tiers
    )
    columns = (
        *(Column("--set offload=", "text"), Column("capacity"), Column("bandwidth"), Column("latency")),
        Column("source", "text"),
    )
    return [Section("Tiers", columns, rows)]


def _claims(claims: Sequence[Mapping[str, Any]]) -> list[Section]:
    if not claims:
        return []
    rows = tuple(
        (
            Quoted(claimed(str(claim["what"])), "lines"),
            Quoted(f"{claim['value']:.10g} {claim['unit']}"),
            Quoted(str(claim["source"]), "lines"),
        )
        for claim in claims
    )
    columns = (Column("", "text"), Column("claim"), Column("source", "text"))
    return [Section("What the vendor says", columns, rows)]


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
