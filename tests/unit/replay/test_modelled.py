"""The cost model: hand-computed terms, what fits, and every file that comes along."""

import json
from importlib.resources import files

import jsonschema
import pytest

from agenttrace.errors import InputError
from agenttrace.replay.modelling.architecture import Architecture, architecture
from agenttrace.replay.modelling.cost import Chip, Layout, decode_terms, prefill_ms, prefill_terms
from agenttrace.replay.modelling.serving import ModelledSteps, expected_tokens, room_for
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.modelled import ModelledPlatform, modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.quantities import Claim, Quantity


def _model(name: str) -> Architecture:
    return architecture(parse_toml(shipped_models()[name], name), name)


def _platform(name: str, **numbers: float) -> ModelledPlatform:
    document = parse_toml(shipped_platforms()[name], name)
    for number, value in numbers.items():
        document["numbers"][number] = {
            **document["numbers"][number],
            "value": value,
            "low": value,
            "high": value,
        }
    return modelled_platform(document, name)


@pytest.mark.parametrize(
    ("name", "bytes_per_token"),
    [("llama-3-1-8b", 65_536), ("qwen3-32b", 131_072), ("deepseek-v3", 35_136), ("gpt-oss-120b", 18_432)],
)
def test_the_cache_grows_by_what_the_architecture_says(name: str, bytes_per_token: int) -> None:
    assert _model(name).held_per_token() == bytes_per_token


def test_windows_and_sparse_attention_read_less_than_they_hold() -> None:
    windowed, sparse = _model("gpt-oss-120b"), _model("glm-5-2")
    assert windowed.read_per_sequence(100_000) == 18_432 * (100_000 + 128)
    assert sparse.read_per_sequence(100_000) == 78 * (2_048 * 656 + 100_000 * 132)
    assert sparse.held_per_token() == 78 * (656 + 132)
    assert _model("deepseek-v3").held_per_token() == 61 * 576


def test_a_latent_cache_is_held_by_every_gpu_and_heads_are_shared_out() -> None:
    assert _model("deepseek-v3").kv_shards(8) == 1
    assert _model("llama-3-1-70b").kv_shards(16) == 8


def test_four_bits_come_with_their_scales_and_only_experts_are_kept_in_integers() -> None:
    kimi, oss = _model("kimi-k2-5"), _model("gpt-oss-120b")
    assert kimi.expert_bytes("int4") == kimi.expert_parameters * (4 + 16 / 32) / 8
    assert kimi.expert_bytes("fp4") == kimi.expert_parameters * (4 + 8 / 16) / 8
    assert oss.expert_bytes("fp4") == oss.expert_parameters * (4 + 8 / 32) / 8
    assert kimi.always_bytes("int4") == 2 * kimi.always_parameters
    assert kimi.weight_bytes("int4") > kimi.moe_layers * kimi.experts * kimi.expert_bytes("int4")


def test_integers_are_computed_with_in_sixteen_bits() -> None:
    chip = _platform("b200").chip
    assert chip.peak("int4") == chip.bf16
    assert chip.peak("fp4") > chip.peak("int4")


def test_few_tokens_touch_few_experts() -> None:
    model = _model("deepseek-v3")
    assert model.experts_touched(1) == pytest.approx(8)
    assert model.experts_touched(10_000) == pytest.approx(256)
    assert _model("llama-3-1-8b").experts_touched(5) == 0


def test_the_terms_of_a_step_are_bytes_and_operations_over_peaks() -> None:
    model, chip = _model("llama-3-1-70b"), Chip(1e15, 2e15, 0, 2e12, 1e11, 80e9)
    terms = decode_terms(model, chip, Layout(4), "fp8", (2, 1000))
    assert terms.weights == pytest.approx((model.always_parameters + 2 * 128_256 * 8192) / 4 / 2e12 * 1e3)
    assert terms.cache == pytest.approx(2 * 1000 * 163_840 / 4 / 2e12 * 1e3)
    assert terms.compute == pytest.approx(2 * model.active_parameters * 2 / 4 / 2e15 * 1e3)
    assert terms.hops == 2 * 80 * 2
    assert model.active_parameters == pytest.approx(69.5e9, rel=0.02)
    cached = prefill_ms(model, chip, Layout(4), "fp8", (100, 900)) - prefill_ms(
        model, chip, Layout(4), "fp8", (100, 0)
    )
    assert cached == pytest.approx(80 * 4 * 64 * 128 * 100 * 900 / 4 / 1e15 * 1e3)


