"""Platforms and models in files of one's own: what is wrong is said with the file, the key, and what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.errors import InputError, UsageError
from agenttrace.replay.modelling.architecture import architecture
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.modelled import modelled_platform
from agenttrace.replay.platforms.toml_text import measured_platform, parse_toml
from agenttrace.replay.policies import check_setting

MEASURED = """schema_version = 1
kind = "measured"
name = "own"
[numbers]
""" + "".join(
    f'{name} = {{ value = 5, unit = "{unit}", claim = "measured", source = "by hand" }}\n'
    for name, unit in (
        ("step", "ns"),
        ("step_per_sequence", "ns"),
        ("step_per_context_token", "ns/token"),
        ("prefill_step", "ns"),
        ("prefill_per_token", "ns/token"),
        ("prefill_per_token_context", "ns/token^2"),
        ("request_overhead", "ns"),
        ("replicas", "replicas"),
    )
)


def _said_of_measured(**changes: Any) -> str:
    document = parse_toml(MEASURED, "own.toml")
    document["numbers"]["step"].update(changes)
    with pytest.raises(InputError) as caught:
        measured_platform(document, "own.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": "ms"}, "own.toml: numbers.step: unit is 'ms', expected 'ns'"),
        ({"value": -5}, "own.toml: numbers.step: value is -5, expected a number of at least 0"),
        ({"low": 6}, "own.toml: numbers.step: low is 6, but the value is 5"),
        ({"high": 4}, "own.toml: numbers.step: high is 4, but the value is 5"),
        ({"claim": "heard"}, "claim is 'heard', expected one of measured, vendor, derived, assumed"),
        ({"value": float("nan")}, "nan is no finite number"),
    ],
)
def test_a_number_that_cannot_be_is_named(changes: dict[str, Any], said: str) -> None:
    assert said in _said_of_measured(**changes)


@pytest.mark.parametrize(
    "told",
    [
        "x",
        ["x"],
        [{"code": "a", "severity": "warning", "count": 1}],
        [{"code": "a", "severity": "grave", "count": 1, "example": "b"}],
        [{"code": "a", "severity": "warning", "count": -1, "example": "b"}],
        [{"code": 7, "severity": "warning", "count": 1, "example": "b"}],
        [{"code": "a", "severity": "warning", "count": 1, "example": "b", "more": 1}],
    ],
)
def test_findings_of_another_shape_are_refused(told: object) -> None:
    document = {**parse_toml(MEASURED, "own.toml"), "findings": told}
    with pytest.raises(InputError, match=r"own.toml: findings: expected tables with code, severity"):
        measured_platform(document, "own.toml")


def test_a_name_that_is_not_known_is_no_number_left_out() -> None:
    document = parse_toml(MEASURED, "own.toml")
    document["numbers"]["sequnces"] = document["numbers"]["step"]
    with pytest.raises(InputError, match=r"numbers\.sequnces is not known\nhint: did you mean sequences\?"):
        measured_platform(document, "own.toml")
    document = parse_toml(MEASURED.replace("name =", "nmae ="), "own.toml")
    with pytest.raises(InputError, match=r"nmae is not known\nhint: did you mean name\?"):
        measured_platform(document, "own.toml")


def test_what_a_fit_writes_beside_its_limits_is_known() -> None:
    text = MEASURED + (
        'sequences_seen = { value = 6, unit = "sequences", claim = "measured", source = "x" }\n'
        "[observed]\nsequences = [1, 6]\n[residuals]\ndecode = [0.5, 1.0, 2.0]\n"
    )
    assert measured_platform(parse_toml(text, "own.toml"), "own.toml").decode_residuals == [0.5, 1.0, 2.0]


@pytest.mark.parametrize(
    "tail", ['[residuals]\ndecode = "x"', "[residuals]\ndecode = [0.0, 1.0]", "[observed]\nsequences = 3"]
)
def test_residuals_and_observed_ranges_are_checked(tail: str) -> None:
    with pytest.raises(InputError, match=r"own\.toml: (residuals\.decode|observed\.sequences): "):
        measured_platform(parse_toml(MEASURED + tail, "own.toml"), "own.toml")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("precision", "fp9", "precision is 'fp9', expected one of"),
        ("splitt", "none", "splitt is not known"),
        (
            "tiers",
            [{"name": "t", "capacity_gb": 1, "bandwidth_gb_s": 0, "latency_us": 1, "source": "s"}],
            "own.toml: tiers: bandwidth_gb_s is 0, expected a number of more than 0",
        ),
        (
            "claims",
            [{"what": "w", "value": float("inf"), "unit": "x", "source": "s"}],
            "own.toml: claims: value is inf, expected a number of at least 0",
        ),
    ],
)
def test_a_modelled_platform_is_checked_as_well(key: str, value: object, said: str) -> None:
    document = parse_toml(shipped_platforms()["vr-nvl72-lpx"], "own.toml") | {key: value}
    with pytest.raises(InputError) as caught:
        modelled_platform(document, "own.toml")
    assert said in str(caught.value)


@pytest.mark.parametrize("key", ["layers", "kv_heads", "kv_elements"])
def test_a_model_without_layers_is_none(key: str) -> None:
    document = parse_toml(shipped_models()["gpt-oss-20b"], "own.toml") | {key: 0}
    with pytest.raises(InputError, match=f"own.toml: {key} is 0, expected at least 1"):
        architecture(document, "own.toml")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sequences", 0),
        ("step_tokens", 0),
        ("kv_blocks", 0.4),
        ("replicas", 1e9),
        ("step", 1e18),
        ("lpu_use", 2),
    ],
)
def test_a_number_that_nothing_can_be_served_with_is_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"--set {name}="):
        check_setting(name, value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("replicas", 2.5, "expected a whole number"),
        ("kv_blocks", 3.7, "expected a whole number"),
        ("sequences", 1e300, "at most 1e\\+15"),
    ],
)
def test_a_count_is_whole_and_what_is_too_large_is_told_the_end(name: str, value: float, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_setting(name, value)
    check_setting(name, 3.0)
