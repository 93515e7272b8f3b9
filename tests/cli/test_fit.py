"""`fit` as a command: what it says beside the file that it writes."""

import gzip
import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from cli.running import call

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "src" / "agenttrace" / "replay" / "platforms" / "platform.schema.json"
CAPTURES = ROOT / "sample_traces" / "dynamo-captures"
A, B = (str(CAPTURES / name / "request-trace.000000.jsonl.gz") for name in "AB")


def test_one_fit_of_two_deployments_says_so_wherever_it_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "both.toml"
    code, out, err = call(capsys, "fit", A, B, "-o", str(file))
    assert (code, out) == (0, "")
    assert "not_served_alike" in err
    document = tomllib.loads(file.read_text())
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    (said,) = document["findings"]
    assert said["example"].startswith("fit each on its own")
    code, out, _ = call(capsys, "platforms", str(file))
    assert code == 0
    assert "not_served_alike" in out
    code, out, _ = call(capsys, "replay", B, "--platform", str(file), "--draws", "1", "--json", "-")
    assert code == 0
    told = [row["example"] for row in json.loads(out)["findings"] if row["code"] == "not_served_alike"]
    assert told == [f"both: {said['example']}"]


def test_a_replay_of_two_deployments_says_it_of_its_own_fit(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(
        capsys, "replay", A, B, "--platform", "b200", "--model", "gpt-oss-120b", "--draws", "1", "--json", "-"
    )
    assert code == 0
    found = json.loads(out)
    said = {row["code"]: row["example"] for row in found["findings"]}
    assert "not_served_alike" in said
    off = 100 * (found["identity"]["self"]["p50"] - 1)
    assert f"gives {off:+.1f} % at p50" in said["fit_off"]


def test_a_fit_that_comes_out_again_is_not_said_to_be_off(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(
        capsys, "replay", B, "--platform", "b200", "--model", "gpt-oss-120b", "--draws", "1", "--json", "-"
    )
    assert code == 0
    assert "fit_off" not in [row["code"] for row in json.loads(out)["findings"]]


def test_one_deployment_is_fitted_without_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "fit", A, "-o", str(tmp_path / "one.toml"))
    assert code == 0
    assert "Findings" not in err
    assert "findings" not in tomllib.loads((tmp_path / "one.toml").read_text())


def test_what_was_wrong_with_the_files_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = gzip.decompress(Path(A).read_bytes()).splitlines(keepends=True)
    lines[7] = lines[7][:200] + b"\n"
    file = tmp_path / "damaged.jsonl"
    file.write_bytes(b"".join(lines))
    code, _, err = call(capsys, "fit", str(file), "-o", str(tmp_path / "one.toml"))
    assert code == 0
    assert "broken_line" in err
    assert "findings" not in tomllib.loads((tmp_path / "one.toml").read_text())
