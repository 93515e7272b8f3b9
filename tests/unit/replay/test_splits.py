"""Two engines, by hand: experts elsewhere, all of the decode elsewhere, drafts; each term from the file's numbers."""

from dataclasses import replace
from math import ceil

import pytest

from agenttrace.replay.modelled_target import modelled_target
from agenttrace.replay.modelling.architecture import Architecture, architecture
from agenttrace.replay.modelling.serving import ModelledSteps, room_for
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.modelled import ModelledPlatform, modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.policies import Policies
from unit.replay.loads import serve

OVERHEADS = ("step_overhead", "layer_overhead", "hop_overhead", "sequence_overhead", "moe_overhead")
FACTORS = ("weight_factor", "expert_factor", "cache_factor")
LPU_BYTES_S, LPU_BYTES, LPU_OPS_S = 150e12, 0.5e9, 315e15 / 256


def _model() -> Architecture:
    return architecture(parse_toml(shipped_models()["deepseek-v3"], "m"), "m")


def _bare(name: str, **numbers: float) -> ModelledPlatform:
    """The platform with nothing but bytes over bandwidths: no overheads, no factors, no computing on GPUs."""
    document = parse_toml(shipped_platforms()[name], name)
    plain = dict.fromkeys(OVERHEADS, 0.0) | dict.fromkeys(FACTORS, 1.0)
    plain |= {
        "compute_factor": 0.0,
        "traffic_factor": 0.0,
        "lpu_use": 1.0,
        "lpu_reach": 0.0,
        "model_error": 1.0,
    }
    for number, value in (plain | numbers).items():
        if number in document["numbers"]:
            document["numbers"][number] = {
                **document["numbers"][number],
                "value": value,
                "low": value,
                "high": value,
            }
    return modelled_platform(document, name)


def _attention_ms(model: Architecture, sequences: int, context: float) -> float:
    """Weights that every token meets and the cache, over 8 Rubins at 22 TB/s; a latent is read by each of them."""
    weights = (model.always_parameters + 2.0 * 129_280 * 7_168) / 8 / 22e12
    return 1e3 * (weights + sequences * context * 35_136 / 22e12)


def _experts_ms(tokens: int) -> float:
    """Of one layer on the chips that hold its 256 experts of 44 MB: what is read of them, or what is computed."""
    expert = 3 * 7_168 * 2_048
    chips = ceil(256 * expert / LPU_BYTES)
    touched = 256 * (1 - (1 - 8 / 256) ** tokens)
    return 1e3 * max(touched * expert / (chips * LPU_BYTES_S), 2 * tokens * 8 * expert / (chips * LPU_OPS_S))


def test_the_numbers_of_the_latency_engine_are_the_published_ones() -> None:
    value = _bare("vr-nvl72-lpx").value
    assert (value("lpu_count"), value("lpu_memory"), value("lpu_bandwidth")) == (256, 0.5, 150)
    assert value("lpu_count") * value("lpu_fp8_pflops") == pytest.approx(315, rel=0.01)
    assert value("hop_bandwidth") == 8 * 2 * 800 / 8  # 8 GPUs, two links of 800 Gb/s each
    assert value("lpu_link") * 2 * 256 / 1e3 == pytest.approx(640, rel=0.01)


@pytest.mark.parametrize(("sequences", "context"), [(1, 0.0), (1, 400_000.0), (64, 8_192.0)])
def test_experts_elsewhere_take_attention_experts_and_two_ways_a_layer(
    sequences: int, context: float
) -> None:
    model, serial = _model(), _bare("vr-nvl72-lpx", micro_batches=1.0, hop=5.0)
    way = 5e-3 + 1e3 * sequences * 7_168 * 2 / (serial.value("hop_bandwidth") * 1e9)
    attention, experts = _attention_ms(model, sequences, context), 58 * _experts_ms(sequences)
    took = ModelledSteps(serial, model).step_ms(sequences, context)
    assert took == pytest.approx(attention + experts + 2 * 58 * way, rel=0.01)


def test_micro_batches_hide_the_way_and_the_shorter_engine_but_need_sequences_to_be_made_of() -> None:
    model = _model()

    def took(sequences: int, count: float) -> float:
        platform = _bare("vr-nvl72-lpx", micro_batches=count, hop=5.0)
        return ModelledSteps(platform, model).step_ms(sequences, 8_192.0)

    way = 5e-3 + 1e3 * 32 * 7_168 * 2 / 1.6e12
    attention, experts = _attention_ms(model, 32, 8_192.0), 58 * _experts_ms(32)
    # Two halves of 64 sequences: each goes all the way, and each engine works on both.
    two = max(attention + experts + 2 * 58 * way, 2 * attention, 2 * experts)
    assert took(64, 2.0) == pytest.approx(two, rel=0.01)
    assert took(64, 3.0) <= took(64, 2.0) < took(64, 1.0)
    assert took(1, 3.0) == took(1, 1.0)


