"""Start-up stays quick: what is heavy is loaded by the work that needs it."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "plotly", "polars", "pyarrow", "pydantic")
HELP = """
import runpy, sys
sys.argv = {argv!r}
try:
    runpy.run_module("agenttrace", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
"""
REPORT = "\nimport sys; print(*sorted(sys.modules), file=sys.stderr)"


def test_importing_the_library_loads_nothing_heavy() -> None:
    assert _heavy_after("import agenttrace") == set()


@pytest.mark.parametrize("argv", [["--help"], ["analyze", "--help"]], ids=" ".join)
def test_asking_for_help_loads_nothing_heavy(argv: list[str]) -> None:
    assert _heavy_after(HELP.format(argv=["agenttrace", *argv])) == set()


def _heavy_after(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code + REPORT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(HEAVY) & set(done.stderr.split())
