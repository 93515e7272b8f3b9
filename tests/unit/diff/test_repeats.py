"""Tasks that ran once on one side and often on the other, and which sessions belong together."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.diff.blame import divide_change
from agenttrace.diff.comparison import compare
from agenttrace.diff.metrics import BY_NAME
from agenttrace.diff.pairing import pair
from agenttrace.diff.samples import completed, sample_of
from agenttrace.diff.statistics.estimation import estimate
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.model.vocabulary import Phase
from unit.diff.sides import S, drawn, session, side

TIME = BY_NAME["session.active_time"]


def _repeated(times: dict[str, list[int]], prefix: str) -> list[dict[str, Any]]:
    return [
        session(f"{prefix}{n}-{task}", {Phase.MODEL: seconds * S})
        for task, all_of in times.items()
        for n, seconds in enumerate(all_of)
    ]


def test_each_task_weighs_alike_however_often_it_ran() -> None:
    before = _repeated({"x": [10, 10, 10, 10], "y": [40]}, "a")
    after = _repeated({"x": [20], "y": [40, 40, 40]}, "b")
    seen = pair(side(before), side(after))
    found = estimate(sample_of(TIME, completed(seen)), Stat.GEOMEAN, 0)
    assert found is not None
    assert found.candidate / found.base == pytest.approx(2**0.5), "one of two tasks takes twice as long"
    blame = divide_change(seen)
    assert (blame.base_ns, blame.candidate_ns) == (25 * S, 30 * S)
    assert blame.phases["model"] == blame.change_ns == 5 * S


def test_quantiles_weigh_tasks_alike_too() -> None:
    before = _repeated({f"t{n}": [10 + n] for n in range(40)} | {"x": [500] * 400}, "a")
    found = estimate(sample_of(TIME, completed(pair(side(before), side(before)))), Stat.P50, 0)
    assert found is not None
    assert found.base < 40 * S, "four hundred sessions of one task are one task"


def test_unequal_repeats_of_equal_deployments_are_no_change_of_the_typical_session() -> None:
    before = [row for n in range(3) for row in drawn(f"a{n}", 60, seed=n)]
    after = [row for n in range(3, 5) for row in drawn(f"b{n}", 60, seed=n)]
    found = compare(side(before), side(after))
    assert (found.sessions, found.pairing.pairs) == ((180, 120), 60)
    low, high = found.answers[0].bound or (0, 0)
    assert low < 1 < high


# Pairing


def test_tasks_are_paired_before_first_prompts() -> None:
    sides = [drawn(prefix, 10, seed=1, first_prompt_fingerprint="same") for prefix in "ab"]
    found = pair(side(sides[0]), side(sides[1]))
    assert (found.paired_by, found.pairs, found.unmatched) == ("task_id", 10, (0, 0))


def test_without_tasks_first_prompts_pair_and_equal_ones_are_a_cluster() -> None:
    sides = []
    for prefix in "ab":
        rows = drawn(prefix, 10, seed=1, task_id=None)
        sides.append([row | {"first_prompt_fingerprint": f"p{n // 2}"} for n, row in enumerate(rows)])
    found = pair(side(sides[0]), side(sides[1]))
    assert (found.paired_by, found.pairs) == ("first-prompt", 5)


@pytest.mark.parametrize(("shared", "paired"), [(8, True), (7, False)])
def test_four_of_five_sessions_need_a_counterpart(shared: int, *, paired: bool) -> None:
    after = drawn("b", 10, seed=2)
    for row in after[shared:]:
        row["task_id"] = f"other {row['session']}"
    found = pair(side(drawn("a", 10, seed=1)), side(after))
    assert found.paired is paired
    assert found.tried["task_id"] == pytest.approx(shared / 10)


def test_a_pattern_a_label_and_a_manifest_pair_too() -> None:
    before, after = drawn("a", 10, seed=1, task_id=None), drawn("b", 10, seed=2, task_id=None)
    for rows in (before, after):
        for n, row in enumerate(rows):
            row["labels"] = [f"case={n}"]
    sides = side(before), side(after)
    by_pattern = pair(*sides, r"regex:-(\d+)$")
    by_label = pair(*sides, "case")
    manifest = {row["session"]: row["session"][2:] for row in [*before, *after]}
    by_manifest = pair(*sides, manifest=manifest)
    assert [of.pairs for of in (by_pattern, by_label, by_manifest)] == [10, 10, 10]
    assert [of.paired_by for of in (by_pattern, by_label, by_manifest)] == ["regex", "label:case", "manifest"]
