"""The folder `sample_traces`: which of its files are generated, and whether they are current.

python -m agenttrace.samples [FOLDER]            write them, `sample_traces` if no folder is named
python -m agenttrace.samples --check [FOLDER]    say which ones differ; exit code 1 if there are any
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agenttrace.samples.catalogue import project_files, sample_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONG, _SMALL = "claude-code-33min", "fan-out"
_PROJECT = "claude-code/33min-project"


def generated_files() -> dict[str, bytes]:
    """What belongs in each generated file, by its name in the folder, before compression."""
    files = {
        "claude-code/33min.jsonl": sample_bytes(_LONG),
        "claude-code/fan-out.jsonl": sample_bytes(_SMALL),
        "dynamo/33min.jsonl.gz": sample_bytes(_LONG, format_id="dynamo"),
        "dynamo/fan-out.jsonl": sample_bytes(_SMALL, format_id="dynamo"),
        "otlp/33min.jsonl.gz": sample_bytes(_LONG, format_id="otlp"),
        "otlp/fan-out.jsonl": sample_bytes(_SMALL, format_id="otlp"),
    }
    return files | {f"{_PROJECT}/{name}": content for name, content in project_files(_LONG).items()}


def stale_files(folder: Path) -> list[str]:
    """Generated files that are missing or differ, and files of the project that nobody generates."""
    files = generated_files()
    stale = [name for name, content in files.items() if _content(folder / name) != content]
    found = {path.relative_to(folder).as_posix() for path in (folder / _PROJECT).rglob("*") if path.is_file()}
    return stale + sorted(found - files.keys())


def write_gallery(folder: Path) -> None:
    """Write what differs; compressed files are left alone while their content is the same."""
    stale = set(stale_files(folder))
    files = generated_files()
    for name in stale - files.keys():
        (folder / name).unlink()
    for name in stale & files.keys():
        path, content = folder / name, files[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)


def _content(path: Path) -> bytes | None:
    if not path.is_file():
        return None
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


def main(arguments: Sequence[str]) -> int:
    """The two commands above; the exit code."""
    check = "--check" in arguments
    folders = [argument for argument in arguments if argument != "--check"]
    folder = Path(folders[0] if folders else "sample_traces")
    if not check:
        write_gallery(folder)
    stale = stale_files(folder)
    sys.stderr.writelines(f"{folder / name}: differs from what is generated\n" for name in stale)
    return 1 if stale else 0
