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
    return set(HEAVY) & _modules_after(code)


def _modules_after(code: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code + REPORT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


LOOKING = """
from agenttrace.errors import AgentTraceError
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
for content in {contents!r}:
    try:
        recognise(Source("looked at", content))
    except AgentTraceError:
        pass
"""
READ = {"entries", "lanes", "messages", "reading", "requests", "session", "spans", "task", "walking"}
BEHIND_READERS = (
    "agenttrace.ingest.assembly",
    "agenttrace.ingest.dynamo.request",
    "agenttrace.ingest.telemetry",
    "agenttrace.ingest.workload.rows",
)
CONTENTS = [
    b"",
    b"no trace\n",
    b"\x0a\x03abc",
    b'{"a": [{"b": 1}]}\n{"type": "user"}\n',
    b'[{"name": "x", "id": 7}]',
]


def test_telling_what_a_file_is_loads_nothing_that_reads_it() -> None:
    loaded = _modules_after(LOOKING.format(contents=CONTENTS))
    formats = {name for name in loaded if name.startswith("agenttrace.ingest.formats.")}

    assert len(formats) > 2 * 29, "each has a module at least that looks at files"
    assert not {name for name in formats if name.rpartition(".")[2] in READ}
    assert not {name for name in loaded if name.startswith(BEHIND_READERS)}
