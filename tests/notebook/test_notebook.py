"""The notebook runs from top to bottom, and what its cells end with shows itself.

A kernel would bring two dozen packages to do the same: cells are run one after the other in one namespace, and a last
expression is shown as a notebook shows it.
"""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import agenttrace
from agenttrace.critical_path.analysis import Analysis
from agenttrace.diff.result import Comparison
from agenttrace.ingest.doctor.diagnosis import Diagnosis
from agenttrace.replay.replaying import Replayed
from house.repository import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebook").glob("*.ipynb"))
SHOWN = (agenttrace.Trace, Analysis, Comparison, Replayed, Diagnosis)


def _cells(notebook: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return cells


def _run(source: str, names: dict[str, object]) -> object:
    """The value of the last line, where that is an expression."""
    tree = ast.parse(source)
    last = tree.body[-1]
    if not isinstance(last, ast.Expr):
        exec(compile(tree, "<cell>", "exec"), names)  # noqa: S102  # our own
        return None
    tree.body.pop()
    exec(compile(tree, "<cell>", "exec"), names)  # noqa: S102  # our own
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("folder", [ROOT, ROOT / "docs" / "notebook"], ids=["root", "beside"])
def test_every_cell_runs_and_shows_something(
    notebook: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    shown: list[object] = []
    for cell in _cells(notebook):
        if cell["cell_type"] == "code":
            value = _run("".join(cell["source"]), names)
            assert value is not None or capsys.readouterr().out, "a cell that nobody sees anything of"
            shown.append(value)
    assert {kind for kind in SHOWN if any(isinstance(value, kind) for value in shown)} == set(SHOWN)
    for value in shown:
        html = value._repr_html_() if isinstance(value, SHOWN) else ""
        assert "http" not in html
        assert "<script" not in html


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_that_varies_is_kept(notebook: Path) -> None:
    document = json.loads(notebook.read_text(encoding="utf-8"))
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in document["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
