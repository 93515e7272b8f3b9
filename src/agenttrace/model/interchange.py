"""The interchange format `spans-jsonl`: a line of JSON for each span, for converters that others write.

Its facts are the columns of `schema.SPAN_FACTS` under their own names; instants lose the `_ns` of theirs,
for they may be text. Ids are the writer's own. `schemas/spans-jsonl.*` is generated from this file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa

from agenttrace.model.schema import BOOL, FLOAT64, INT64, SPAN_FACTS, STRING, UINT64, WORD, Column
from agenttrace.model.vocabulary import Evidence, LinkKind, MarkKind, SpanKind

JsonType: TypeAlias = Callable[[pa.DataType], dict[str, Any]]

INSTANTS = {"start_ns": "start", "end_ns": "end", "first_token_ns": "first_token"}
"""Columns that are instants, and the keys that hold them."""

OWN_NOTES = "x_"
"""Beginning of keys that are the writer's own business."""

STATED, INFERRED, UNKNOWN = SPAWNS = ("stated", "inferred", "unknown")
"""How it is known which span spawned an agent."""

_KINDS = tuple(kind for kind in SpanKind if kind is not SpanKind.SESSION)
_EARLIEST_NS = 10**17
"""1973: a smaller integer is one of milliseconds, or damaged."""
_LATEST_NS = 4_102_444_800 * 10**9
"""2100: a later time is a damaged one."""
_ISO_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"
_MANTISSA = 2**53


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a line: what it holds, as a column, or an instant, or the name of something."""

    name: str
    meaning: str
    column: Column | None = None
    instant: bool = False
    words: tuple[str, ...] = ()
    required: bool = False


def _named(name: str, meaning: str, *, required: bool = False) -> Key:
    return Key(name, meaning, required=required)


def _column(column: Column) -> Key:
    name = INSTANTS.get(column.name, column.name)
    meaning = column.meaning.removesuffix(", Unix time")
    for instant, key in INSTANTS.items():
        meaning = meaning.replace(instant, key)
    if column.name == "kind":
        return Key(name, meaning, column, words=tuple(kind.value for kind in _KINDS), required=True)
    words = tuple(word.value for word in column.words or ())
    return Key(name, meaning, column, name in INSTANTS.values(), words, required=name == "start")


_PLACE = (
    _named(
        "session",
        "id of the session; lines with one id are one session, whatever files they lie in",
        required=True,
    ),
    _named("span", "id of the span, unique in its session; others name it by this"),
    _named("parent", "id of the span that contains it; left out: none"),
    _named(
        "agent",
        "id of the agent whose work it is; left out: that of the nearest span of kind agent around it, else "
        "the main agent. On a span of kind agent: the id of the agent that it holds",
    ),
)
_OF_AGENTS = (
    Key("parent_agent", "of kind agent: id of the agent that spawned it"),
    Key("agent_type", "of kind agent: its type"),
    Key("main", "of kind agent: it is the main agent", Column("main", BOOL, "")),
    Key(
        "background", "of kind agent: nobody waits for it where it is spawned", Column("background", BOOL, "")
    ),
    _named("spawned_by", "of kind agent: id of the span that spawned it; left out: its parent"),
    Key(
        "spawn",
        "of kind agent: whether that is known, guessed, or nobody knows what spawned it; left out: stated",
        Column("spawn", WORD, ""),
        words=SPAWNS,
    ),
)
_OF_SESSIONS = (
    Key("task_id", "the task that the session works on, for pairing in a diff"),
    Key("run_id", "the run of a benchmark that it belongs to"),
    Key("deployment", "what served it"),
    Key("first_prompt_fingerprint", "hash of what the session begins with, for pairing in a diff"),
    Key("truncated", "only a part of the session is told", Column("truncated", BOOL, "")),
    Key(
        "settled",
        "the links of the session, over all its lines, are all that there are: none is to be guessed from times",
        Column("settled", BOOL, ""),
    ),
)
KEYS = (*_PLACE, *map(_column, SPAN_FACTS), *_OF_AGENTS, *_OF_SESSIONS)
"""Every key of a line but `links` and `marks`."""

LINK_KEYS = (
    _named("from", "id of the span that this one waits for", required=True),
    Key("at", "the instant in it that is enough; left out: its end", instant=True),
    Key("kind", "why; left out: feeds", Column("kind", WORD, ""), words=tuple(k.value for k in LinkKind)),
    Key("explicit", "it is known, not guessed; left out: true", Column("explicit", BOOL, "")),
    Key("rule", "what states or suggests it", Column("rule", STRING, "")),
    Key("confidence", "of a guess, from 0 to 1", Column("confidence", FLOAT64, "")),
    Key(
        "delay_ns",
        "pause that is known to lie between what came first and this span",
        Column("delay_ns", INT64, "", unit="ns"),
    ),
)
MARK_KEYS = (
    Key(
        "kind",
        "what happens",
        Column("kind", WORD, ""),
        words=tuple(k.value for k in MarkKind),
        required=True,
    ),
    Key("at", "when", instant=True, required=True),
    Key("span", "id of the span that it is about, a tool call emitted for example"),
    Key(
        "evidence",
        "how the instant is known; left out: measured",
        Column("evidence", WORD, ""),
        words=tuple(e.value for e in Evidence),
    ),
)
LISTS = {
    "links": ("what the span waits for, beside its parent", LINK_KEYS),
    "marks": ("instants inside it", MARK_KEYS),
}


def is_plausible_ns(value: int) -> bool:
    """Whether an integer can be Unix nanoseconds, and is not a number of milliseconds or seconds."""
    return value >= _EARLIEST_NS


def line_schema(json_type: JsonType) -> dict[str, Any]:
    """JSON Schema (2020-12) of a line. `json_type` gives that of an Arrow type."""
    properties = _properties(KEYS, json_type)
    for name, (meaning, keys) in LISTS.items():
        properties[name] = {
            "type": "array",
            "items": {
                "type": "object",
                "properties": _properties(keys, json_type),
                "required": [key.name for key in keys if key.required],
                "additionalProperties": False,
            },
            "description": meaning,
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "spans-jsonl",
        "description": "One line is a span. What is not known is left out, or null.",
        "type": "object",
        "properties": properties,
        "patternProperties": {f"^{OWN_NOTES}": {}},
        "required": [key.name for key in KEYS if key.required],
        "additionalProperties": False,
    }


def _properties(keys: tuple[Key, ...], json_type: JsonType) -> dict[str, Any]:
    return {key.name: _property(key, json_type) for key in keys}


def _property(key: Key, json_type: JsonType) -> dict[str, Any]:
    unit = f" [{key.column.unit}]" if key.column and key.column.unit and not key.instant else ""
    null = [] if key.required else [{"type": "null"}]
    if key.instant:
        ns = {
            "type": "integer",
            "minimum": _EARLIEST_NS,
            "maximum": _LATEST_NS,
            "description": "Unix nanoseconds",
        }
        text = {"type": "string", "format": "date-time", "pattern": _ISO_TIME}
        return {"anyOf": [text, ns, *null], "description": key.meaning}
    if key.words:
        words: list[str | None] = [*key.words, *([] if key.required else [None])]
        return {"enum": words, "description": key.meaning}
    if key.column is None:
        return {
            "anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}, *null],
            "description": key.meaning,
        }
    described = json_type(key.column.type)
    if described["type"] == "integer":
        described |= {"minimum": 0, "maximum": _largest(key.column, described["maximum"])}
    elif described["type"] == "string":
        described["minLength"] = 1
    return described | {"type": [described["type"], "null"], "description": key.meaning + unit}


def _largest(column: Column, of_type: int) -> int:
    """Counts beyond 2^53 are none: what reads JSON as floats has rounded them. Workers' ids are not counted."""
    return of_type if column.type == UINT64 else min(of_type, _MANTISSA)


def line_document() -> str:
    """The keys as a table to read."""
    lines = [
        "# spans-jsonl",
        "",
        "One line is a span, as a JSON object. What is not known is left out, or null. Times are ISO 8601 with a",
        f"zone, or integers of Unix nanoseconds. Keys that begin with `{OWN_NOTES}` are the writer's own.",
        "",
        "| key | type | must | unit | meaning |",
        "|---|---|---|---|---|",
        *(_row(key, "") for key in KEYS),
    ]
    for name, (meaning, keys) in LISTS.items():
        lines.append(f"| `{name}` | list |  |  | {meaning} |")
        lines += [_row(key, f"{name}[].") for key in keys]
    return "\n".join(lines) + "\n"


def _row(key: Key, prefix: str) -> str:
    kind = "time" if key.instant else "word" if key.words else str(key.column.type) if key.column else "id"
    kind = "string" if kind.startswith("dictionary") else kind
    words = f": {', '.join(key.words)}" if key.words else ""
    unit = (key.column.unit if key.column and not key.instant else None) or ""
    must = "yes" if key.required else ""
    return f"| `{prefix}{key.name}` | {kind} | {must} | {unit} | {key.meaning}{words} |"
