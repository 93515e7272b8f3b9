"""Which value of a setting holds: the command line's, the environment's, the files', the default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agenttrace.api.settings.keys import SINGLE, TABLES, read_settings
from agenttrace.errors import UsageError

PREFIX = "AGENTTRACE_"
OWN_FILE, PROJECT_FILE = "agenttrace.toml", "pyproject.toml"
_NOT_SETTINGS = {"COMPLETE"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value, and where it was said."""

    name: str
    value: Any
    origin: str


def resolve(
    given: Mapping[str, Any] | None = None,
    *,
    config: str | None = None,
    no_config: bool = False,
    folder: Path | None = None,
) -> dict[str, Setting]:
    """Every setting by name. `given`: what the command line says, null where it says nothing."""
    found = _defaults()
    layers = [] if no_config else _files(config, folder or Path.cwd())
    layers.append(("environment", _environment()))
    layers.append(
        ("command line", {name: value for name, value in (given or {}).items() if value is not None})
    )
    for origin, told in layers:
        found |= {name: Setting(name, value, origin) for name, value in read_settings(told, origin).items()}
    return found


def stated(given: Mapping[str, Any]) -> dict[str, Setting]:
    """Every setting by name, of these and the defaults alone."""
    found = _defaults()
    return found | {
        name: Setting(name, value, "settings") for name, value in read_settings(given, "settings").items()
    }


def _defaults() -> dict[str, Setting]:
    found = {name: Setting(name, default, "default") for name, (_, default) in SINGLE.items()}
    return found | {name: Setting(name, [], "default") for name in TABLES}


def _environment() -> dict[str, str]:
    names = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.startswith(PREFIX)
    }
    return {name: value for name, value in names.items() if name in SINGLE}


def _files(config: str | None, folder: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """The nearest files upwards, the weaker first; or the one that is named."""
    if config is not None:
        return [(config, _told(Path(config)))]
    for place in (folder, *folder.parents):
        held = [
            (str(file), _told(file)) for name in (PROJECT_FILE, OWN_FILE) if (file := place / name).is_file()
        ]
        if held:
            return held
    return []


def _told(file: Path) -> Mapping[str, Any]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=str(file)) from error
    inside = document.get("tool", {}) if file.name == PROJECT_FILE else document
    told = inside.get("agenttrace", {}) if file.name == PROJECT_FILE else inside
    if not isinstance(told, dict):
        raise UsageError("[tool.agenttrace]: expected a table", where=str(file))
    return told
