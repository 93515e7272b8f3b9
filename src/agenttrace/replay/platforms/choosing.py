"""Which platform a name or a file means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agenttrace.errors import InputError, UsageError, meant
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.policies import Policies

if TYPE_CHECKING:
    from agenttrace.replay.modelling.architecture import Architecture
    from agenttrace.replay.platforms.measured import MeasuredPlatform
    from agenttrace.replay.targets import Target

_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A platform by its name, by its file, or as it was fitted; the model that it serves, and how.

    `served`: what served the sessions, as their trace shows it.
    """

    name: str | MeasuredPlatform
    model: str | None
    policies: Policies
    replicas: int | None
    served: MeasuredPlatform | None = None


def choose_target(wanted: Wanted) -> Target:
    """A shipped platform by its name, or one in a file. Raises UsageError where there is neither."""
    from agenttrace.replay.kept_overhead import with_kept_overhead  # noqa: PLC0415  # heavy
    from agenttrace.replay.measured_target import measured_target  # noqa: PLC0415
    from agenttrace.replay.modelled_target import modelled_target  # noqa: PLC0415
    from agenttrace.replay.platforms.modelled import modelled_platform  # noqa: PLC0415
    from agenttrace.replay.platforms.toml_text import measured_platform  # noqa: PLC0415

    name = wanted.name
    if not isinstance(name, str):
        return measured_target(name, wanted.policies, wanted.replicas)
    document = parse_toml(_text_of(name), name)
    if document.get("kind") == "measured":
        return measured_target(measured_platform(document, name), wanted.policies, wanted.replicas)
    if document.get("kind") == "modelled":
        model = choose_model(wanted.model, name)
        platform = with_kept_overhead(modelled_platform(document, name), model, wanted.served)
        return modelled_target(platform, model, wanted.policies, wanted.replicas)
    raise _no_kind(document, name)


def choose_model(name: str | None, platform: str) -> Architecture:
    """A shipped model by any of its names, or one in a file. Raises UsageError where there is neither."""
    from agenttrace.replay.modelling.architecture import architecture  # noqa: PLC0415  # heavy
    from agenttrace.replay.platforms.catalogue import shipped_models  # noqa: PLC0415

    known = shipped_models()
    if name is None:
        raise UsageError(
            f"{platform} is modelled: --model says what it serves", hint=f"there are: {', '.join(known)}"
        )
    for shipped, text in known.items():
        document = parse_toml(text, shipped)
        aliases = [
            shipped,
            *document["aliases"],
            *(alias.rpartition("/")[2] for alias in document["aliases"]),
        ]
        if name.lower() in {alias.lower() for alias in aliases}:
            return architecture(document, shipped)
    if not Path(name).is_file():
        raise UsageError(f"--model {name}: no such model and no such file", hint=meant(name, known))
    return architecture(parse_toml(_read(name), name), name)


def read_measured(name: str | MeasuredPlatform) -> MeasuredPlatform | None:
    """The measured platform in a file; None where the name or file means a modelled one."""
    if not isinstance(name, str):
        return name
    from agenttrace.replay.platforms.toml_text import measured_platform  # noqa: PLC0415  # heavy

    document = parse_toml(_text_of(name), name)
    return measured_platform(document, name) if document.get("kind") == "measured" else None


def read_document(name: str) -> dict[str, Any]:
    """The document of a platform, checked. Raises UsageError where there is none, InputError where it is not sound."""
    from agenttrace.replay.platforms.modelled import modelled_platform  # noqa: PLC0415  # heavy
    from agenttrace.replay.platforms.toml_text import measured_platform  # noqa: PLC0415

    document = parse_toml(_text_of(name), name)
    if document.get("kind") == "measured":
        measured_platform(document, name)
    elif document.get("kind") == "modelled":
        modelled_platform(document, name)
    else:
        raise _no_kind(document, name)
    return document


def _no_kind(document: dict[str, Any], name: str) -> InputError:
    return InputError(f"kind is {document.get('kind')!r}, expected measured or modelled", where=name)


def _text_of(name: str) -> str:
    from agenttrace.replay.platforms.catalogue import shipped_platforms  # noqa: PLC0415  # heavy

    known = shipped_platforms()
    if name in known:
        return known[name]
    if not Path(name).is_file():
        raise UsageError(f"{name}: no such platform and no such file", hint=meant(name, known))
    return _read(name)


def _read(name: str) -> str:
    path = Path(name)
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("too large for a platform", where=name)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=name) from error
