"""Lays the site out like the repository, so that one link holds in both: README.md is its front page."""

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

_ROOT = Path(__file__).resolve().parents[2]
_TOLD = ("*.md", "docs/**/*", "schemas/*", "sample_traces/*.md")
_OWN = (".py",)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """A glob in the navigation stands for all that it matches, in the order of their names."""
    config.nav = [_expanded(entry) for entry in config.nav or []]
    return config


def _expanded(entry: Any) -> Any:
    """An entry is a path, or a title with a path or a list of entries."""
    if not isinstance(entry, dict):
        return entry
    ((title, inside),) = entry.items()
    if isinstance(inside, list):
        return {title: [_expanded(one) for one in inside]}
    if "*" in inside:
        return {title: sorted(path.relative_to(_ROOT).as_posix() for path in _ROOT.glob(inside))}
    return entry


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages by their paths in the repository, with what the theme brings."""
    kept = [file for file in files if file.abs_src_path is None or not _is_below(file, config)]
    told = sorted({path for pattern in _TOLD for path in _ROOT.glob(pattern) if path.is_file()})
    found = [_file(path, config) for path in told if path.suffix not in _OWN]
    return Files([*kept, *found])


def _file(path: Path, config: MkDocsConfig) -> File:
    return File.generated(config, path.relative_to(_ROOT).as_posix(), abs_src_path=str(path))


def _is_below(file: File, config: MkDocsConfig) -> bool:
    return Path(str(file.abs_src_path)).is_relative_to(config.docs_dir)
