"""docs/reference/findings.md against the source and against the samples."""

from __future__ import annotations

import polars as pl

import agenttrace
from agenttrace.documents.findings import themes
from documents.emitted_codes import emitted_codes
from house.repository import ROOT

DOCUMENTED = {code: told for codes in themes().values() for code, told in codes.items()}


def test_every_code_is_documented_once() -> None:
    assert sorted(emitted_codes() - DOCUMENTED.keys()) == []
    assert sum(map(len, themes().values())) == len(DOCUMENTED)


def test_every_documented_code_can_be_emitted() -> None:
    assert sorted(DOCUMENTED.keys() - emitted_codes()) == []


def test_samples_emit_what_is_documented_with_its_severity() -> None:
    analysis = agenttrace.analyze(agenttrace.read(ROOT / "sample_traces"))

    found = analysis.findings.select("code", "severity").unique().with_columns(pl.all().cast(pl.String))
    assert found.height > 20
    for code, severity in found.iter_rows():
        assert severity in DOCUMENTED[code][0].split(", "), code
