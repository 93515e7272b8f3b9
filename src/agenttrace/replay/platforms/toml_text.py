"""Platforms as TOML: written and read. Nothing is executed, and what a file says is checked before it is used."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping
from typing import Any

from agenttrace.errors import InputError
from agenttrace.replay.caution import Caution
from agenttrace.replay.platforms.bounds import check_names, check_number
from agenttrace.replay.platforms.measured import LIMITS, NAMES, MeasuredPlatform, is_optional
from agenttrace.replay.quantities import Claim, Identified, Quantity, stated

SCHEMA_VERSION = 1
_SEEN_ENDING = "_seen"
_SEEN = tuple(f"{name}{_SEEN_ENDING}" for name in LIMITS)
_KEYS = ("schema_version", "kind", "name", "about", "numbers", "observed", "residuals", "findings")
_MOST = 1e3
_TEXTS = ("code", "severity", "example")
_SEVERITIES = ("info", "warning", "error")


def to_toml(platform: MeasuredPlatform) -> str:
    """A measured platform as a file."""
    lines = [
        f"schema_version = {SCHEMA_VERSION}",
        'kind = "measured"',
        f"name = {_text(platform.name)}",
        f"about = {_text(platform.about)}",
    ]
    for name, number in platform.numbers.items():
        lines += ["", f"[numbers.{name}]", *_quantity_lines(number)]
    if platform.observed:
        lines += ["", "[observed]"]
        lines += [f"{name} = [{low!r}, {high!r}]" for name, (low, high) in platform.observed.items()]
    if platform.prefill_residuals or platform.decode_residuals:
        lines += [
            "",
            "[residuals]",
            f"prefill = {list(platform.prefill_residuals)!r}",
            f"decode = {list(platform.decode_residuals)!r}",
        ]
    for finding in platform.findings:
        lines += ["", "[[findings]]", *_finding_lines(finding)]
    return "\n".join(lines) + "\n"


def _quantity_lines(number: Quantity) -> list[str]:
    lines = [
        f"value = {_number(number.value)}",
        f"unit = {_text(number.unit)}",
        f"claim = {_text(number.claim.value)}",
        f"source = {_text(number.source)}",
    ]
    lines += [
        f"{name} = {_number(bound)}"
        for name, bound in (("low", number.low), ("high", number.high))
        if bound is not None
    ]
    if number.identified is not None:
        lines.append(f"identified = {_text(number.identified.value)}")
    return lines


def _finding_lines(finding: Caution) -> list[str]:
    return [
        f"code = {_text(finding.code)}",
        f"severity = {_text(finding.severity)}",
        f"count = {finding.count}",
        f"example = {_text(finding.example)}",
    ]


def _number(value: float) -> str:
    """Six significant places."""
    value = stated(value)
    return repr(int(value)) if value.is_integer() else repr(value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The document. Raises InputError where it is none, or of another version."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"no TOML: {error}", where=where) from error
    if document.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"schema_version is {document.get('schema_version')!r}, expected {SCHEMA_VERSION}", where=where
        )
    return document


def measured_platform(document: Mapping[str, Any], where: str) -> MeasuredPlatform:
    """A measured platform out of its document. Raises InputError for what it lacks."""
    check_names(document, _KEYS, "", where)
    entries = _table(document, "numbers", where)
    check_names(entries, [*NAMES, *_SEEN], "numbers.", where)
    numbers = {str(name): quantity(entry, f"{where}: numbers.{name}") for name, entry in entries.items()}
    missing = [name for name in NAMES if name not in numbers and not is_optional(name)]
    missing = [name for name in missing if name != "block_tokens"]
    if missing:
        raise InputError(f"numbers.{missing[0]} is missing", where=where)
    left = _table(document, "residuals", where)
    for name, number in numbers.items():
        check_number(name, number, NAMES[name.removesuffix(_SEEN_ENDING)][0], where)
    return MeasuredPlatform(
        name=str(document.get("name", where)),
        about=str(document.get("about", "")),
        numbers=numbers,
        observed={
            str(name): _pair(pair, f"{where}: observed.{name}")
            for name, pair in _table(document, "observed", where).items()
        },
        prefill_residuals=_residuals(left, "prefill", where),
        decode_residuals=_residuals(left, "decode", where),
        findings=_findings(document.get("findings", []), f"{where}: findings"),
    )


def _findings(tables: object, where: str) -> list[Caution]:
    """What was found when it was fitted."""
    rows = tables if isinstance(tables, list) else [tables]
    found = []
    for row in rows:
        told: dict[str, Any] = row if isinstance(row, dict) else {}
        count = told.get("count")
        sound = set(told) == {*_TEXTS, "count"} and all(isinstance(told[name], str) for name in _TEXTS)
        if not sound or told["severity"] not in _SEVERITIES or not isinstance(count, int) or count < 0:
            raise InputError("expected tables with code, severity, count and example", where=where)
        found.append(Caution(told["code"], told["severity"], count, told["example"]))
    return found


def _pair(value: object, where: str) -> tuple[float, float]:
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2:  # a pair
        raise InputError(f"{value!r} is no pair of numbers", where=where)
    low, high = (_finite(one, where) for one in numbers)
    return low or 0.0, high or 0.0


def _residuals(left: Mapping[str, Any], name: str, where: str) -> list[float]:
    """Quantiles of factors, in order."""
    place, values = f"{where}: residuals.{name}", left.get(name, [])
    if not isinstance(values, list):
        raise InputError("expected an array of numbers", where=place)
    found = [_finite(value, place) or 0.0 for value in values]
    if any(not 0 < value <= _MOST for value in found) or found != sorted(found):
        raise InputError(f"expected numbers of more than 0 and at most {_MOST:g}, in order", where=place)
    return found


def _table(document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, dict):
        raise InputError(f"{name} is no table", where=where)
    return found


def quantity(entry: object, where: str) -> Quantity:
    """A number with unit, claim and source. Raises InputError where one of these is missing or wrong."""
    if not isinstance(entry, dict):
        raise InputError("expected a table with value, unit, claim and source", where=where)
    for name in ("value", "unit", "claim", "source"):
        if name not in entry:
            raise InputError(f"{name} is missing", where=where)
    try:
        claim = Claim(entry["claim"])
        identified = Identified(entry["identified"]) if "identified" in entry else None
    except ValueError:
        words = {
            name: [word.value for word in of] for name, of in (("claim", Claim), ("identified", Identified))
        }
        said = [name for name, known in words.items() if name in entry and entry[name] not in known]
        raise InputError(
            f"{said[0]} is {entry[said[0]]!r}, expected one of {', '.join(words[said[0]])}", where=where
        ) from None
    value, low, high = (_finite(entry.get(name), where) for name in ("value", "low", "high"))
    if value is None:
        raise InputError("value is no number", where=where)
    return Quantity(value, str(entry["unit"]), claim, str(entry["source"]), low, high, identified)


def _finite(value: object, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{value!r} is no finite number", where=where)
    return float(value)
