"""`agenttrace analyze --what-if`, from the command line to the answer."""

import json
from pathlib import Path

import pytest

from cli.running import call

SAMPLE = Path(__file__).resolve().parents[2] / "sample_traces" / "claude-code" / "fan-out.jsonl"


def test_answers_come_in_the_order_of_the_questions(capsys: pytest.CaptureFixture[str]) -> None:
    specs = ("tool*1", "tool=0", "model*0.5,tool=0")
    options = [part for spec in specs for part in ("--what-if", spec)]
    code, out, _ = call(capsys, "analyze", str(SAMPLE), "--format", "json", *options)
    assert code == 0
    document = json.loads(out)
    (session,) = document["sessions"]
    assert [row["change"] for row in session["what_if"]] == list(specs)
    assert [row["change"] for row in document["summary"]["what_if"]] == list(specs)
    saved = [row["saved_ns"] for row in session["what_if"]]
    assert saved[0] == 0
    assert 0 < saved[1] < saved[2]
    assert all(row["wall_ns"] + row["saved_ns"] == session["wall_ns"] for row in session["what_if"])


def test_people_see_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "analyze", str(SAMPLE), "--what-if", "tool=0", "--what-if", "tool:none=0")
    assert "What if" in out
    assert "nothing here is what the change selects, in row 2" in out
    _, out, _ = call(capsys, "analyze", str(SAMPLE), "--what-if", "tool=0,tool:none=0")
    assert "nothing here is what part 2 of the change in row 1 selects" in out


def test_what_cannot_be_read_is_a_mistake_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "analyze", str(SAMPLE), "--what-if", "tols*0.5")
    assert (code, out) == (2, "")
    assert err.startswith("error: --what-if tols*0.5: at character 1: expected a phase")
    assert err.endswith("hint: did you mean tool?\n")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("tool:Bsh*0.5", "nothing here is tool:Bsh; did you mean Bash?"),
        ("agent:explore=0,tool=0", "nothing here is agent:explore; did you mean Explore?"),
        ("model:opus*0.5", "nothing here is model:opus; there are: zai-org/GLM-5.2"),
    ],
)
def test_a_name_of_nothing_is_told_with_the_nearest(
    spec: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("analyze", str(SAMPLE), "--what-if", spec, "--format", "json")
    code, _, err = call(capsys, *asked)
    assert (code, err.splitlines()[-1]) == (0, f"note: --what-if: {said}")
    assert "--what-if" not in call(capsys, *asked, "--quiet")[2]
