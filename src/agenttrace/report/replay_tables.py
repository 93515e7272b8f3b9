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
    from agenttrace.replay.targets import Target


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
    """Whether each platform holds the model, with how many racks, and what a session costs."""
    rows: list[tuple[Cell, ...]] = []
    for answer in replayed.answers:
        target, cost = answer.projected.target, answer.cost
        built = target.build({})
        served = (
            f"{built.replicas} + {built.decode_replicas}" if built.decode_replicas else f"{built.replicas}"
        )
        price = "–" if cost is None or cost.price is None else f"{cost.price:.4g}"
        energy = "–" if cost is None or cost.energy_kwh is None else f"{cost.energy_kwh:.4g} kWh"
        gpus = gpus_of(target)
        rows.append(_room(target, "yes", served, "–" if gpus is None else str(gpus), price, energy))
    rows += [_room(target, "no", "–", "–", "–", "–") for target in replayed.unfit]
    columns = (Column("", "text"), Column("fits", "text"), Column("replicas"), Column("GPUs"))
    costs = (Column("racks each"), Column("price a session"), Column("energy a session"), Column("", "text"))
    return Section("Does it fit", columns + costs, tuple(rows))


def gpus_of(target: Target) -> int | None:
    """Of all its replicas; None where nobody says how many one has."""
    each = next((one.number.value for one in target.assumptions if one.name == "gpus_per_replica"), None)
    served = target.build({})
    return None if each is None else round(each * (served.replicas + served.decode_replicas))


def _room(target: Target, fits: str, *numbers: str) -> tuple[Cell, ...]:
    served, gpus, price, energy = numbers
    return (
        Quoted(target_name(target)),
        Words(fits, "plain" if fits == "yes" else "warning"),
        Words(served),
        Words(gpus),
        Words(_racks(target.racks)),
        Words(price),
        Words(energy),
        Quoted("; ".join(target.notes), "lines"),
    )


def _racks(racks: float | None) -> str:
    return "–" if racks is None else f"{racks:.3g}"
