"""docs/reference/api.md: the public names, with their signatures and their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any

import agenttrace
from agenttrace.documents.markdown import GENERATED, code, table


def page() -> str:
    """A section for each name of `agenttrace.__all__`: functions, then classes, then words."""
    things = {name: getattr(agenttrace, name) for name in agenttrace.__all__}
    parts = [_INTRODUCTION]
    for name, thing in sorted(things.items(), key=lambda pair: (_rank(pair[1]), pair[0].lower())):
        parts.append(f"## {name}\n")
        parts += _section(name, thing)
    return "\n".join(parts)


_INTRODUCTION = f"""# Python

<!-- here: session.jsonl = claude-code/33min.jsonl -->

{GENERATED}

`import agenttrace` costs nothing: names load when they are first used. What an analysis has are polars frames, and
the tables of a trace are Arrow's; times are integer nanoseconds, unknown is null. What goes wrong is an
`AgentTraceError`, whose subclasses stand in `agenttrace.errors`.
"""


def _rank(thing: Any) -> int:  # noqa: ANN401  # a public name may be anything
    return 0 if inspect.isfunction(thing) else 2 if isinstance(thing, type) and issubclass(thing, Enum) else 1


def _section(name: str, thing: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(thing, type) and issubclass(thing, Enum):
        yield f"{inspect.getdoc(thing)} {', '.join(code(word.value) for word in thing)}. [Meanings](phases.md).\n"
        return
    if callable(thing) and not (isinstance(thing, type) and issubclass(thing, Exception)):
        yield f"```text\n{name}{_signature(thing)}\n```\n"
    yield f"{inspect.getdoc(thing)}\n"
    if isinstance(thing, type) and (rows := list(_members(thing))):
        yield table(("member", "what it is"), rows)


def _signature(thing: Any) -> str:  # noqa: ANN401
    """As it is written; classes show what they are made with."""
    return str(inspect.signature(thing)).replace("'", "").replace(" -> None", "")


def _members(kind: type) -> Iterator[tuple[str, str]]:
    for name, annotation in inspect.get_annotations(kind).items():
        if not name.startswith("_"):
            yield code(name), code(str(annotation))
    for name, member in vars(kind).items():
        told = inspect.getdoc(member) or ""
        if not name.startswith("_") and (inspect.isroutine(member) or isinstance(member, property)) and told:
            yield code(f"{name}()" if inspect.isroutine(member) else name), told.splitlines()[0]
