"""The kernels, built so that they stop at the first byte that is not theirs, stop at none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agenttrace.native import building

_PROGRAM = Path(__file__).with_name("mutated_texts.py")
_FLAGS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
_TEXTS = 10_000


def _runtime() -> Path:
    """What has to be loaded before Python."""
    compiler = building.compiler_of()
    if compiler is None:
        pytest.skip("there is no C compiler, or AGENTTRACE_NATIVE is off")
    asked = subprocess.run(
        [*compiler, "-print-file-name=libasan.so"], capture_output=True, check=False, text=True, timeout=60
    )
    runtime = Path(asked.stdout.strip())
    if not runtime.is_absolute() or not runtime.exists():
        pytest.skip(f"{compiler[0]} has no sanitizers of gcc's kind")
    return runtime


def test_damaged_texts_are_never_read_beyond_their_end(tmp_path: Path) -> None:
    runtime, kernels = _runtime(), tmp_path / "kernels.so"
    why = building.build(kernels, _FLAGS)
    if why is not None:
        pytest.skip(f"no sanitizers here: {why.splitlines()[0]}")
    environment = os.environ | {
        "LD_PRELOAD": str(runtime.resolve()),
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
    }

    done = subprocess.run(
        [sys.executable, str(_PROGRAM), str(kernels), str(_TEXTS)],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
        env=environment,
    )

    assert (done.returncode, done.stderr) == (0, "")
