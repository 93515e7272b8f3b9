"""Every command takes a dataset for the files that it was made of, and says the same."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import agenttrace
from agenttrace.cli.application import main
from cli.running import call
from contract.trace_files import SAMPLES

RUNS = [str(SAMPLES / "dynamo-captures" / run / "request-trace.000000.jsonl.gz") for run in "AB"]
FORMATS = ["claude-code", "otlp", "codex"]


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """One of each run."""
    places = [str(tmp_path_factory.mktemp("datasets") / name) for name in "AB"]
    for run, place in zip(RUNS, places, strict=True):
        assert main(["ingest", run, "-o", place, "--jobs", "1", "--quiet"]) == 0
    return places


def _said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    code, out, err = call(capsys, *arguments)
    assert code in (0, 1), err
    return out


@pytest.mark.parametrize("output", [["--json", "-"], ["--color", "never"], ["--html", "-"]], ids=str)
def test_a_replay_is_that_of_the_files(
    output: list[str], datasets: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--platform", "h100", "--model", "gpt-oss-20b", "--draws", "3", *output)
    of_files = _said(capsys, "replay", RUNS[0], *arguments)
    of_dataset = _said(capsys, "replay", datasets[0], *arguments)
    assert of_dataset.replace(datasets[0], RUNS[0]) == of_files


def test_a_platform_is_fitted_as_to_the_files(
    datasets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fitted = []
    for path in (RUNS[0], datasets[0]):
        _said(capsys, "fit", path, "--name", "ours", "-o", str(tmp_path / "ours.json"))
        fitted.append((tmp_path / "ours.json").read_bytes())
    assert fitted[0] == fitted[1]


@pytest.mark.parametrize("mixed", [False, True], ids=["both are datasets", "one is"])
def test_a_diff_is_that_of_the_files(
    mixed: bool,  # noqa: FBT001
    datasets: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    others = [RUNS[0] if mixed else datasets[0], datasets[1]]
    of_files, of_datasets = (
        _document(_said(capsys, "diff", *paths, "--no-config", "--json", "-")) for paths in (RUNS, others)
    )
    assert of_datasets == of_files
    assert of_files["verdict"] != "no-change"


def _document(text: str) -> dict[str, Any]:
    """Without the names of what was compared."""
    found: dict[str, Any] = json.loads(text)
    for side in ("a", "b", "base", "head", "before", "after"):
        found.pop(side, None)
    return found


@pytest.mark.parametrize("target", ["perfetto", "agentic-mooncake"])
@pytest.mark.parametrize("session", [[], ["--session", "A-s013:main"]], ids=["all", "one"])
def test_what_is_exported_is_that_of_the_files(
    target: str, session: list[str], datasets: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = []
    for path in (RUNS[0], datasets[0]):
        _said(capsys, "export", path, "--to", target, "-o", str(tmp_path / "out"), *session)
        exported.append((tmp_path / "out").read_bytes())
    assert exported[0] == exported[1]


@pytest.mark.parametrize("format_id", FORMATS)
def test_an_analysis_of_other_formats_is_that_of_the_files(
    format_id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = str(SAMPLES / format_id)
    _said(capsys, "ingest", files, "-o", str(tmp_path / "d"), "--jobs", "1")
    of_files, of_dataset = (
        _said(capsys, "analyze", path, "--format", "json") for path in (files, str(tmp_path / "d"))
    )
    assert of_dataset == of_files


def test_a_dataset_that_is_made_anew_in_its_place_is_the_new_one(tmp_path: Path) -> None:
    """In one process, as in a notebook."""
    place = tmp_path / "month"
    for name in ("fan-out", "33min"):
        shutil.rmtree(place, ignore_errors=True)
        trace = SAMPLES / "claude-code" / f"{name}.jsonl"
        agenttrace.write_dataset(str(trace), place)

        assert agenttrace.analyze(str(place)).sessions["source"].to_list() == [str(trace)]
