"""Which platform a name or a file means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agenttrace.errors import InputError, UsageError
from agenttrace.replay.policies import Policies

if TYPE_CHECKING:
    from agenttrace.replay.platforms.measured import MeasuredPlatform
    from agenttrace.replay.targets import Target

_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A platform as the command line names it: a name or a file, the model that it serves, and how."""

    name: str
    model: str | None
    policies: Policies
    replicas: int | None


def choose_target(wanted: Wanted) -> Target:
    """A shipped platform by its name, or one in a file. Raises UsageError where there is neither."""
    from agenttrace.replay.measured_target import measured_target  # noqa: PLC0415  # heavy
    from agenttrace.replay.platforms.toml_text import measured_platform, parse_toml  # noqa: PLC0415

    name = wanted.name
    document = parse_toml(_text_of(name), name)
    if document.get("kind") == "measured":
        return measured_target(measured_platform(document, name), wanted.policies, wanted.replicas)
    raise InputError(f"kind is {document.get('kind')!r}, expected measured or modelled", where=name)


def read_measured(name: str) -> MeasuredPlatform | None:
    """The measured platform in a file; None where the name or file means a modelled one."""
    from agenttrace.replay.platforms.toml_text import measured_platform, parse_toml  # noqa: PLC0415  # heavy

    document = parse_toml(_text_of(name), name)
    return measured_platform(document, name) if document.get("kind") == "measured" else None


def _text_of(name: str) -> str:
    from agenttrace.replay.platforms.catalogue import shipped_platforms  # noqa: PLC0415  # heavy

    known = shipped_platforms()
    if name in known:
        return known[name]
    path = Path(name)
    if not path.is_file():
        raise UsageError(
            f"{name}: no such platform and no such file", hint=f"there are: {', '.join(sorted(known)) or 'none'}"
        )
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("too large for a platform", where=name)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=name) from error
