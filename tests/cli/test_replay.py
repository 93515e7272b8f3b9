"""`fit`, `replay` and `platforms` as commands."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.running import call

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = ROOT / "sample_traces" / "dynamo-captures"
SCHEMA = ROOT / "src" / "agenttrace" / "replay" / "platforms" / "platform.schema.json"
JOIN_LIKE = ROOT / "sample_traces" / "claude-code" / "fan-out.jsonl"
JOIN = ROOT.parent / "shared" / "data" / "dynamo" / "samples" / "join-minimal.jsonl"


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from agenttrace.cli.application import main  # noqa: PLC0415  # once for all

    found = sorted((CAPTURES / "A").glob("request-trace*"))
    if not found:
        pytest.skip("capture A is not here")
    file = tmp_path_factory.mktemp("platforms") / "light.toml"
    assert main(["fit", str(found[0]), "-o", str(file), "-q"]) == 0
    return file


def _projected(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, err = call(capsys, "replay", *arguments, "--json", "-")
    assert code == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


def test_a_fitted_platform_is_a_sound_file(light: Path) -> None:
    import tomllib  # noqa: PLC0415

    jsonschema.validate(tomllib.loads(light.read_text()), json.loads(SCHEMA.read_text()))


def test_the_document_says_what_the_contract_says(light: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (trace,) = sorted((CAPTURES / "B").glob("request-trace*"))
    options = ("--platform", str(light), "--replicas", "2", "--lanes", "4", "--draws", "2")
    found = _projected(capsys, str(trace), *options)

    assert found["schema_version"] == 1
    assert found["identity"]["recorded_durations_max_error_ns"] == 0
    assert abs(found["identity"]["self"]["p50"] - 1) < 0.05
    (one,) = found["projections"]
    assert one["wall_ns"]["p50"]["value"] == pytest.approx(11.96e9, rel=0.03)
    assert one["wall_ns"]["p95"]["value"] == pytest.approx(13.44e9, rel=0.03)
    for percent in ("p50", "p95", "p99"):
        told = one["wall_ns"][percent]
        assert told["low"] <= told["value"] <= told["high"]
        assert set(told["by"]) == {"sampling", "parameters", "simulation"}
    assert one["wall_ns"]["p95"]["enough"] is False
    assert one["gain"]["p50"]["value"] > 1
    assert one["fits"] is True
    assert one["bottleneck"] == "decode"
    assert {"lever", "gain", "evidence"} <= set(one["advice"][0])
    assert {"parameter", "value", "unit", "claim", "source"} <= set(one["assumptions"][0])
    assert {"baseline", "projected"} == set(one["phases_ns"]["decode"])
    again = _projected(capsys, str(trace), *options)
    assert again == found


def test_servers_are_as_many_as_before_unless_something_says_otherwise(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (trace,) = sorted((CAPTURES / "A").glob("request-trace*"))
    options = (str(trace), "--platform", "b200", "--model", "gpt-oss-120b", "--draws", "1")
    for further, replicas, gpus in (
        ((), 2, 16),
        (("--replicas", "3"), 3, 24),
        (("--set", "replicas=4"), 4, 32),
        (("--set", "decode_replicas=1"), 1, 16),
        (("--baseline", "h200"), 2, 16),
    ):
        (one,) = _projected(capsys, *options, *further)["projections"]
        assert (one["replicas"], one["gpus"]) == (replicas, gpus), further


def test_replicas_are_of_the_platforms_and_the_baseline_has_its_own(
    light: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trace,) = sorted((CAPTURES / "B").glob("request-trace*"))
    options = (str(trace), "--platform", str(light), "--draws", "1")
    walls = {}
    for baseline, further, servers in (
        (str(light), (), (2, 2)),
        (str(light), ("--replicas", "1"), (2, 1)),
        (str(light), ("--replicas", "1", "--baseline-replicas", "1"), (1, 1)),
        ("fit", ("--replicas", "1"), (1, 1)),
        ("fit", ("--baseline-replicas", "3"), (3, 2)),
    ):
        found = _projected(capsys, *options, "--baseline", baseline, *further)
        (one,) = found["projections"]
        assert (found["baseline"]["replicas"], one["replicas"]) == servers, (baseline, further)
        walls[baseline, further] = found["baseline"]["wall_ns"]["p50"]["value"], one["gain"]["p50"]["value"]
    (of_two, loss), (of_one, none) = list(walls.values())[1:3]
    assert of_one > of_two
    assert loss < 1 == none
    code, out, _ = call(capsys, "replay", *options, "--baseline", str(light), "--replicas", "1")
    assert code == 0
    assert "named for it: 2 servers (--baseline-replicas says otherwise)" in " ".join(out.split())
    code, _, err = call(capsys, "replay", str(JOIN_LIKE), *options[1:], "--baseline-replicas", "2")
    assert code == 2
    assert "--baseline-replicas 2: nothing tells what served the sessions" in err


def test_rows_of_one_name_are_told_apart_and_gains_are_explained(
    light: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (trace,) = sorted((CAPTURES / "B").glob("request-trace*"))
    own = tmp_path / "own.toml"
    own.write_text(light.read_text().replace(f'name = "{light.stem}"', 'name = "fitted"'))
    page = tmp_path / "page.html"
    options = ("--platform", str(own), "--platform", "b200", "--model", "gpt-oss-120b", "--draws", "2")
    data = tmp_path / "data.json"
    code, out, err = call(capsys, "replay", str(trace), *options, "--html", str(page), "--json", str(data))
    assert code == 0, err
    assert "fitted (own.toml)" in out
    said = " ".join(out.split())
    assert "the baseline is learnt from this trace: 1 server, 6 sequences at once on each at most" in said
    assert "b200: the interval is wide because the platform's numbers have ranges" in said
    assert "of what is gained: queue" in said
    assert "mostly_queue" in said
    assert said.count("layer_overhead") <= 3  # in the assumptions once
    fitted, b200 = json.loads(data.read_text())["projections"]
    assert fitted["gpus"] is None
    assert b200["wide_for"] == {"cause": "parameters", "parameter": "model_error"}
    assert page.read_text().count("<summary>Each number in a row of its own</summary>") == 2
    code, full, err = call(capsys, "replay", str(trace), *options, "--full")
    assert code == 0, err
    assert len(full.splitlines()) > len(out.splitlines()) + 20


def test_a_causal_join_is_not_kept_as_think_time(light: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not JOIN.is_file():
        pytest.skip("the sample is not here")
    found = _projected(capsys, str(JOIN), "--platform", str(light), "--draws", "2")
    assert 80e6 < found["projections"][0]["wall_ns"]["p50"]["value"] < 200e6
    assert found["findings"][0]["code"] == "no_baseline"


def test_a_model_that_does_not_fit_is_said_not_to(capsys: pytest.CaptureFixture[str]) -> None:
    (trace,) = sorted((CAPTURES / "A").glob("request-trace*"))
    options = (
        "--platform",
        "h100",
        "--platform",
        "vr-nvl72-lpx",
        "--model",
        "kimi-k2-instruct",
        "--draws",
        "1",
    )
    found = _projected(capsys, str(trace), *options)
    lpx, h100 = found["projections"]
    assert (lpx["replicas"], lpx["gpus"]) == (2, 16)  # the capture names two workers
    assert "other_model" in [row["code"] for row in found["findings"]]
    assert h100["fits"] is False
    assert "15 GPUs" in h100["notes"][0]
    assert list(h100) == list(lpx)  # the same keys, in the same order
    assert [h100[name] for name in ("load", "over", "n")] == ["closed", "sessions", lpx["n"]]
    assert h100["assumptions"]
    unknown = "split replicas gpus gpu_racks lpu_racks wall_ns wall_without_jitter_ns gain wide_for turn_ns"
    unknown += " phases_ns requests extrapolated cost bottleneck sensitivity advice"
    assert [name for name, value in h100.items() if value is None] == unknown.split()
    assert lpx["split"] == "attention-ffn"
    assert lpx["racks"] == 8
    assert (lpx["gpu_racks"], lpx["lpu_racks"]) == (16 / 72, 16)  # of both
    assert lpx["claims"][0]["vendor"] == 400


def test_what_cannot_be_meant_is_said(light: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (trace,) = sorted((CAPTURES / "A").glob("request-trace*"))
    for options in (
        ("--platform", "no-such-machine"),
        ("--platform", "h100"),
        ("--platform", "h100", "--model", "no-such-model"),
        ("--platform", str(light), "--set", "routing=dice"),
        ("--platform", str(light), "--set", "flux=3"),
        ("--platform", str(light), "--set", "step"),
    ):
        code, out, err = call(capsys, "replay", str(trace), *options)
        assert code == 2, options
        assert not out
        assert "Traceback" not in err


def test_platforms_are_listed_with_their_sources(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "platforms")
    assert code == 0
    assert "vr-nvl72-lpx" in out
    code, out, _ = call(capsys, "platforms", "h100", "--format", "json")
    assert code == 0
    assert json.loads(out)["numbers"]["gpu_memory"]["unit"] == "GB"


def test_a_platform_is_shown_with_its_ranges_tiers_and_claims(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "platforms", "vr-nvl72-lpx")
    said = " ".join(out.split())
    assert code == 0
    assert "2 – 15: from Rubin to LPX over Ethernet" in said
    assert "gpu_memory 288 GB vendor" in said
    assert "Tiers" in said
    assert "LPDDR5X" in said
    assert "What the vendor says" in said
    assert "400 tokens/s" in said


def test_a_model_is_shown_by_any_of_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "platforms", "zai-org/GLM-5")
    assert code == 0
    assert "experts_per_token" in out
    code, out, _ = call(capsys, "platforms", "glm-5", "--format", "json")
    assert code == 0
    assert json.loads(out)["layers"] == 78


def test_a_number_goes_to_the_platforms_that_have_it(capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "sample_traces" / "agentic-mooncake" / "fan-out.jsonl"
    options = ("--platform", "vr-nvl72", "--platform", "vr-nvl72-lpx", "--model", "kimi-k2-5", "--draws", "1")
    found = _projected(capsys, str(file), *options, "--set", "hop=12")
    without, with_hop = (
        {row["parameter"]: row["value"] for row in one["assumptions"]} for one in found["projections"]
    )
    assert "hop" not in without
    assert with_hop["hop"] == 12
    (said,) = [row for row in found["findings"] if row["code"] == "setting_not_used"]
    assert said["example"] == "--set hop: no such number of vr-nvl72"


def test_a_workload_without_times_is_played_and_nothing_is_said_to_be_recorded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = ROOT / "sample_traces" / "agentic-mooncake" / "fan-out.jsonl"
    options = ("--platform", "h200", "--platform", "b200", "--model", "gpt-oss-120b", "--draws", "2")
    found = _projected(capsys, str(file), *options)
    assert found["recorded"]["wall_ns"] == {"p50": None, "p95": None, "p99": None, "n": 0}
    assert found["identity"] == {"recorded_durations_max_error_ns": None, "self": None}
    assert found["baseline"]["platform"] == "h200"
    h200, b200 = found["projections"]
    assert h200["gain"]["p50"]["value"] == 1
    assert b200["gain"]["p50"]["value"] > 1
    assert "no_recorded_times" in [row["code"] for row in found["findings"]]


def test_a_folder_without_sessions_is_no_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "replay", str(tmp_path), "--platform", "b200", "--model", "gpt-oss-120b")
    assert code == 3, err
    assert "internal error" not in err


def test_damaged_token_counts_are_played_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"session": "s", "span": 1, "kind": "request", "start": 10**18, "end": 10**18 + 10**9}
    file = tmp_path / "huge.jsonl"
    file.write_text(json.dumps({**row, "input_tokens": 10**12, "output_tokens": 10**7}) + "\n")
    options = ("--platform", "b200", "--model", "GPT-OSS-120b", "--draws", "1")
    code, _, err = call(capsys, "replay", str(file), *options)
    assert code == 0, err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--platform", "b20"), "did you mean b200"),
        (("--platform", "b200", "--model", "kimi-k2"), "did you mean kimi-k2-5"),
        (("--platform", "b200", "--model", "glm-5", "--set", "gpu_mem=3"), "did you mean gpu_memory?"),
        (("--platform", "vr-nvl72-lpx", "--model", "glm-5", "--set", "hop_latency=3"), "did you mean hop or"),
        (("--platform", "b200", "--model", "glm-5", "--set", "fan_out=3"), "did you mean fanout?"),
        (("--platform", "b200", "--model", "glm-5", "--set", "routng=dice"), "did you mean routing=dice?"),
        (("--platform", "glm-5", "--model", "glm-5"), "did you mean the model glm-5?"),
        (("--platform", "b200", "--platform", "h200", "--model", "glm-5", "--set", "hop=3"), "b200 and h200"),
        (("--platform", "b200", "--model", "glm-5", "--set", "gpu_bandwidth=0"), "a number of more than 0"),
        (("--platform", "b200", "--model", "glm-5", "--set", "replicas=1e9"), "at most 4096"),
    ],
)
def test_what_was_meant_is_suggested(
    options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "replay", "nothing.jsonl", *options)
    assert code == 2
    assert said in err
