"""Where sessions have more to do, that is said before the serving is blamed."""

from __future__ import annotations

import numpy as np
import pytest

from agenttrace.diff.comparison import compare
from agenttrace.diff.result import Cause, Comparison
from agenttrace.diff.verdicts import Verdict
from agenttrace.model.vocabulary import Phase
from agenttrace.report.diff.headline import headline
from unit.diff.sides import S, session, side


def _compared(work: float = 1.0, served: float = 1.0, tools: float = 1.0) -> Comparison:
    """A hundred tasks; the candidate does so much more, and is served so much slower."""
    random = np.random.default_rng(4)
    task = np.exp(random.normal(0, 0.5, 100))
    sides = []
    for prefix, more, slower, longer in (("a", 1.0, 1.0, 1.0), ("b", work, served, tools)):
        rows = []
        for number, amount in enumerate(more * task * np.exp(random.normal(0, 0.05, 100))):
            requests, calls = max(1, round(20 * amount)), max(1, round(15 * amount))
            path = {
                Phase.QUEUE: round(0.2 * S * requests * slower),
                Phase.DECODE: round(4 * S * requests * slower),
                Phase.TOOL: round(2 * S * calls * longer),
            }
            told = {"requests": requests, "main_turns": requests, "tool_calls": calls}
            tokens = {"output_tokens": 300 * requests, "input_tokens": 9000 * requests}
            rows.append(session(f"{prefix}-{number:03}", path, **told, **tokens, cache_read_tokens=0))
        sides.append(side(rows))
    return compare(sides[0], sides[1])


def test_more_to_do_is_not_the_serving() -> None:
    found = _compared(work=1.5)
    assert (found.verdict, found.cause) == (Verdict.REGRESSION, Cause.WORKLOAD)
    assert {"turns", "requests", "tool_calls", "output_tokens"} <= set(found.workload.changed)
    assert found.workload.expected == pytest.approx(1.5, rel=0.05)
    assert found.workload.ratio == pytest.approx(1.0, abs=0.03)
    assert "; sessions do more (turns +" in headline(found)


def test_less_to_do_is_no_better_serving() -> None:
    found = _compared(work=0.6)
    assert (found.verdict, found.cause) == (Verdict.IMPROVEMENT, Cause.WORKLOAD)
    assert "; sessions do less (turns -" in headline(found)


def test_slower_serving_of_equal_work_is_the_serving() -> None:
    found = _compared(served=1.5)
    assert (found.verdict, found.cause) == (Verdict.REGRESSION, Cause.SERVING)
    assert found.workload.changed == []
    assert found.workload.expected == pytest.approx(1.0, abs=0.03)


def test_both_are_told_where_both_changed() -> None:
    found = _compared(work=1.5, served=1.5)
    assert found.cause is Cause.BOTH
    assert ", and sessions do more (" in headline(found)


def test_where_nothing_changed_there_is_no_cause() -> None:
    assert _compared().cause is Cause.NONE


def test_the_blame_sums_exactly_whatever_it_is_divided_by() -> None:
    blame = _compared(work=1.2, served=1.3, tools=0.5).blame
    assert sum(blame.phases.values()) == blame.change_ns
    for by in ("tool", "agent", "model", "purpose", "turn"):
        assert sum(one.delta_ns for one in blame.shares if one.by == by) == blame.change_ns
    assert blame.phases["tool"] < 0 < blame.phases["decode"]
