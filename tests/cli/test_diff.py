"""`agenttrace diff` on two captures of the same work: one on a light deployment, one on an overloaded one."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from cli.running import call
from house.repository import ROOT

CAPTURES = ROOT.parent / "shared" / "data" / "dynamo"
A, B = (str(CAPTURES / name / "request-trace.000000.jsonl.gz") for name in "AB")

pytestmark = pytest.mark.skipif(not Path(A).exists(), reason="the captures are not at hand")


def test_an_overloaded_deployment_is_a_regression_of_queue_and_decode(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = call(capsys, "diff", A, B, "--no-config", "--json", "-")
    told = json.loads(out)

    assert code == 1
    assert (told["verdict"], told["cause"]) == ("regression", "serving")
    assert (told["n"]["pairs"], told["n"]["unmatched"], told["paired_by"]) == (24, 0, "first-prompt")
    phases = told["attribution_ns"]
    assert sum(phases.values()) == told["wall_ns"]["change"]
    assert phases["queue"] + phases["decode"] > 0.98 * told["wall_ns"]["change"]
    tools = next(row for row in told["metrics"] if row["metric"] == "tool.time")
    assert abs(tools["change"] - 1) < 0.01
    for by in ("tool", "agent", "model", "purpose", "turn"):
        assert (
            sum(row["delta_ns"] for row in told["attribution"] if row["by"] == by)
            == told["wall_ns"]["change"]
        )


def test_a_deployment_is_no_different_from_itself_kept_or_not(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    kept = str(tmp_path / "kept.parquet")
    code, out, _ = call(capsys, "diff", A, A, "--no-config", "--save-baseline", kept)
    _, _, err = call(capsys, "analyze", kept)
    assert "a baseline that `agenttrace diff --save-baseline` wrote" in err
    assert (code, out.splitlines()[0][:10]) == (0, "No change:")

    code, out, _ = call(capsys, "diff", kept, A, "--no-config", "--json", "-")
    assert (code, json.loads(out)["verdict"]) == (0, "no-change")


def test_outputs_for_a_pull_request_and_for_test_reports(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    comment, junit = tmp_path / "comment.md", tmp_path / "junit.xml"
    files = ("--markdown", str(comment), "--junit", str(junit))
    code, _, _ = call(capsys, "diff", A, B, "--no-config", "--exit-zero", *files)

    assert code == 0
    text = comment.read_text()
    assert text.startswith("<!-- agenttrace-diff -->\n\n**Regression: session.active_time")
    assert len(text.encode()) < 60_000
    assert ET.parse(junit).getroot().attrib["failures"] == "1"  # noqa: S314  # written above


def test_a_wrong_key_is_an_error_with_a_suggestion(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = tmp_path / "agenttrace.toml"
    settings.write_text("[[gate]]\nmetric = 'session.active_time'\nstat = 'geomean'\nmax_incrase = 0.1\n")
    code, _, err = call(capsys, "diff", A, B, "--config", str(settings))
    assert code == 2
    assert "max_incrase" in err
    assert "did you mean max_increase?" in err
