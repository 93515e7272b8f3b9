"""Which platform a name or a file means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agenttrace.errors import InputError, UsageError, meant, near_names
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.policies import Policies

if TYPE_CHECKING:
    from agenttrace.replay.modelling.architecture import Architecture
    from agenttrace.replay.platforms.measured import MeasuredPlatform
    from agenttrace.replay.targets import Target

_LARGEST = 4 << 20
_PRECISION = re.compile(r"-(nv|mx)?(fp4|fp8|int4|bf16)$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A platform by its name, by its file, or as it was fitted; the model that it serves, and how.

    `served`: what served the sessions, as their trace shows it. `servers_before`: of the baseline.
    """

    name: str | MeasuredPlatform
    model: str | None
    policies: Policies
    replicas: int | None
    served: MeasuredPlatform | None = None
    servers_before: int = 1


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
    document = _document_of(name)
    if document.get("kind") == "measured":
        return measured_target(measured_platform(document, name), wanted.policies, wanted.replicas)
    if document.get("kind") == "modelled":
        model = choose_model(wanted.model, name)
        platform = with_kept_overhead(modelled_platform(document, name), model, wanted.served)
        return modelled_target(platform, model, wanted.policies, wanted.replicas, wanted.servers_before)
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
    shipped = shipped_model(name)
    if shipped is not None:
        return architecture(parse_toml(known[shipped], shipped), shipped)
    if not Path(name).is_file():
        raise UsageError(f"--model {name}: no such model and no such file", hint=meant(name, known))
    return architecture(parse_toml(_read(name), name), name)


def shipped_model(name: str) -> str | None:
    """What a model is called here that goes by any of its names elsewhere; None where it is not known."""
    from agenttrace.replay.platforms.catalogue import shipped_models  # noqa: PLC0415  # heavy

    for shipped, text in shipped_models().items():
        published = [str(alias) for alias in parse_toml(text, shipped)["aliases"]]
        aliases = {_plain(alias) for alias in [shipped, *published]}
        if _plain(name) in aliases:
            return shipped
    return None


def _plain(name: str) -> str:
    """Without its publisher, and without the precision that a checkpoint's name ends in."""
    return _PRECISION.sub("", name.rpartition("/")[2].lower())


def read_measured(name: str | MeasuredPlatform) -> MeasuredPlatform | None:
    """The measured platform in a file; None where the name or file means a modelled one."""
    if not isinstance(name, str):
        return name
    from agenttrace.replay.platforms.toml_text import measured_platform  # noqa: PLC0415  # heavy

    document = _document_of(name)
    return measured_platform(document, name) if document.get("kind") == "measured" else None


def read_document(name: str) -> dict[str, Any]:
    """The document of a platform, checked. Raises UsageError where there is none, InputError where it is not sound."""
    from agenttrace.replay.platforms.modelled import modelled_platform  # noqa: PLC0415  # heavy
    from agenttrace.replay.platforms.toml_text import measured_platform  # noqa: PLC0415

    document = _document_of(name)
    if document.get("kind") == "measured":
        measured_platform(document, name)
    elif document.get("kind") == "modelled":
        modelled_platform(document, name)
    else:
        raise _no_kind(document, name)
    return document


def known_numbers(name: str | MeasuredPlatform) -> frozenset[str]:
    """What `--set` can change of a platform. Raises as `choose_target` does."""
    from agenttrace.replay.platforms.measured import NAMES  # noqa: PLC0415  # heavy
    from agenttrace.replay.platforms.modelled import SERVING  # noqa: PLC0415

    document = _document_of(name) if isinstance(name, str) else {"kind": "measured"}
    if document.get("kind") == "measured":
        return frozenset(NAMES)
    numbers = document.get("numbers")
    return frozenset([*SERVING, *(numbers if isinstance(numbers, dict) else ())])


def _no_kind(document: dict[str, Any], name: str) -> InputError:
    return InputError(f"kind is {document.get('kind')!r}, expected measured or modelled", where=name)


def read_model(name: str) -> dict[str, Any] | None:
    """The document of a model that comes along, by any of its names; None where none does."""
    from agenttrace.replay.platforms.catalogue import shipped_models  # noqa: PLC0415  # heavy

    shipped = shipped_model(name)
    return None if shipped is None else parse_toml(shipped_models()[shipped], shipped)


def _document_of(name: str) -> dict[str, Any]:
    return parse_toml(_text_of(name), name)


def _text_of(name: str) -> str:
    from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms  # noqa: PLC0415  # heavy

    known = shipped_platforms()
    if name in known:
        return known[name]
    if not Path(name).is_file():
        models = [] if near_names(name, known) else near_names(name, shipped_models())
        hint = f"did you mean the model {models[0]}?" if models else meant(name, known)
        raise UsageError(f"{name}: no such platform and no such file", hint=hint)
    return _read(name)


def _read(name: str) -> str:
    path = Path(name)
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError("too large for a platform", where=name)
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", where=name) from error
