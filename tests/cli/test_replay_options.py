"""What is asked of `replay` and cannot be, or has nothing to do, is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli.running import call

SAMPLES = Path(__file__).resolve().parents[2] / "sample_traces"
ONE = str(SAMPLES / "dynamo" / "fan-out.jsonl")
WORKLOAD = str(SAMPLES / "mooncake" / "chats.jsonl")


def _findings(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, dict[str, Any]]:
    code, out, err = call(capsys, "replay", *arguments, "--draws", "1", "--json", "-")
    assert code == 0, err
    return {row["code"]: row for row in json.loads(out)["findings"]}


def test_a_baseline_that_does_not_hold_the_model_served_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--baseline", "h100", "--platform", "vr-nvl72", "--model", "kimi-k2-instruct")
    code, out, err = call(capsys, "replay", ONE, *arguments)

    assert (code, out) == (2, "")
    assert "--baseline h100: kimi-k2-instruct does not fit there: the weights take 1029 GB" in err


def test_policies_are_named_where_a_setting_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--platform", "b200", "--model", "glm-5")
    code, _, err = call(capsys, "replay", ONE, *options, "--set", "flux=1")
    _, told, _ = call(capsys, "replay", "--help")

    assert code == 2
    for policy in ("routing", "keep", "release", "offload", "fanout", "compact", "priority"):
        assert policy in err.partition("policies: ")[2]
        assert policy in told


def test_policies_that_were_set_stand_with_the_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = {"routing": "affinity", "keep_ns": None, "release": "never", "offload": None}
    agents = {"fanout": None, "compact_tokens": None, "priority": "same"}
    options = (ONE, "--platform", "b200", "--model", "glm-5", "--draws", "1")
    page = tmp_path / "page.html"
    settings = (
        "--set",
        "routing=round-robin",
        "--set",
        "keep=30s",
        "--set",
        "release=final",
        "--set",
        "fanout=2",
    )
    code, out, _ = call(capsys, "replay", *options, *settings, "--html", str(page))
    assert code == 0
    said = "policies of the platforms: routing=round-robin, keep=30.0 s, release=final, fanout=2"
    assert said in " ".join(out.split())
    assert "policies of the platforms: routing=round-robin" in page.read_text()
    _, out, _ = call(capsys, "replay", *options, *settings, "--json", "-")
    told = {"routing": "round-robin", "keep_ns": 30_000_000_000, "release": "final", "fanout": 2}
    assert json.loads(out)["policies"] == {**usual, **agents, **told}
    _, out, _ = call(capsys, "replay", *options)
    assert "policies of the platforms" not in out
    _, out, _ = call(capsys, "replay", *options, "--json", "-")
    assert json.loads(out)["policies"] == {**usual, **agents}


def test_two_documents_do_not_go_to_one_output(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(
        capsys, "replay", ONE, "--platform", "b200", "--model", "glm-5", "--json", "-", "--html", "-"
    )

    assert (code, out) == (2, "")
    assert "--json - and --html -: both would go to standard output" in err


def test_other_lanes_than_were_recorded_are_said_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    loaded = str(SAMPLES / "dynamo-captures" / "B" / "request-trace.000000.jsonl.gz")
    options = (loaded, "--platform", "b200", "--model", "gpt-oss-120b", "--draws", "1")
    _, out, _ = call(capsys, "replay", *options, "--lanes", "4")
    assert "load closed, 4 at once (when recorded: 12), intervals" in " ".join(out.split())
    _, out, _ = call(capsys, "replay", *options, "--lanes", "99")
    assert "load closed, 24 at once (when recorded: 12), intervals" in " ".join(out.split())
    _, out, _ = call(capsys, "replay", *options)
    assert "load closed, 12 at once, intervals" in " ".join(out.split())


@pytest.mark.parametrize("load", ["recorded", "isolated"])
def test_lanes_are_of_a_closed_load(load: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = (ONE, "--platform", "b200", "--model", "glm-5", "--lanes", "3")
    said = _findings(capsys, *options, "--load", load)["setting_not_used"]

    assert said["example"] == f"--lanes 3: only a closed load has lanes, and this one is {load}"
    assert "setting_not_used" not in _findings(capsys, *options)


def test_requests_that_state_no_tokens_say_nothing_of_a_platform(capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--platform", "b200", "--model", "glm-5")
    said = _findings(capsys, str(SAMPLES / "swe-agent"), *options)["nothing_served"]

    assert said["severity"] == "error"
    assert "nothing here says anything of b200" in said["example"]
    assert "nothing_served" not in _findings(capsys, ONE, *options)


def test_of_a_workload_the_baseline_is_the_first_platform_and_nothing_is_recorded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ("--platform", "b200", "--model", "glm-5", "--draws", "1")
    code, out, _ = call(capsys, "replay", WORKLOAD, *options)
    said = " ".join(out.split())

    assert code == 0
    assert "the baseline is the first platform, for nothing was recorded: 1 server" in said
    assert "recorded –" not in said
    _, out, _ = call(capsys, "replay", WORKLOAD, *options, "--baseline", "h200")
    assert "the baseline is named for it: 1 server" in " ".join(out.split())


def test_a_queue_that_is_gone_on_all_platforms_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    loaded = str(SAMPLES / "dynamo-captures" / "B" / "request-trace.000000.jsonl.gz")
    platforms = ("--platform", "b200", "--platform", "b300", "--model", "gpt-oss-120b", "--draws", "1")
    code, out, _ = call(capsys, "replay", loaded, *platforms, "--json", "-")
    told = [row for row in json.loads(out)["findings"] if row["code"] == "mostly_queue"]

    assert code == 0
    (said,) = told
    assert said["count"] == 2
    assert " % on b200 (1, of 256 sequences at once), " in said["example"]
    assert " % on b300 (1, of 256 sequences at once) is queue before" in said["example"]
    (models,) = [row["example"] for row in json.loads(out)["findings"] if row["code"] == "other_model"]
    assert "b200, b300 serve gpt-oss-120b" in models