def test_a_trillion_parameters_do_not_fit_eight_h100_and_take_eight_racks_of_lpus() -> None:
    model = _model("kimi-k2-instruct")
    small = room_for(_platform("h100"), model)
    assert not small.fits
    assert small.missing is not None
    assert "15 GPUs" in small.missing
    assert (small.gpu_racks, small.lpu_racks) == (15 / 8, 0)  # servers of eight
    room = room_for(_platform("vr-nvl72-lpx"), model)
    assert (room.gpu_racks, room.lpu_racks) == (8 / 72, 8)
    assert room_for(_platform("vr-nvl72-lpx", lpu_racks=9.0), model).lpu_racks == 9
    assert room_for(_platform("vr-nvl72-lpx-draft"), model).lpu_racks == 1
    assert room_for(_platform("vr-nvl72-lpx-draft", lpu_racks=0.0), model).lpu_racks is None
    assert not room_for(_platform("vr-nvl72-lpx", lpu_racks=1.0), model).fits


def test_experts_elsewhere_pay_two_ways_in_every_layer() -> None:
    model = _model("deepseek-v3")
    near, far = (
        ModelledSteps(_platform("vr-nvl72-lpx", hop=hop), model).step_ms(1, 0.0) for hop in (5.0, 15.0)
    )
    assert far - near == pytest.approx(2 * 58 * 0.010)


def test_engines_alternate_where_the_way_is_long_and_not_where_overheads_would_be_paid_again() -> None:
    model = _model("deepseek-v3")

    def took(hop: float, count: float) -> float:
        platform = _platform("vr-nvl72-lpx", micro_batches=count, hop=hop)
        return ModelledSteps(platform, model).step_ms(64, 8_192.0)

    assert took(80.0, 3.0) < took(80.0, 1.0)
    assert took(1.0, 3.0) == took(1.0, 1.0)


def test_drafting_yields_what_is_accepted_in_a_row_and_one_more() -> None:
    assert expected_tokens(4, 0.0) == 1
    assert expected_tokens(4, 1.0) == 5
    assert expected_tokens(2, 0.5) == 1 + 0.5 + 0.25


@pytest.mark.parametrize("name", sorted(shipped_platforms()))
def test_every_platform_is_sound_and_every_number_has_a_source(name: str) -> None:
    schema = json.loads(files("agenttrace.replay.platforms").joinpath("platform.schema.json").read_text())
    jsonschema.validate(parse_toml(shipped_platforms()[name], name), schema)
    platform = _platform(name)
    assert platform.name == name
    for number in platform.numbers.values():
        assert number.source
        assert number.low is None or number.low <= number.value
        assert number.high is None or number.high >= number.value
    steps = ModelledSteps(platform, _model("gpt-oss-120b"))
    fixed, each = steps.decode(4)
    assert fixed > 0
    assert each > 0
    assert steps.prefill(1000, 0) > 0


def test_what_is_missing_or_not_known_is_said() -> None:
    document = parse_toml(shipped_platforms()["h100"], "h100")
    del document["numbers"]["gpu_memory"]
    with pytest.raises(InputError, match=r"numbers\.gpu_memory is missing"):
        modelled_platform(document, "h100")
    document = parse_toml(shipped_platforms()["h100"], "h100")
    document["numbers"]["flux"] = {"value": 1, "unit": "1", "claim": "assumed", "source": "x"}
    with pytest.raises(InputError, match="flux is not known"):
        modelled_platform(document, "h100")
    assert Quantity(1.0, "1", Claim.ASSUMED, "x").low is None


def test_a_prefill_computes_exchanges_and_reads() -> None:
    model, chip = _model("kimi-k2-instruct"), Chip(1e15, 2e15, 0, 2e12, 1e11, 80e9)
    terms = prefill_terms(model, chip, Layout(4), "fp8", (100, 900))
    assert terms.compute == prefill_ms(model, chip, Layout(4), "fp8", (100, 900))
    # Twice in each of 61 layers 100 tokens of 7,168 elements of two bytes, three quarters of them over the link.
    assert terms.traffic == pytest.approx(2 * 61 * 100 * 7168 * 2 * 0.75 / 1e11 * 1e3)
    assert terms.experts == pytest.approx(60 * 384 * 3 * 7168 * 2048 / 4 / 2e12 * 1e3)
    assert prefill_terms(model, chip, Layout(1), "fp8", (100, 0)).traffic == 0


def test_a_step_that_prefills_reads_all_experts_half_of_them_behind_computing() -> None:
    model, platform = _model("kimi-k2-instruct"), _platform("b200", model_error=1.0)
    steps, read = ModelledSteps(platform, model), platform.chip.bandwidth / 1e3
    weights = (model.always_bytes(platform.precision) + model.head_bytes) / 8 / read
    experts = model.routed_parameters / 8 / read
    assert platform.precision == "fp8"
    half = (platform.value("weight_factor") * weights + platform.value("expert_factor") * experts) / 2
    assert steps.prefill_beside == pytest.approx(half * 1e6)
    exchanged = 2 * 61 * 7168 * 2 * 7 / 8 / platform.chip.link * 1e3
    computed = prefill_ms(model, platform.chip, Layout(8), "fp8", (1000, 0))
    expected = (
        platform.value("prefill_factor") * computed + platform.value("traffic_factor") * 1000 * exchanged
    )
    assert steps.prefill(1000, 0) == pytest.approx(expected * 1e6)
