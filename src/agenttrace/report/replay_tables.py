"""Tables of a replay beside the answer: percentiles with intervals, requests, room and cost."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from agenttrace.critical_path.summary import quantiles
from agenttrace.replay.percentiles import PERCENTS, is_enough, percentiles
from agenttrace.report.cells import Cell, Column, Quoted, Section, Words
from agenttrace.report.replay_headline import first_token_remark, target_name
from agenttrace.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agenttrace.replay.percentiles import Estimate
    from agenttrace.replay.replaying import Answer, Replayed
    from agenttrace.replay.targets import Takes, Target

_ROOM = (
    *(Column("", "text"), Column("fits", "text"), Column("replicas"), Column("GPUs")),
    *(Column("GPU racks"), Column("LPU racks"), Column("price a session"), Column("energy a session")),
    Column("", "text"),
)
_ALWAYS = 4
"""So many columns are there in any case, further ones where they tell something."""

_NOTHING = ("", "–")


def interval_table(replayed: Replayed) -> Section:
    """Recorded, baseline and each platform: percentiles of sessions, each with its interval below."""
    columns = tuple(
        Column(f"p{percent}", remark=None if is_enough(percent, replayed.sessions) else "n too small")
        for percent in PERCENTS
    )
    rows: list[tuple[Cell, ...]] = []
    if len(replayed.recorded):
        told = quantiles(replayed.recorded.tolist())
        shown = (Words(format_duration(ns)) for ns in (told.p50, told.p95, told.p99))
        rows.append((Words("recorded", "strong"), *shown, Words("" if replayed.baseline else "baseline")))
    if replayed.baseline is not None:
        rows += _two_rows(f"{replayed.baseline_name}, simulated", replayed.baseline_wall, "baseline")
    for answer in replayed.answers:
        gain = answer.projected.gain[0]
        told_gain = f"{gain.value:.2f} × ({gain.low:.2f} to {gain.high:.2f})"
        rows += _two_rows(target_name(answer.projected.target), answer.projected.wall, told_gain)
        rows.append(without_jitter(answer))
    return Section(
        "How long sessions take", (Column("", "text"), *columns, Column("gain at p50")), tuple(rows)
    )


def without_jitter(answer: Answer) -> tuple[Cell, ...]:
    """The row of a platform whose steps take what the model says, all of them."""
    values = percentiles(answer.projected.without_jitter.wall)
    return (
        Words("without jitter", "faint"),
        *(Words(_told(float(value)), "faint") for value in values),
        Words(""),
    )


def _two_rows(name: str, estimates: Sequence[Estimate], gain: str) -> list[tuple[Cell, ...]]:
    values = (Words(_told(one.value)) for one in estimates)
    between = (Words(f"{_told(one.low)} to {_told(one.high)}", "faint") for one in estimates)
    return [
        (Quoted(name), *values, Words(gain, "strong")),
        (Words("90 % interval", "faint"), *between, Words("")),
    ]


def _told(value: float) -> str:
    return format_duration(round(value)) if isfinite(value) else "–"


def request_table(answer: Answer) -> Section:
    """Times to the first token, between tokens, and of turns; the slow end of speeds."""
    found = answer.requests
    rows: list[tuple[Cell, ...]] = []
    for name, values in (
        ("to the first token", found.ttft),
        ("between tokens", found.itl),
        ("a turn", found.turn),
    ):
        rows.append((Words(name), *(Words(_told(float(value))) for value in percentiles(values))))
    if len(found.itl):
        speeds = -percentiles(-1e9 / found.itl.clip(1))
        rows.append((Words("tokens/s of a user"), *(Words(f"{value:.1f}") for value in speeds)))
    columns = (Column("", "text"), *(Column(f"p{percent}") for percent in PERCENTS))
    remark = first_token_remark(answer)
    notes = ("of speeds, p95 is what 95 of 100 requests exceed", *([remark] if remark else []))
    return Section("Requests then", columns, tuple(rows), notes)


def room_table(replayed: Replayed) -> Section:
    """Whether each platform holds the model, what all of its replicas take, and what a session costs, where told."""
    rows = [_room(answer.projected.target, answer) for answer in replayed.answers]
    rows += [_room(target, None) for target in replayed.unfit]
    told = [
        place
        for place in range(len(_ROOM))
        if place < _ALWAYS or any(row[place].text not in _NOTHING for row in rows)
    ]
    shown = tuple(tuple(row[place] for place in told) for row in rows)
    return Section("Does it fit", tuple(_ROOM[place] for place in told), shown, tuple(_room_notes(replayed)))


def _room_notes(replayed: Replayed) -> list[str]:
    takes = [answer.projected.target.takes for answer in replayed.answers]
    if not any(takes):
        return []
    notes = [
        "GPUs and racks are those of all replicas; GPU racks: GPUs over those that one rack or server links"
    ]
    if any(one and one.lpu_racks is None for one in takes):
        notes.append(
            "LPU racks not sized: with which model is drafted is not stated; it is one rack at least"
        )
    return notes


def _takes(takes: Takes | None) -> tuple[str, str, str]:
    if takes is None:
        return "–", "–", "–"
    lpu_racks = (
        "not sized" if takes.lpu_racks is None else f"{takes.lpu_racks:.3g}" if takes.lpu_racks else "–"
    )
    return f"{takes.gpus:.0f}", f"{takes.gpu_racks:.3g}", lpu_racks


def _room(target: Target, answer: Answer | None) -> tuple[Words | Quoted, ...]:
    """A row of _ROOM; `answer` None: the model does not fit."""
    served, takes, cost = "–", ("–", "–", "–"), None
    if answer is not None:
        built, cost = target.build({}), answer.cost
        served = f"{built.replicas}" + (f" + {built.decode_replicas}" if built.decode_replicas else "")
        takes = _takes(target.takes_in_all)
    return (
        Quoted(target_name(target)),
        Words("yes" if answer else "no", "plain" if answer else "warning"),
        Words(served),
        *map(Words, takes),
        Words("–" if cost is None or cost.price is None else f"{cost.price:.4g}"),
        Words("–" if cost is None or cost.energy_kwh is None else f"{cost.energy_kwh:.4g} kWh"),
        Quoted("; ".join(target.notes), "lines"),
    )
