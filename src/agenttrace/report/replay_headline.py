"""The answer of a replay in words, with its interval; what it was played under, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.replay.few_draws import ENOUGH_DRAWS
from agenttrace.replay.percentiles import PERCENTS, is_enough
from agenttrace.replay.policies import Policies
from agenttrace.units import format_duration

if TYPE_CHECKING:
    from agenttrace.replay.replaying import Answer, Replayed
    from agenttrace.replay.targets import Target

_SURE = 0.005


def headline(replayed: Replayed) -> str:
    """One sentence for each platform, the first of them first; names of files and platforms are told elsewhere."""
    sentences = [_sentence(replayed, answer) for answer in replayed.answers]
    sentences += [f"{target_name(target)}: does not fit" for target in replayed.unfit]
    return ". ".join(sentences) or "Nothing was asked for"


def _sentence(replayed: Replayed, answer: Answer) -> str:
    before, after, gain = replayed.baseline_wall[0], answer.projected.wall[0], answer.projected.gain[0]
    if before.value != before.value or after.value != after.value:
        return f"{target_name(answer.projected.target)}: nothing to say"
    what = "the session" if replayed.sessions == 1 else f"the median of {replayed.sessions} sessions"
    took = f"{format_duration(round(after.value))} instead of {format_duration(round(before.value))}"
    speed = f"{gain.value:.2f} times as fast (90 % interval {gain.low:.2f} to {gain.high:.2f})"
    verdict = "" if gain.low > 1 + _SURE or gain.high < 1 - _SURE else ", which may be no difference at all"
    return f"{target_name(answer.projected.target)}: {what} takes {took}, {speed}{verdict}"


def target_name(target: Target) -> str:
    """Platform, model and split; signs that do not show are replaced."""
    told = " · ".join(part for part in (target.platform, target.model, target.split) if part)
    return "".join(sign if sign.isprintable() else "?" for sign in told)


def sessions_told(replayed: Replayed) -> str:
    """How many there are."""
    return "1 session" if replayed.sessions == 1 else f"{replayed.sessions} sessions"


def lanes_told(replayed: Replayed) -> str:
    """How many sessions run at once, and whether anybody said so; empty where that is not fixed."""
    if not replayed.lanes:
        return ""
    at_once = min(replayed.lanes, replayed.sessions)
    told = f", {at_once} at once"
    if any(row["code"] == "concurrency_unknown" for row in replayed.findings):
        return f"{told} (assumed)"
    recorded = replayed.recorded_lanes
    return told if recorded in {0, at_once} else f"{told} (when recorded: {recorded})"


def policies_told(replayed: Replayed) -> str | None:
    """Those that were set; None where all are as usual."""
    policies, habits, usual = replayed.policies, replayed.habits, Policies()
    told = [f"routing={policies.routing.value}"] if policies.routing is not usual.routing else []
    told += [] if policies.keep_ns is None else [f"keep={format_duration(policies.keep_ns)}"]
    told += ["release=final"] if policies.release else []
    told += [] if policies.offload is None else [f"offload={policies.offload}"]
    told += [] if habits.fanout is None else [f"fanout={habits.fanout}"]
    told += [] if habits.compact is None else [f"compact={habits.compact}"]
    told += ["priority=main"] if habits.main_first else []
    return f"policies of the platforms: {', '.join(told)}" if told else None


def draws_told(replayed: Replayed) -> str:
    """How many there are, and what few of them mean for intervals."""
    if replayed.draws >= ENOUGH_DRAWS:
        return f"{replayed.draws} draws"
    return (
        f"{replayed.draws} draw{'s' if replayed.draws > 1 else ''}: few, so intervals are at least as wide as what "
        f"any number does alone; {ENOUGH_DRAWS} tell more"
    )


def counted(replayed: Replayed) -> str:
    """How it was played."""
    told = (
        f"{sessions_told(replayed)}, load {replayed.load.value}{lanes_told(replayed)}, {draws_told(replayed)}"
    )
    policies = policies_told(replayed)
    told = f"{told}; {policies}" if policies else told
    few = [f"p{percent}" for percent in PERCENTS if not is_enough(percent, replayed.sessions)]
    return f"{told}; too few sessions for {' and '.join(few)}" if few else told


def first_token_remark(answer: Answer) -> str | None:
    """How far modelled times to the first token can be trusted; None where the platform was measured."""
    if answer.projected.target.model is None:
        return None
    return (
        "times to the first token under load are the least sure part: of measured servers half are missed by more "
        "than 36 %, and by 47 % to the low side where SGLang serves (benchmarks/loaded_servers.py); servers differ "
        "in what they do before a prefill, which request_overhead stands for"
    )


def remarks(answer: Answer) -> list[str]:
    """What has to be known of one answer: where it is extrapolated, what jitter does, what the model cannot say."""
    found = [
        f"extrapolates: {one.condition.replace('_', ' ')} up to {one.reached:.6g}, fitted from {one.low:.6g} to "
        f"{one.high:.6g}; {100 * one.share:.0f} % of the requests lie outside, and the intervals are wider for it"
        for one in answer.projected.left
    ]
    target = answer.projected.target
    if target.model is not None and target.split is not None:
        found.append(
            "prefill is played on this replica's GPUs as if they held all weights; vendors prefill on further GPUs, "
            "which are not counted here"
        )
    if target.deterministic:
        found.append(
            f"{100 * target.deterministic:.0f} % of a decode step is laid down when the program is compiled, says the "
            "vendor, and carries no jitter here"
        )
    return found
