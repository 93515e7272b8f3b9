"""All of a replay: the checks on itself, the baseline, and each target beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from agenttrace.critical_path.analysis import analyze
from agenttrace.critical_path.arrays import Ints
from agenttrace.critical_path.summary import summarise
from agenttrace.display import card, line
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Phase
from agenttrace.replay.advice import Advice, advise
from agenttrace.replay.choices import Load
from agenttrace.replay.concurrency import recorded_at_once
from agenttrace.replay.costs import Cost, cost_of
from agenttrace.replay.grown_prompts import is_cache_untold, with_grown_prompts
from agenttrace.replay.isolated import Reference
from agenttrace.replay.jitter import Jitter
from agenttrace.replay.kept_times import keeps_time
from agenttrace.replay.levers import compacted, main_agents_first, most_at_once
from agenttrace.replay.load import recorded_lanes
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.percentile_rows import percentile_rows, told_rows
from agenttrace.replay.percentiles import Draws, Estimate, estimate, percentiles
from agenttrace.replay.playing import Stage, set_stage
from agenttrace.replay.policies import Habits, Policies
from agenttrace.replay.projection import Projected, Simulated, draws_for, project, simulate
from agenttrace.replay.retimed import retimed
from agenttrace.replay.targets import Target
from agenttrace.replay.workload import Workload, read_workload

_TOOLS = 0.5
_NOT_ACTIVE = (Phase.USER, Phase.SUSPENDED)


@dataclass(frozen=True, slots=True)
class Scenario:
    """How it is played. `lanes`: sessions at once; None: as many as were recorded. `draws`: None: by size.

    `habits`: how agents work on the targets; on the baseline they work as they did.
    """

    load: Load = Load.CLOSED
    lanes: int | None = None
    draws: int | None = None
    seed: int = 1
    habits: Habits = field(default_factory=Habits)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the sessions are compared with: the servers that they ran on, as far as these are known.

    `target`: None where nothing could be fitted and nothing was named: then it is the recorded times themselves.
    `self_target`: the fit with the replicas that it was fitted to, for the check on itself.
    """

    target: Target | None
    jitter: Jitter
    self_target: Target | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Requested:
    """Times of requests, in ns: `turn` from one sending to the agent's next one, `itl` a token."""

    turn: Ints
    ttft: Ints
    itl: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One target. `phases`: the critical path's, of all sessions, in ns. `bottleneck`: the largest of them.

    That a person thinks or the machine sleeps is no bottleneck.
    """

    projected: Projected
    phases: dict[str, int]
    bottleneck: str | None
    requests: Requested
    turn: list[Estimate]
    advice: list[Advice]
    cost: Cost | None


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """What was played, and the checks on it.

    `recorded`: what the sessions took; empty where nobody says. `identity_error_ns`: how far recorded durations
    through the same course are from that, None where nothing is recorded.
    `self_ratio`: the fit played on its own trace over what was recorded, p50 and p95; None where there is no fit.
    `baseline`: what gains are over, None: the recorded times.
    `lanes`: sessions at once in a closed load, 0 in others; `recorded_lanes`: how many there were, 0: nobody says.
    `policies`, `habits`: of the platforms, and of agents on them.
    `findings`: what has to be known of it, with code, severity, count and example; `sources`: what was read.
    """

    sessions: int
    recorded: Ints
    identity_error_ns: int | None
    self_ratio: tuple[float, float] | None
    load: Load
    lanes: int
    draws: int
    baseline_name: str
    baseline_wall: list[Estimate]
    baseline_phases: dict[str, int]
    answers: list[Answer]
    unfit: list[Target]
    baseline: Target | None = None
    findings: Sequence[dict[str, Any]] = ()
    sources: Sequence[str] = ()
    recorded_lanes: int = 0
    policies: Policies = field(default_factory=Policies)
    habits: Habits = field(default_factory=Habits)

    @property
    def table(self) -> pl.DataFrame:
        """A row for each platform and percentile of sessions: its wall time, the baseline's, and the gain.

        Each with the interval that holds it nine times of ten. `enough`: whether so many sessions carry it.
        """
        return percentile_rows(self)

    def __repr__(self) -> str:
        """One line: how it was played, and the gain of each platform."""
        unfit = [(target.platform, "does not fit") for target in self.unfit]
        return line("Replayed", [("sessions", str(self.sessions)), *map(_gained, self.answers), *unfit])

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        facts = [("sessions", str(self.sessions)), ("load", self.load.value), ("draws", str(self.draws))]
        return card("Replay", [*facts, ("baseline", self.baseline_name)], told_rows(self.table))


def replay(
    trace: Trace, workload: Workload, baseline: Baseline, targets: Sequence[Target], scenario: Scenario
) -> Replayed:
    """Plays the workload, which was read from the trace, on the baseline and on every target that fits."""
    lanes = scenario.lanes or recorded_lanes(workload.start, workload.wall)
    draws = draws_for(len(workload.requests), scenario.draws)
    reference = _reference(workload, baseline, scenario.load)
    bounded = _is_bounded([*targets, *([baseline.target] if baseline.target else [])])
    grown = bounded or is_cache_untold(workload)
    workload = with_grown_prompts(workload) if grown else workload
    stage = set_stage(workload, scenario.load, lanes, reference)
    before = _before(stage, baseline, draws, scenario.seed)
    quick = read_workload(trace, tool_factor=_TOOLS)
    quick = with_grown_prompts(quick) if grown else quick
    faster = set_stage(quick, scenario.load, lanes, reference)
    changed, faster_tools = _with_habits(stage, scenario.habits), _with_habits(faster, scenario.habits)
    answers = [
        _answer(
            trace,
            changed,
            faster_tools,
            project(changed, before, target, baseline.jitter, draws, scenario.seed),
            scenario.seed,
        )
        for target in targets
        if target.fits
    ]
    return Replayed(
        sessions=len(workload.names),
        recorded=workload.wall if workload.timed else workload.wall[:0],
        identity_error_ns=_identity_error(workload),
        self_ratio=_self_ratio(workload, baseline),
        load=scenario.load,
        lanes=lanes if scenario.load is Load.CLOSED else 0,
        draws=draws,
        baseline_name=baseline.target.platform if baseline.target else "recorded",
        baseline_wall=estimate(before.draws, scenario.seed),
        baseline_phases=_phases(trace, before.first),
        answers=answers,
        unfit=[target for target in targets if not target.fits],
        baseline=baseline.target,
        recorded_lanes=recorded_at_once(workload),
        habits=scenario.habits,
    )


def _with_habits(stage: Stage, habits: Habits) -> Stage:
    """The same sessions, with agents that work in another way."""
    if habits.change_nothing:
        return stage
    workload = stage.workload
    if habits.fanout is not None:
        limited = most_at_once(workload, habits.fanout)
        stage = replace(set_stage(limited, stage.load, stage.lanes, stage.reference), demand=stage.demand)
    if habits.compact is not None:
        stage = replace(stage, demand=compacted(workload.requests, stage.demand, habits.compact))
    if habits.main_first:
        stage = replace(stage, demand=main_agents_first(workload.requests, stage.demand))
    return stage


def _is_bounded(targets: Sequence[Target]) -> bool:
    """Whether any of the servers can lose what it has cached."""
    built = [target.build({}) for target in targets if target.fits]
    return any(one.kv_blocks is not None or one.keep_ns is not None or one.release for one in built)


def _reference(workload: Workload, baseline: Baseline, load: Load) -> Reference | None:
    """What recorded service is set in relation to, where there is such."""
    if load is not Load.ISOLATED or baseline.target is None or not workload.timed:
        return None
    return Reference(baseline.target.build({}), baseline.jitter.own)


def _identity_error(workload: Workload) -> int | None:
    if not workload.timed:
        return None
    unchanged = set_stage(workload, Load.RECORDED, 0).play_recorded()
    return int(np.abs(unchanged.wall - workload.wall).max(initial=0))


def _before(stage: Stage, baseline: Baseline, draws: int, seed: int) -> Simulated:
    if baseline.target is not None:
        return simulate(stage, baseline.target, baseline.jitter, draws, seed)
    outcome = stage.play_recorded()
    same = np.tile(outcome.wall.astype(np.float64), (draws, 1))
    return Simulated(Draws(same, same), outcome)


def _self_ratio(workload: Workload, baseline: Baseline) -> tuple[float, float] | None:
    """In closed loop, at the replicas and lanes that were recorded."""
    if baseline.self_target is None or not len(workload.wall):
        return None
    stage = set_stage(workload, Load.CLOSED, recorded_lanes(workload.start, workload.wall))
    ratio = percentiles(stage.play(baseline.self_target.build({})).wall) / percentiles(workload.wall)
    return float(ratio[0]), float(ratio[1])


def _answer(trace: Trace, stage: Stage, faster_tools: Stage, projected: Projected, seed: int) -> Answer:
    outcome, served = projected.simulated.first, projected.target.build({})
    phases = _phases(trace, outcome)
    requests = requested(stage.workload, outcome)
    turns = requests.turn.astype(np.float64)[None, :]
    none = np.zeros((0, turns.shape[1]))
    return Answer(
        projected=projected,
        phases=phases,
        bottleneck=_bottleneck(phases),
        requests=requests,
        turn=estimate(Draws(turns, none), seed),
        advice=advise(stage, served, faster_tools),
        cost=cost_of(outcome, served.replicas + served.decode_replicas, projected.target.rates),
    )


def _bottleneck(phases: dict[str, int]) -> str | None:
    active = {name: time for name, time in phases.items() if name not in _NOT_ACTIVE and time}
    return max(active, key=lambda name: active[name]) if active else None


def _phases(trace: Trace, outcome: Outcome) -> dict[str, int]:
    """The critical path of the sessions at simulated times."""
    return dict(summarise(analyze(retimed(trace, outcome))).critical_path_ns)


def requested(workload: Workload, outcome: Outcome) -> Requested:
    """What requests took; of those that the simulation finished, tokens' times of those that servers were asked for."""
    requests = workload.requests
    finished = outcome.done >= 0
    order = np.lexsort((outcome.sent, requests.agent, requests.session))
    order = order[finished[order]]
    turn = outcome.done[order] - outcome.sent[order]
    same = (requests.session[order][1:] == requests.session[order][:-1]) & (
        requests.agent[order][1:] == requests.agent[order][:-1]
    )
    turn[:-1] = np.where(same, outcome.sent[order][1:] - outcome.sent[order][:-1], turn[:-1])
    served = finished & ~keeps_time(workload)
    steps = np.maximum(requests.output_tokens, 0) - 1
    several = served & (steps > 0)
    itl = (outcome.done - outcome.first)[several] // steps[several]
    return Requested(turn, (outcome.first - outcome.sent)[served], itl)


def _gained(answer: Answer) -> tuple[str, str]:
    gain = answer.projected.gain[0]
    return answer.projected.target.platform, f"{gain.value:.2f} x ({gain.low:.2f} to {gain.high:.2f})"
