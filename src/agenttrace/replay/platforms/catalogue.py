"""The platforms and models that come along, as texts."""

from __future__ import annotations

from importlib.resources import files

_ENDING = ".toml"


def shipped_platforms() -> dict[str, str]:
    """The TOML of each, by name."""
    return _texts("presets")


def shipped_models() -> dict[str, str]:
    """The TOML of each, by name."""
    return _texts("models")


def _texts(folder: str) -> dict[str, str]:
    found = files("agenttrace.replay.platforms").joinpath(folder)
    if not found.is_dir():
        return {}
    return {
        entry.name.removesuffix(_ENDING): entry.read_text(encoding="utf-8")
        for entry in sorted(found.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(_ENDING)
    }
