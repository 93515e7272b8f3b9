"""docs/reference/settings.md: the keys of agenttrace.toml and of [tool.agenttrace]."""

from __future__ import annotations

from typing import Any

from agenttrace.api.settings.keys import LEVELS, NEEDED, SINGLE, STATS, TABLES
from agenttrace.diff.metrics import METRICS
from agenttrace.diff.policy import DEFAULT_GATES
from agenttrace.documents.markdown import GENERATED, code, table

_SINGLE = {
    "alpha": ("share", "How often all gates together may call equal deployments worse"),
    "run_drift": (
        "share",
        "How much two runs of one deployment are taken to differ, where nobody measured it",
    ),
    "pair_by": ("text", "What pairs sessions, as `--pair-by`"),
    "least_paired": (
        "share",
        "So many sessions of each side need a counterpart, or sides are compared as a whole",
    ),
    "fail_on": ("words", "Verdicts that exit with 1: `regression`, `inconclusive`, `improvement`"),
    "noise": ("file", "What `agenttrace noise` measured"),
    "seed": ("number", "Of all random draws"),
    "suspend_after": ("duration", "An idle stretch longer than this counts as suspended"),
}
_STAT = f"One of {', '.join(STATS)}"
_LEVEL = f"One of {', '.join(LEVELS)}; `warn` is told and never fails"
_ROWS = {
    "gate": {
        "metric": ("text", "A metric, or a glob of metrics"),
        "stat": ("word", _STAT),
        "level": ("word", f"{_LEVEL}. Left out: error"),
        "max_increase": ("share", "So much more is tolerated"),
        "max_decrease": ("share", "The same, of a metric of which less is worse"),
        "margin": ("share", "The whole interval has to lie beyond this"),
        "min_abs": ("duration", "Smaller changes never matter"),
    },
    "budget": {
        "metric": ("text", "A metric"),
        "stat": ("word", _STAT),
        "max": ("duration or number", "The candidate may not exceed this, whatever the baseline did"),
        "level": ("word", f"{_LEVEL}. Left out: error"),
    },
    "waiver": {
        "metric": ("text", "A metric, or a glob of metrics"),
        "reason": ("text", "Why; stands in every report"),
        "expires": ("day", "The last day on which it holds"),
        "max_increase": ("share", "Beyond this the gate fails all the same"),
        "ticket": ("text", "Where it is talked about"),
    },
}


def page() -> str:
    """Single settings, tables of settings, metrics, the default gates."""
    single = [(code(k), _SINGLE[k][0], _default(d), _SINGLE[k][1]) for k, (_, d) in SINGLE.items()]
    parts = [_INTRODUCTION, table(("key", "value", "default", "meaning"), single)]
    for name, keys in TABLES.items():
        rows = [
            (code(k), *_ROWS[name][k][:1], "yes" if k in NEEDED[name] else "", _ROWS[name][k][1])
            for k in keys
        ]
        parts.append(f"## {name}\n\n{table(('key', 'value', 'needed', 'meaning'), rows)}")
    metrics = [
        (code(m.name), m.unit.value, ", ".join(m.stats), "more" if m.more_is_worse else "less")
        for m in METRICS
    ]
    parts.append(f"## Metrics\n\n{table(('metric', 'unit', 'statistics', 'what is worse'), metrics)}")
    gates = [(code(g.metric), g.stat.value, _share(g.tolerated), _share(g.margin)) for g in DEFAULT_GATES]
    parts.append(f"## Gates, if none is set\n\n{table(('metric', 'stat', 'tolerated', 'margin'), gates)}")
    return "\n".join(parts)


_INTRODUCTION = f"""# Settings

{GENERATED}

Settings are read from `agenttrace.toml`, or from `pyproject.toml` under `[tool.agenttrace]`, in this folder or
the nearest one above it that has either; those of `agenttrace.toml` are stronger. `AGENTTRACE_ALPHA` and its
like are stronger than files, the command line is stronger than both. `agenttrace config show` tells which value
holds and where it was said. A share is `0.05` or `"5%"`; a duration carries its unit, like `"250ms"`. [How they
are used](../how-to/diff-in-ci.md).
"""


def _default(value: Any) -> str:  # noqa: ANN401  # whatever a setting may be
    return "" if value is None else code(", ".join(value) if isinstance(value, tuple) else str(value))


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
