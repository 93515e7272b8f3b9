"""The folder of somebody who reads a page: its traces, the command, a home of their own."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from house.repository import ROOT

SAMPLES = ROOT / "sample_traces"


@dataclass(frozen=True, slots=True)
class Folder:
    """Where commands are typed, and what is set there."""

    path: Path
    environment: Mapping[str, str]


def prepare(path: Path, names: Mapping[str, str]) -> Folder:
    """`names`: samples by the name that they have for the reader, values by $VARIABLE."""
    home = path / "home"
    home.mkdir()
    _link(SAMPLES, path / "sample_traces")
    variables = {}
    for name, sample in names.items():
        if name.startswith("$"):
            variables[name[1:]] = sample
        else:
            _link(SAMPLES / sample, home / name[2:] if name.startswith("~/") else path / name)
    (path / "bin").mkdir()
    stand_ins = Path(__file__).with_name("stand_ins.py")
    for command, words in {
        "agenttrace": "-m agenttrace",
        "python": "",
        "jq": f"'{stand_ins}' jq",
        "zstdcat": f"'{stand_ins}' zstdcat",
    }.items():
        file = path / "bin" / command
        file.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        file.chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AGENTTRACE_", "GITHUB_", "PYTHON"))}
    own = {
        "PATH": f"{path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "HOME": str(home),
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    return Folder(path, kept | own | variables)


def _link(sample: Path, place: Path) -> None:
    """Folders are made anew, so that globs look into them and outputs stay out of the samples."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if sample.is_dir():
        place.mkdir(exist_ok=True)
        for inside in sample.iterdir():
            _link(inside, place / inside.name)
    else:
        assert sample.is_file(), f"there is no sample {sample}"
        place.symlink_to(sample)
