"""The program as a process, and in the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import pyarrow as pa
import pytest

from agenttrace.cli.application import main
from agenttrace.critical_path import analysis as analysing
from agenttrace.critical_path.analysis import Analysis
from agenttrace.ingest import reading
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
    told = pa.Table.from_pylist([dict(row) for row in findings or []], schema=FINDINGS.arrow)

    def opened(paths: list[str], **options: object) -> _Reading:
        asked.update(options, paths=paths)
        return _Reading(told, analysis.sessions.select("session", "source_id").to_arrow())

    patch.setattr(reading, "Reading", opened)
    patch.setattr(analysing, "analyze", lambda *_asked, **_options: analysis)
    patch.setattr(analysing, "sessions_to_rank", lambda _trace: {})
    return asked


@dataclass
class _Trace:
    """What is analysed, whatever it is."""

    sessions: pa.Table
    findings: pa.Table | None = None

    def timed(self) -> _Trace:
        return self


@dataclass
class _Bucket:
    """What is read, whatever it is."""

    sessions: pa.Table

    def assemble(self) -> _Trace:
        return _Trace(self.sessions)


class _Reading(nullcontext[object]):
    """A reading that finds one trace."""

    dataset = None

    def __init__(self, told: pa.Table, sessions: pa.Table) -> None:
        super().__init__(self)
        self._told, self._sessions = told, sessions

    def close(self) -> None:
        """Nothing lies on disk."""

    def buckets(self, sessions: Sequence[str] = ()) -> list[_Bucket]:
        assert all(isinstance(session, str) for session in sessions)
        return [_Bucket(self._sessions)]

    def take(self, trace: _Trace) -> _Trace:
        return trace

    def findings(self) -> pa.Table:
        return self._told


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `main` in this process."""
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err
