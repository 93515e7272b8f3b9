"""What weakens an answer is said: tokens that are not stated, and a model that outdoes the vendor's own claim."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from agenttrace.critical_path.arrays import NULL
from agenttrace.ingest.reading import read
from agenttrace.replay.cautions import cautions
from agenttrace.replay.measured_target import measured_target
from agenttrace.replay.modelled_target import modelled_target
from agenttrace.replay.modelling.architecture import architecture
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.measured import MeasuredPlatform
from agenttrace.replay.platforms.modelled import modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.policies import Policies
from agenttrace.replay.quantities import Claim, Quantity
from agenttrace.replay.targets import Target
from agenttrace.replay.workload import Workload, read_workload

START = 1_767_225_600_000_000_000
TOKENS = {"input_tokens": 100, "output_tokens": 10}


def _workload(folder: Path, *requests: Mapping[str, object]) -> Workload:
    rows = [
        {"session": "s", "span": place + 1, "kind": "request", "name": "chat", **tokens}
        | {"start": START + place * 10**9, "end": START + (place + 1) * 10**9}
        for place, tokens in enumerate(requests)
    ]
    file = folder / "t.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return read_workload(read(file))


def _target(name: str, model: str = "kimi-k2-instruct", **numbers: float) -> Target:
    served = architecture(parse_toml(shipped_models()[model], model), model)
    platform = modelled_platform(parse_toml(shipped_platforms()[name], name), name)
    return modelled_target(platform, served, Policies(numbers=numbers), None)


@pytest.mark.parametrize("left_out", ["input_tokens", "output_tokens"])
def test_requests_without_tokens_are_counted(tmp_path: Path, left_out: str) -> None:
    told = {**TOKENS, "cache_read_tokens": 0}
    some = {name: value for name, value in told.items() if name != left_out}
    (found,) = cautions(_workload(tmp_path, told, some, told), [])

    assert (found.code, found.severity, found.count) == ("tokens_unknown", "warning", 1)
    assert "1 of 3 requests" in found.example


def test_placeholders_are_no_counts(tmp_path: Path) -> None:
    told = {**TOKENS, "cache_read_tokens": 0}
    workload = _workload(tmp_path, told, {**told, "output_tokens": 2, "output_quality": "placeholder"})
    (found,) = cautions(workload, [])

    assert (found.code, found.severity, found.count) == ("tokens_placeholder", "warning", 1)
    assert workload.requests.output_tokens.tolist() == [10, NULL]


def test_a_cache_that_nobody_tells_of_is_said(tmp_path: Path) -> None:
    (found,) = cautions(_workload(tmp_path, TOKENS, {**TOKENS, "cache_read_tokens": 64}), [])

    assert (found.code, found.count) == ("cache_unknown", 1)


def test_a_model_far_above_the_vendors_claim_is_told(tmp_path: Path) -> None:
    workload = _workload(tmp_path, {**TOKENS, "cache_read_tokens": 0})
    found = cautions(workload, [_target("vr-nvl72-lpx-decode"), _target("vr-nvl72-lpx")])

    assert {one.code for one in found} == {"above_vendor_claim"}
    assert all("vr-nvl72-lpx-decode" in one.example for one in found)
    assert len(found) == 2  # tokens a second of one user, and how many times those of GPUs alone
    assert not cautions(workload, [_target("vr-nvl72-lpx-decode", lpu_reach=20.0)])


@pytest.mark.parametrize("served", ["gpt-oss-120b", "llama-3-1-8b"])
def test_what_a_model_of_the_claims_size_shows_is_told_of_small_ones_too(tmp_path: Path, served: str) -> None:
    """The claim is not held against a small model, which may be faster: the cost model is."""
    workload = _workload(tmp_path, {**TOKENS, "cache_read_tokens": 0})
    target = _target("vr-nvl72-lpx-decode", served)
    found = cautions(workload, [target])

    assert [one.code for one in found] == ["above_vendor_claim"] * 2
    assert all(", of the claim's size, " in one.example for one in found)
    assert all(served not in one.example for one in found)
    (error,) = [one.number for one in target.assumptions if one.name == "model_error"]
    assert error.high == pytest.approx(min(one.excess for one in target.claims if one.excess), rel=0.001)
    assert not cautions(workload, [_target("vr-nvl72-lpx", "gpt-oss-120b")])


def test_requests_that_no_replica_has_room_for_are_told(tmp_path: Path) -> None:
    workload = _workload(
        tmp_path,
        {"input_tokens": 990, "output_tokens": 10, "cache_read_tokens": 0},
        {"input_tokens": 991, "output_tokens": 10, "cache_read_tokens": 0},
    )
    room = dict.fromkeys(("step", "step_per_sequence", "step_per_context_token", "prefill_step"), 1.0)
    platform = MeasuredPlatform(
        "small",
        "",
        {
            name: Quantity(value, "", Claim.ASSUMED, "")
            for name, value in (room | {"kv_blocks": 10.0, "block_tokens": 100.0}).items()
        },
    )
    (found,) = cautions(workload, [measured_target(platform, Policies(), None)])

    assert (found.code, found.count) == ("larger_than_cache", 1)
    assert "1 of 2 requests, of up to 1001 tokens" in found.example


def test_another_model_than_the_recorded_one_is_told(tmp_path: Path) -> None:
    told = {**TOKENS, "cache_read_tokens": 0}
    other = _workload(tmp_path, told, {**told, "model": "tiny"}, {**told, "model": "tiny"})
    same = _workload(tmp_path, {**told, "model": "moonshotai/Kimi-K2-Instruct"})
    target = _target("vr-nvl72")

    (found,) = cautions(other, [target])
    assert (found.code, found.count) == ("other_model", 2)
    assert "requests of tiny; vr-nvl72 serves kimi-k2-instruct" in found.example
    assert cautions(same, [target]) == []
    assert cautions(_workload(tmp_path, told), [target]) == []  # nobody tells which model it was
    assert (
        cautions(other, [target], _target("h200", gpus_per_replica=16.0)) == []
    )  # the baseline serves it, too


def test_an_engine_that_has_nothing_to_do_is_told(tmp_path: Path) -> None:
    workload = _workload(tmp_path, {**TOKENS, "cache_read_tokens": 0})
    (found,) = cautions(workload, [_target("vr-nvl72-lpx", model="qwen3-32b")])

    assert found.code == "nothing_offloaded"
    assert "no experts" in found.example


def test_intervals_reach_as_far_as_the_vendors_claim_where_the_cost_model_says_more() -> None:
    def error(target: Target) -> Quantity:
        return next(one.number for one in target.assumptions if one.name == "model_error")

    above, below = _target("vr-nvl72-lpx-decode"), _target("vr-nvl72-lpx")
    excess = [claim.excess for claim in above.claims if claim.excess]
    assert min(excess) > 5
    assert error(above).high == pytest.approx(min(excess), rel=1e-3)
    assert error(below).high == 1.6


def test_one_price_for_platforms_of_several_sizes_is_said(tmp_path: Path) -> None:
    workload = _workload(tmp_path, {**TOKENS, "cache_read_tokens": 0})
    priced = [_target(name, price=90.0, power=600.0) for name in ("vr-nvl72-lpx", "b200")]
    (found,) = cautions(workload, priced)

    assert (found.code, found.severity, found.count) == ("price_shared", "warning", 2)
    assert "price=90 and power=600" in found.example
    assert "vr-nvl72-lpx (GPUs: 8, LPU racks: 8); b200 (GPUs: 8)." in found.example
    assert not cautions(workload, priced[:1])
    assert not cautions(workload, [_target("vr-nvl72-lpx"), _target("b200")])
