"""A measured platform as something to replay on."""

from __future__ import annotations

from dataclasses import replace

from agenttrace.errors import UsageError
from agenttrace.replay.costs import Rates
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.jitter import Jitter
from agenttrace.replay.platforms.measured import NAMES, MeasuredPlatform
from agenttrace.replay.policies import SET, Policies, check_setting, no_such_number
from agenttrace.replay.quantities import Claim, Quantity
from agenttrace.replay.targets import Assumption, Target


def measured_target(platform: MeasuredPlatform, policies: Policies, replicas: int | None) -> Target:
    """Its servers, under these policies. Raises UsageError for a number that it does not have."""
    unknown = [name for name in policies.numbers if name not in NAMES]
    if unknown:
        raise no_such_number(unknown[0], platform.name, NAMES)
    if policies.offload is not None:
        raise UsageError(
            f"--set offload={policies.offload}: {platform.name} was measured and states no tiers"
        )
    numbers = dict(platform.numbers)
    for name, value in policies.numbers.items():
        check_setting(name, value)
        numbers[name] = Quantity(value, NAMES[name][0], Claim.ASSUMED, SET)
    chosen = replace(platform, numbers=numbers)

    def build(changed: dict[str, float]) -> Deployment:
        varied = {
            name: replace(number, value=changed[name]) if name in changed else number
            for name, number in chosen.numbers.items()
        }
        found = replace(chosen, numbers=varied).deployment(replicas, policies.routing)
        return replace(found, keep_ns=policies.keep_ns, release=policies.release)

    return Target(
        platform=platform.name,
        model=None,
        split=None,
        build=build,
        jitter=_jitter(platform),
        rates=Rates(chosen.value("price"), chosen.value("power"), chosen.value("energy_price")),
        observed=platform.observed,
        cautions=platform.findings,
        assumptions=[Assumption(name, number) for name, number in numbers.items() if name in NAMES],
    )


def _jitter(platform: MeasuredPlatform) -> Jitter | None:
    if not platform.prefill_residuals and not platform.decode_residuals:
        return None
    return Jitter(None, platform.prefill_residuals, platform.decode_residuals)
