"""What docs/how-to/diff-in-ci.md and action.yml say is run as it stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from agenttrace.api.settings.policies import policy_of
from agenttrace.api.settings.resolving import resolve
from house.repository import ROOT

PAGE = (ROOT / "docs" / "how-to" / "diff-in-ci.md").read_text(encoding="utf-8")
ACTION = (ROOT / "action.yml").read_text(encoding="utf-8")
SAMPLES = ROOT / "sample_traces" / "dynamo-captures"


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder as the page presumes it, with a command `agenttrace` of this checkout."""
    for name, capture in {"baseline": "A", "candidate": "B", "run1": "A", "run2": "A", "run3": "A"}.items():
        (tmp_path / name).mkdir()
        shutil.copy(SAMPLES / capture / "request-trace.000000.jsonl.gz", tmp_path / name)
    for name, text in {
        "agenttrace": f'#!/bin/sh\nexec "{sys.executable}" -m agenttrace "$@"\n',
        "python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
    }.items():
        command = tmp_path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(text)
        command.chmod(0o755)
    return tmp_path


def _run(place: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "NO_COLOR": "1",
    }
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "AGENTTRACE_"))
    }
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=place,
        env=kept | own | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_commands_of_the_page_do_what_it_says(place: Path) -> None:
    one, paired, kept, noise, settings = _blocks("sh")

    found = _run(place, one)
    assert (found.returncode, found.stderr) == (1, "")
    assert found.stdout.startswith("Regression: session.active_time")
    for name in ("diff.html", "diff.json", "diff.md", "junit.xml"):
        assert (place / name).stat().st_size > 100
    assert (place / "diff.md").read_text().startswith("<!-- agenttrace-diff -->")

    found = _run(place, paired)
    assert found.returncode == 0
    assert "24 pairs by regex" in found.stdout

    found = _run(place, kept)
    assert found.returncode == 0
    assert [line for line in found.stdout.splitlines() if line.startswith(("No change", "Regression"))]
    assert (place / "baseline.parquet").stat().st_size < 200_000

    found = _run(place, noise)
    assert found.returncode == 0
    assert json.loads((place / "noise.json").read_text())["runs"] == 3
    assert "measured to differ by: 0.0%" in " ".join(found.stdout.split())

    (place / "agenttrace.toml").write_text(_blocks("toml")[0])
    found = _run(place, settings)
    assert found.returncode == 0, found.stdout
    assert "waived: session.active_time" in " ".join(found.stdout.split())


def test_the_settings_of_the_page_are_settings(tmp_path: Path) -> None:
    (text,) = _blocks("toml")
    (tmp_path / "agenttrace.toml").write_text(text)
    policy = policy_of(resolve(config=str(tmp_path / "agenttrace.toml")))
    assert (len(policy.gates), len(policy.budgets), len(policy.waivers)) == (2, 1, 1)
    assert set(tomllib.loads(text)) == {"gate", "budget", "waiver"}


# The action


def _script() -> str:
    """The last step of the action."""
    _, _, body = ACTION.rpartition("run: |\n")
    return textwrap.dedent(body)


def _inputs(**given: str) -> dict[str, str]:
    """The variables of the action's step, with the defaults of its inputs."""
    names = re.findall(r"^        ([A-Z_]+): \$\{\{ inputs\.([a-z-]+) \}\}$", ACTION, re.MULTILINE)
    told = r'^  ([a-z-]+):\n    description: .*\n    default: "?([^"\n]*)"?$'
    defaults: dict[str, str] = dict(re.findall(told, ACTION, re.MULTILINE))
    return {variable: given.get(variable) or defaults.get(name, "") for variable, name in names}


def _act(place: Path, **given: str) -> tuple[int, dict[str, str], str, str]:
    out, summary = place / "github-output", place / "github-summary"
    out.write_text("")
    found = _run(
        place,
        f"set -o pipefail\n{_script()}",
        GITHUB_OUTPUT=str(out),
        GITHUB_STEP_SUMMARY=str(summary),
        **_inputs(**given),
    )
    told = dict(line.split("=", 1) for line in out.read_text().splitlines())
    return found.returncode, told, summary.read_text() if summary.exists() else "", found.stderr


def test_the_action_fails_on_a_regression_and_says_so_everywhere(place: Path) -> None:
    code, told, summary, err = _act(place, BASELINE="baseline", CANDIDATE="candidate")
    assert (code, told) == (1, {"verdict": "regression", "exit-code": "1"})
    assert summary.startswith("<!-- agenttrace-diff -->\n\n**Regression: session.active_time")
    assert err.startswith("::error title=session.active_time geomean::12.0 s to 2 m 34 s")
    names = {path.name for path in (place / "agenttrace-diff").iterdir()}
    assert names == {"diff.html", "diff.json", "diff.md", "junit.xml"}


def test_the_action_passes_where_nothing_changed_and_keeps_a_baseline(place: Path) -> None:
    code, told, _, err = _act(place, BASELINE="baseline", CANDIDATE="run1", SAVE_BASELINE="kept.parquet")
    assert (code, told, err) == (0, {"verdict": "no-change", "exit-code": "0"}, "")
    code, told, _, _ = _act(place, BASELINE="kept.parquet", CANDIDATE="candidate", FAIL_ON="improvement")
    assert (code, told["verdict"]) == (0, "regression")


def test_the_action_fails_where_there_is_nothing(place: Path) -> None:
    code, told, _, err = _act(place, BASELINE="baseline", CANDIDATE="nowhere")
    assert (code, told) == (2, {"verdict": "", "exit-code": "2"})
    assert "nowhere: no such file or folder" in err


def test_what_an_input_says_is_never_run(place: Path) -> None:
    _act(place, BASELINE="baseline", CANDIDATE="$(touch ran)`touch ran`; touch ran", PAIR_BY="$(touch ran)")
    assert not (place / "ran").exists()
    assert "${{" not in _script()
