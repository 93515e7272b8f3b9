"""Settings of a comparison: where they may be said, what they may be, and which of them holds."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from agenttrace.api.settings.policies import policy_of
from agenttrace.api.settings.resolving import resolve
from agenttrace.diff.policy import DEFAULT_GATES, Level
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.errors import UsageError
from cli.running import call

WHOLE = """
alpha = 0.1
run_drift = "3%"
fail_on = ["regression", "inconclusive"]

[[gate]]
metric = "session.active_time"
stat = "geomean"
max_increase = "8%"
min_abs = "1.5s"

[[gate]]
metric = "session.success_rate"
stat = "mean"
level = "warn"
max_decrease = 0.02

[[budget]]
metric = "session.active_time"
stat = "p95"
max = "10m"

[[budget]]
metric = "cache.hit_rate"
stat = "mean"
max = "90%"
level = "warn"

[[waiver]]
metric = "phase.tool"
reason = "new test suite"
expires = 2026-12-31
max_increase = 0.3
ticket = "ABC-1"
"""


def _file(folder: Path, text: str, name: str = "agenttrace.toml") -> str:
    path = folder / name
    path.write_text(text)
    return str(path)


def test_everything_that_can_be_set(tmp_path: Path) -> None:
    policy = policy_of(resolve(config=_file(tmp_path, WHOLE)))
    first, second = policy.gates
    assert (first.stat, first.tolerated, first.least_ns) == (Stat.GEOMEAN, 0.08, 1_500_000_000)
    assert (second.level, second.tolerated) == (Level.WARN, 0.02)
    assert [(of.most, of.level) for of in policy.budgets] == [(600e9, Level.ERROR), (0.9, Level.WARN)]
    (waiver,) = policy.waivers
    assert (waiver.expires, waiver.most, waiver.ticket) == (date(2026, 12, 31), 0.3, "ABC-1")
    assert (policy.alpha, policy.run_drift) == (0.1, 0.03)
    assert policy.fail_on == ("regression", "inconclusive")


def test_without_settings_the_default_gates_hold() -> None:
    assert policy_of(resolve(no_config=True)).gates == DEFAULT_GATES


def test_the_nearer_word_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _file(tmp_path, "[tool.agenttrace]\nalpha = 0.1\nseed = 1\nleast_paired = 0.5\n", "pyproject.toml")
    own = _file(tmp_path, "seed = 2\nleast_paired = 0.6\n")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.setenv("AGENTTRACE_LEAST_PAIRED", "70%")
    found = resolve({"seed": 3}, folder=inside)
    told = {
        name: (found[name].value, found[name].origin) for name in ("alpha", "seed", "least_paired", "noise")
    }
    assert told == {
        "alpha": (0.1, str(tmp_path / "pyproject.toml")),
        "seed": (3, "command line"),
        "least_paired": (0.7, "environment"),
        "noise": (None, "default"),
    }
    assert resolve(config=own)["seed"].origin == own


def test_config_show_says_where_each_value_comes_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _file(tmp_path, WHOLE)
    code, out, _ = call(capsys, "config", "show", "--config", path, "--format", "json")
    told = json.loads(out)
    assert code == 0
    assert told["alpha"] == {"value": 0.1, "origin": path}
    assert told["seed"] == {"value": 0, "origin": "default"}
    assert told["budget"]["value"][0]["max"] == "10m"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alhpa = 0.1", "did you mean alpha?"),
        ("[[budgets]]\nmetric = 'session.active_time'", "did you mean budget?"),
        ("[[gate]]\nmetric = 'session.active_tme'\nstat = 'p50'", "did you mean session.active_time?"),
        ("[[gate]]\nmetric = 'session.active_time'", "gate: stat is missing"),
        ("[[gate]]\nmetric = 'session.active_time'\nstat = 'p96'", "expected one of geomean"),
        (
            "[[gate]]\nmetric = 'session.active_time'\nstat = 'p50'\nmin_abs = 250",
            "expected a duration with a unit",
        ),
        ("[[waiver]]\nmetric = 'phase.tool'\nreason = 'r'", "waiver: expires is missing"),
        ("[[waiver]]\nmetric = 'phase.tool'\nreason = ''\nexpires = 2026-12-31", "expected text"),
        (
            "[[waiver]]\nmetric = 'phase.tool'\nreason = 'r'\nexpires = 'soon'",
            "expected a day like 2026-12-31",
        ),
        (
            "[[budget]]\nmetric = 'session.active_time'\nstat = 'p95'\nmax = 600",
            "session.active_time wants a duration with its unit",
        ),
        ("[[budget]]\nmetric = 'cache.hit_rate'\nstat = 'mean'\nmax = '5s'", "cache.hit_rate wants a number"),
        ("alpha = -1", "expected a share"),
        ("fail_on = ['never']", "expected some of regression"),
        ("alpha = ", "cannot be read"),
    ],
)
def test_a_mistake_is_named_with_its_file(text: str, said: str, tmp_path: Path) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        policy_of(resolve(config=path))
    assert caught.value.where == path
    assert said in f"{caught.value} {caught.value.hint or ''}"
