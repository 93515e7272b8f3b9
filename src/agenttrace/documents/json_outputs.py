"""docs/reference/json.md: every key of every JSON output.

`json_keys/` has a table for each *shape* of object: of each key its type, its unit, when it is null, its
meaning. A type is a simple one, the name of a shape, `list TYPE` or `map TYPE`; a `?` says that the key may be
absent. The tests hold them against what commands write.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from agenttrace.documents.markdown import GENERATED, code, table
from agenttrace.model.vocabulary import Evidence, Phase, Purpose

SIMPLE = frozenset(("integer", "number", "text", "boolean", "any"))
DOCUMENTS = {
    "analyze": "`agenttrace analyze --format json`, `--json FILE`",
    "analyze-last-line": "`agenttrace analyze --format jsonl`: a line for each [session](#session), then this one",
    "diff": "`agenttrace diff --json FILE`",
    "noise": "`agenttrace noise -o FILE`",
    "replay": "`agenttrace replay --json FILE`",
    "doctor": "`agenttrace doctor --format json`",
    "formats": "`agenttrace formats --format json`",
    "platforms": "`agenttrace platforms --format json`",
    "schema": "`agenttrace schema --format json`",
    "settings": "`agenttrace config show --format json`",
}
_WORDS = {"by-phase": Phase, "by-purpose": Purpose, "by-evidence": Evidence}


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a shape. `null`: when it is null; empty where it never is."""

    type: str
    optional: bool
    unit: str
    null: str
    meaning: str


@cache
def shapes() -> dict[str, dict[str, Key]]:
    """By name, each with its keys; objects whose keys are words of the vocabulary among them."""
    found = {
        name: {word.value: Key("integer", False, "ns", "", word.value) for word in words}  # noqa: FBT003
        for name, words in _WORDS.items()
    }
    found["some-phases"] = {phase.value: Key("integer", True, "ns", "", phase.value) for phase in Phase}  # noqa: FBT003
    for file in sorted(files("agenttrace.documents").joinpath("json_keys").iterdir(), key=lambda f: f.name):
        for shape, keys in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if shape in found:
                raise ValueError(f"two shapes are called {shape}")
            found[shape] = {name: _key(*told) for name, told in keys.items()}
    return found


def _key(kind: str, unit: str, null: str, meaning: str) -> Key:
    return Key(kind.removesuffix("?"), kind.endswith("?"), unit, null, meaning)


def page() -> str:
    """A section for each document, and one for each shape of object in it, where it is first used."""
    parts, told = [_INTRODUCTION], set[str]()
    for document, where in DOCUMENTS.items():
        parts.append(f"## {document}\n\n{where}\n")
        for shape in _used(document):
            if shape not in told | _WORDS.keys() | {"some-phases"}:
                told.add(shape)
                parts += [f"### {shape}\n"] if shape != document else []
                parts.append(
                    table(
                        ("key", "type", "unit", "null", "meaning"),
                        (_row(*pair) for pair in shapes()[shape].items()),
                    )
                )
    return "\n".join(parts)


_INTRODUCTION = f"""# JSON

{GENERATED}

Documents have a `schema_version`, which rises when a meaning changes; names may be added without. Null is what
the trace does not say, never zero; a key that *may be absent* is there where there is something to say. `*`
stands for any key. The same input gives the same bytes. Lists are capped by `--top`, with the full number
beside them. *by-phase*, *by-purpose* and *by-evidence* are objects with the [words](phases.md) as keys;
*some-phases* has only those that are not zero.
"""


def _used(shape: str) -> Iterator[str]:
    """The shape, and all that it is made of, each once."""
    seen = [shape]
    for name in seen:
        kinds = (key.type.split()[-1] for key in shapes()[name].values())
        seen += [kind for kind in dict.fromkeys(kinds) if kind not in SIMPLE and kind not in seen]
    return iter(seen)


def _row(name: str, key: Key) -> tuple[str, ...]:
    kind = key.type
    inner = kind.split()[-1]
    if inner not in SIMPLE | _WORDS.keys() | {"some-phases"}:
        kind = kind.replace(inner, f"[{inner}](#{inner})")
    absent = "; may be absent" if key.optional else ""
    return code(name), kind, key.unit, key.null, f"{key.meaning}{absent}"