def test_all_of_the_decode_elsewhere_reads_each_layer_on_the_chips_that_hold_it() -> None:
    model, platform = _model(), _bare("vr-nvl72-lpx-decode", hop=0.0)
    always, experts = model.always_parameters / 61, 256 * 3 * 7_168 * 2_048
    read = always + 8 * 3 * 7_168 * 2_048
    layer = 1e3 * read / (ceil((always + experts) / LPU_BYTES) * LPU_BYTES_S)
    crossing = 2e3 * 7_168 * 2 / (platform.value("hop_bandwidth") * 1e9)
    assert ModelledSteps(platform, model).step_ms(1, 0.0) == pytest.approx(61 * layer + crossing, rel=0.02)


def test_a_verifying_step_is_shared_by_what_it_yields() -> None:
    model = _model()
    draft = _bare("vr-nvl72-lpx-draft", draft_tokens=3.0, acceptance=0.8, draft_time=20.0, hop=5.0)
    # Weights and cache are read once; four tokens touch more experts than one.
    touched = 58 * 256 * (1 - (1 - 8 / 256) ** 4) * 3 * 7_168 * 2_048
    verify = _attention_ms(model, 1, 10_000.0) + 1e3 * touched / 8 / 22e12
    yielded = 1 + 0.8 + 0.8**2 + 0.8**3
    wanted = (verify + 3 * 20e-3 + 2 * 5e-3) / yielded
    assert ModelledSteps(draft, model).step_ms(1, 10_000.0) == pytest.approx(wanted, rel=0.01)


def test_a_step_of_gpus_alone_adds_what_each_overhead_says() -> None:
    model = _model()
    bare = ModelledSteps(_bare("b200"), model).step_ms(4, 1_000.0)
    for name, count in (
        ("step_overhead", 1),
        ("layer_overhead", 61),
        ("moe_overhead", 58),
        ("sequence_overhead", 4),
        ("hop_overhead", 2 * 61 * 3),
    ):
        assert ModelledSteps(_bare("b200", **{name: 0.01}), model).step_ms(4, 1_000.0) - bare == (
            pytest.approx(0.01 * count)
        )
    computing = ModelledSteps(_bare("b200", **dict.fromkeys(FACTORS, 0.0), compute_factor=1.0), model)
    assert computing.step_ms(4, 0.0) == pytest.approx(1e3 * 2 * model.active_parameters * 4 / 8 / 4.5e15)


def test_the_cache_of_a_decode_elsewhere_is_what_its_chips_have_left() -> None:
    model = _model()
    held, rack = model.weight_bytes("fp8"), 256 * LPU_BYTES
    racks = ceil(held / rack)
    room = room_for(_bare("vr-nvl72-lpx-decode"), model)
    assert room.lpu_racks == racks
    assert room.kv_tokens == int((racks * rack - held) / 35_136)
    assert room_for(_bare("vr-nvl72-lpx-decode", lpu_racks=9.0), model).kv_tokens == pytest.approx(
        (9 * rack - held) / 35_136, rel=0.001
    )


def test_experts_that_compute_elsewhere_are_not_computed_on_the_gpus() -> None:
    model = _model()
    few = dict.fromkeys(FACTORS, 0.0) | {"compute_factor": 1.0, "hop": 0.0, "hop_bandwidth": 1e9}
    took = ModelledSteps(_bare("vr-nvl72-lpx", **few), model).step_ms(256, 0.0) - 58 * _experts_ms(256)
    own = model.always_parameters + 129_280 * 7_168
    assert took == pytest.approx(1e3 * 2 * own * 256 / 8 / 17.5e15, rel=0.01)


def test_a_step_that_decodes_and_prefills_pays_for_being_a_step_once() -> None:
    """Two prompts of 100 tokens, the second sent while the first decodes; layers of 1 ms are all there is."""
    numbers = {"layer_overhead": 1.0, "prefill_factor": 0.0, "gpu_bandwidth": 1e9}
    target = modelled_target(_bare("b200", **numbers), _model(), Policies(), None)
    outcome = serve(replace(target.build({}), overhead_ns=0), [0, 100 * 10**6], [100, 100], [4, 1])

    step = 61 * 10**6
    assert outcome.first.tolist() == pytest.approx([step, 3 * step], rel=1e-6)
    assert outcome.done.tolist() == pytest.approx([4 * step, 3 * step], rel=1e-6)


def test_the_pilots_prefills_come_out_within_a_seventh() -> None:
    """Times in ms of the seven that were published, by batch, new and cached tokens."""
    measured = {
        (1, 1024, 0): 36.8324,
        (2, 1024, 0): 50.999,
        (1, 1024, 1024): 39.5441,
        (1, 8192, 0): 202.3784,
        (2, 8192, 0): 374.7311,
        (1, 16384, 0): 387.1901,
        (1, 16384, 16384): 440.9783,
    }
    document = parse_toml(shipped_platforms()["vr-nvl72-pilot"], "pilot")
    model = architecture(parse_toml(shipped_models()["glm-5-2"], "m"), "m")
    steps = ModelledSteps(modelled_platform(document, "pilot"), model)
    errors = [
        (steps.prefill_start + batch * steps.prefill(new, past)) / 1e6 / took - 1
        for (batch, new, past), took in measured.items()
    ]
    assert max(map(abs, errors)) < 1 / 7
    assert sum(map(abs, errors)) / len(errors) < 0.05
