"""Settings as the policy of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from agenttrace.api.settings.resolving import Setting
from agenttrace.diff.metrics import METRICS, Unit
from agenttrace.diff.policy import DEFAULT_GATES, Budget, Gate, Level, Policy, Waiver
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.errors import UsageError, meant


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
            Budget(
                row["metric"],
                Stat(row["stat"]),
                _bound(row, "max"),
                Level(row.get("level", "error")),
                _bound(row, "min"),
            )
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


def _bound(row: Mapping[str, Any], name: str) -> float | None:
    return float(row[name].value) if name in row else None


def _gate(row: Mapping[str, Any]) -> Gate:
    default = Gate(row["metric"], Stat(row["stat"]))
    return Gate(
        row["metric"],
        Stat(row["stat"]),
        Level(row.get("level", "error")),
        row.get("max_increase", row.get("max_decrease", default.tolerated)),
        row.get("margin", default.margin),
        row.get("min_abs"),
    )


def _check_unit(row: Mapping[str, Any], origin: str) -> None:
    """A duration for what is one, and a number for what is none; at least one limit."""
    told = [name for name in ("max", "min") if name in row]
    if not told:
        raise UsageError("budget: max is missing", where=origin, hint="or min, for what must not be less")
    for metric in METRICS:
        for name in told if fnmatchcase(metric.name, row["metric"]) else ():
            if row[name].is_duration is not (metric.unit is Unit.NS):
                hint = (
                    "like '600s'" if metric.unit is Unit.NS else f"of {metric.unit}, without a unit of time"
                )
                raise UsageError(
                    f"budget.{name} = {str(row[name])!r}: {metric.name} wants "
                    f"{'a duration with its unit' if metric.unit is Unit.NS else 'a number'}",
                    where=origin,
                    hint=hint,
                )


def _check_stat(row: Mapping[str, Any], table: str, origin: str) -> None:
    """A statistic that is told of the metric: of others nothing could ever be shown."""
    for metric in METRICS:
        if fnmatchcase(metric.name, row["metric"]) and Stat(row["stat"]) not in metric.stats:
            there = ", ".join(stat.value for stat in metric.stats)
            raise UsageError(
                f"{table}.stat = {row['stat']!r}: {metric.name} has no such statistic",
                where=origin,
                hint=f"there are: {there}",
            )


def _check_metrics(rows: list[dict[str, Any]], table: str, origin: str) -> None:
    names = [metric.name for metric in METRICS]
    for row in rows:
        if "stat" in row:
            _check_stat(row, table, origin)
        if not any(fnmatchcase(name, row["metric"]) for name in names):
            hint = meant(row["metric"], names)
            raise UsageError(f"{table}: there is no metric {row['metric']}", where=origin, hint=hint)
