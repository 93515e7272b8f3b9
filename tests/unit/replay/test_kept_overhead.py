"""What requests wait beyond their tokens stays when hardware changes, where the trace tells it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agenttrace.replay.kept_overhead import with_kept_overhead
from agenttrace.replay.modelled_target import modelled_target
from agenttrace.replay.modelling.architecture import Architecture, architecture
from agenttrace.replay.modelling.serving import ModelledSteps
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from agenttrace.replay.platforms.measured import MeasuredPlatform
from agenttrace.replay.platforms.modelled import ModelledPlatform, modelled_platform
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.policies import Policies
from agenttrace.replay.quantities import Claim, Identified, Quantity

MS = 1_000_000


def _model() -> Architecture:
    return architecture(parse_toml(shipped_models()["gpt-oss-120b"], "m"), "m")


def _platform() -> ModelledPlatform:
    return modelled_platform(parse_toml(shipped_platforms()["b200"], "b200"), "b200")


def _served(identified: Identified = Identified.YES) -> MeasuredPlatform:
    def told(value: float, low: float, high: float) -> Quantity:
        return Quantity(value * MS, "ns", Claim.MEASURED, "a trace", low * MS, high * MS, identified)

    return MeasuredPlatform("fit", "", {"request_overhead": told(2, 1, 3), "prefill_step": told(20, 19, 21)})


def test_the_traced_servers_overhead_is_kept_without_what_the_new_ones_steps_take() -> None:
    kept = with_kept_overhead(_platform(), _model(), _served()).numbers["request_overhead"]
    own = ModelledSteps(_platform(), _model()).prefill_start

    assert kept.value == pytest.approx(22 * MS - own)
    assert (kept.low, kept.high, kept.claim) == (1 * MS, 24 * MS, Claim.MEASURED)


def test_steps_that_start_slower_than_the_traced_ones_leave_the_dispatch() -> None:
    numbers = dict(_platform().numbers)
    numbers["step_overhead"] = replace(numbers["step_overhead"], value=500.0)
    slow = replace(_platform(), numbers=numbers)

    assert with_kept_overhead(slow, _model(), _served()).value("request_overhead") == 2 * MS


@pytest.mark.parametrize("served", [None, _served(Identified.NO)])
def test_what_no_trace_tells_stays_as_it_is_shipped(served: MeasuredPlatform | None) -> None:
    assert with_kept_overhead(_platform(), _model(), served) == _platform()


def test_what_is_set_by_hand_counts() -> None:
    kept = with_kept_overhead(_platform(), _model(), _served())
    policies = Policies(numbers={"request_overhead": 40.0 * MS})

    assert modelled_target(kept, _model(), policies, None).build({}).overhead_ns == 40 * MS
