"""Settings as the policy of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from agenttrace.api.settings.resolving import Setting
from agenttrace.diff.metrics import METRICS, Unit
from agenttrace.diff.policy import DEFAULT_GATES, Budget, Gate, Level, Policy, Waiver
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.errors import UsageError


def policy_of(settings: Mapping[str, Setting]) -> Policy:
    """Gates that are set stand in place of the default ones."""
    value = {name: setting.value for name, setting in settings.items()}
    for table in ("gate", "budget", "waiver"):
        _check_metrics(value[table], table, settings[table].origin)
    for row in value["budget"]:
        _check_unit(row, settings["budget"].origin)
    return Policy(
        gates=tuple(_gate(row) for row in value["gate"]) or DEFAULT_GATES,
        budgets=tuple(
            Budget(row["metric"], Stat(row["stat"]), row["max"].value, Level(row.get("level", "error")))
            for row in value["budget"]
        ),
        waivers=tuple(
            Waiver(row["metric"], row["reason"], row["expires"], row.get("max_increase"), row.get("ticket"))
            for row in value["waiver"]
        ),
        alpha=value["alpha"],
        run_drift=value["run_drift"],
        least_paired=value["least_paired"],
        pair_by=value["pair_by"],
        fail_on=value["fail_on"],
        seed=value["seed"],
    )


def _gate(row: Mapping[str, Any]) -> Gate:
    default = Gate(row["metric"], Stat(row["stat"]))
    return Gate(
        row["metric"],
        Stat(row["stat"]),
        Level(row.get("level", "error")),
        row.get("max_increase", row.get("max_decrease", default.tolerated)),
        row.get("margin", default.margin),
        row.get("min_abs", default.least_ns),
    )


def _check_unit(row: Mapping[str, Any], origin: str) -> None:
    """A duration for what is one, and a number for what is none."""
    for metric in METRICS:
        if fnmatchcase(metric.name, row["metric"]) and row["max"].is_duration is not (metric.unit is Unit.NS):
            hint = "like '600s'" if metric.unit is Unit.NS else f"of {metric.unit}, without a unit of time"
            raise UsageError(
                f"budget.max = {str(row['max'])!r}: {metric.name} wants "
                f"{'a duration with its unit' if metric.unit is Unit.NS else 'a number'}",
                where=origin,
                hint=hint,
            )


def _check_metrics(rows: list[dict[str, Any]], table: str, origin: str) -> None:
    from difflib import get_close_matches  # noqa: PLC0415  # only for a mistake

    names = [metric.name for metric in METRICS]
    for row in rows:
        if not any(fnmatchcase(name, row["metric"]) for name in names):
            near = get_close_matches(row["metric"], names, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
            raise UsageError(f"{table}: there is no metric {row['metric']}", where=origin, hint=hint)
