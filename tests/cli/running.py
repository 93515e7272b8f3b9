"""The program as a process, and in the test's own."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping

import pyarrow as pa
import pytest

import agenttrace
from agenttrace.cli.application import main
from agenttrace.critical_path.analysis import Analysis
from agenttrace.model.schema import FINDINGS

Run = Callable[..., tuple[int, str, str]]


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """`python -m agenttrace` with these arguments; colours and width are what `environment` says."""
    kept = {name: value for name, value in os.environ.items() if name not in _SETTINGS}
    return subprocess.run(
        [sys.executable, "-m", "agenttrace", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        env=kept | environment,
    )


_SETTINGS = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "PYTHONIOENCODING"}


def stand_in(
    patch: pytest.MonkeyPatch, analysis: Analysis, findings: list[Mapping[str, object]] | None = None
) -> dict[str, object]:
    """Lets `analyze` find this analysis whatever it is given; returns what reading was asked for."""
    asked: dict[str, object] = {}

    class Read:
        findings: pa.Table

    def read(paths: list[str], **options: object) -> Read:
        asked.update(options, paths=paths)
        trace = Read()
        trace.findings = pa.Table.from_pylist([dict(row) for row in findings or []], schema=_FINDING_SCHEMA)
        return trace

    patch.setattr(agenttrace, "read", read, raising=False)
    patch.setattr(agenttrace, "analyze", lambda _: analysis, raising=False)
    return asked


_FINDING_SCHEMA = FINDINGS.arrow


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `main` in this process."""
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err
