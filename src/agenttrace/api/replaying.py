"""A replay and a fit, with what has to be known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from agenttrace.api.inputs import Sessions, named, trace_of
from agenttrace.api.replay_cautions import cautions_after, cautions_before, cautions_of_settings
from agenttrace.errors import NoDataError, UsageError
from agenttrace.model.trace import Trace
from agenttrace.replay.caution import Caution
from agenttrace.replay.fitting.limits import worker_limit
from agenttrace.replay.fitting.platform import Fitted, fit_platform
from agenttrace.replay.jitter import Jitter
from agenttrace.replay.measured_target import measured_target
from agenttrace.replay.platforms.choosing import Wanted, choose_target, read_measured
from agenttrace.replay.platforms.measured import MeasuredPlatform
from agenttrace.replay.platforms.shared_settings import shared_settings
from agenttrace.replay.policies import Policies
from agenttrace.replay.replaying import Baseline, Replayed, Scenario, replay
from agenttrace.replay.targets import Target
from agenttrace.replay.workload import Workload, read_workload
from agenttrace.report.lists import distinct_findings

FIT = "fit"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be replayed, on what. `wanted`: the platforms. `baseline_replicas`: None: as its source says."""

    sessions: Sessions
    input_format: str | None
    wanted: Sequence[Wanted]
    baseline: str | MeasuredPlatform
    scenario: Scenario
    baseline_replicas: int | None = None


def replayed(asked: Asked) -> Replayed:
    """The replay, with the findings that go with it."""
    wanted, unused = shared_settings(asked.wanted)
    targets = [choose_target(one) for one in wanted]  # before reading: mistakes are told at once
    trace, workload = read_sessions(asked.sessions, asked.input_format)
    fit = (
        fit_platform(workload, seed=asked.scenario.seed) if asked.baseline == FIT and workload.timed else None
    )
    baseline, said = _baseline(workload, asked, targets, fit)
    if workload.timed:
        wanted = [
            replace(one, served=fit.platform if fit else None, servers_before=_servers(baseline))
            for one in wanted
        ]
        targets = _told_apart(wanted, [choose_target(one) for one in wanted], baseline)
    said += cautions_of_settings(unused, asked.scenario)
    said += cautions_before(trace, workload, targets, baseline.target, asked.scenario)
    found = replay(trace, workload, baseline, targets, asked.scenario)
    said += cautions_after(found)
    findings = [*map(asdict, said), *_read_findings(trace)]
    policies = asked.wanted[0].policies if asked.wanted else Policies()
    return replace(found, findings=findings, sources=named(asked.sessions), policies=policies)


def fitted(
    sessions: Sessions, input_format: str | None, name: str, seed: int
) -> tuple[MeasuredPlatform, list[Row]]:
    """A platform learnt from the sessions, and what was found when they were read.

    Raises NoDataError where they do not tell enough.
    """
    trace, workload = read_sessions(sessions, input_format)
    found = fit_platform(workload, name=name, seed=seed) if workload.timed else None
    if found is None:
        raise NoDataError(
            "nothing to fit: too few requests tell their first token and their tokens",
            hint="a server's or a gateway's trace does, Dynamo's request trace for example",
        )
    return found.platform, _read_findings(trace)


def read_sessions(sessions: Sessions, input_format: str | None) -> tuple[Trace, Workload]:
    """The sessions: those with timings, or where there are none those of a workload. NoDataError: no session."""
    trace = trace_of(sessions, input_format=input_format)
    workload = read_workload(trace)
    if not workload.names:
        raise NoDataError("no session", hint="`agenttrace formats` tells what can be read")
    return trace, workload


def _baseline(
    workload: Workload, asked: Asked, targets: Sequence[Target], found: Fitted | None
) -> tuple[Baseline, list[Caution]]:
    """What served the sessions: named, or learnt (`found`), or else nothing but the recorded times.

    Sessions without times were served by nothing: the first platform that they fit stands for it.
    """
    if asked.baseline != FIT:
        given = read_measured(asked.baseline)
        before = worker_limit(workload.requests.cached_on).value
        model = asked.wanted[0].model
        wanted = Wanted(asked.baseline, model, Policies(), asked.baseline_replicas, servers_before=before)
        target = choose_target(wanted)
        if not target.fits:
            raise UsageError(
                f"--baseline {target.platform}: {target.model} does not fit there: {'; '.join(target.notes)}",
                hint="name what did serve the sessions",
            )
        jitter = Jitter() if given is None else Jitter(None, given.prefill_residuals, given.decode_residuals)
        return Baseline(target, jitter), []
    if not workload.timed:
        first = _first_that_fits(asked, targets)
        name = first.platform if first else "the first platform, had it fitted"
        said = f"the sessions state no times: nothing is recorded, and gains are over {name}"
        return Baseline(first, Jitter()), [Caution("no_recorded_times", "warning", 1, said)]
    if found is None:
        if asked.baseline_replicas is not None:
            raise UsageError(
                f"--baseline-replicas {asked.baseline_replicas}: nothing tells what served the sessions",
                hint="--baseline names it",
            )
        said = "the trace does not tell what served it: gains are over the recorded times, queue and all"
        return Baseline(None, Jitter()), [Caution("no_baseline", "warning", 1, said)]
    own, played = (
        replace(measured_target(found.platform, Policies(), replicas), jitter=Jitter(found.residuals))
        for replicas in (None, asked.baseline_replicas)
    )
    return Baseline(played, Jitter(found.residuals), own), []


def _first_that_fits(asked: Asked, targets: Sequence[Target]) -> Target | None:
    """The first platform that the model fits, with the servers that the baseline is to have."""
    for wanted, target in zip(asked.wanted, targets, strict=True):
        if target.fits:
            replicas = asked.baseline_replicas
            return target if replicas is None else choose_target(replace(wanted, replicas=replicas))
    return None


def _servers(baseline: Baseline) -> int:
    """How many serve, whatever they do; one, where nobody tells."""
    if baseline.target is None or not baseline.target.fits:
        return 1
    served = baseline.target.build({})
    return served.replicas + served.decode_replicas


def _told_apart(wanted: Sequence[Wanted], targets: Sequence[Target], baseline: Baseline) -> list[Target]:
    """Targets with their files behind their names, where the baseline or another target has the same name."""
    names = [target.platform for target in targets] + ([baseline.target.platform] if baseline.target else [])
    told = []
    for one, target in zip(wanted, targets, strict=True):
        is_file = isinstance(one.name, str) and one.name != target.platform
        if is_file and names.count(target.platform) > 1:
            told.append(replace(target, platform=f"{target.platform} ({Path(str(one.name)).name})"))
        else:
            told.append(target)
    return told


def _read_findings(trace: Trace) -> list[Row]:
    import polars as pl  # noqa: PLC0415  # the table, as the reports have it

    rows = distinct_findings(pl.DataFrame(pl.from_arrow(trace.findings)))
    return rows.select("code", "severity", "count", "example").to_dicts()
