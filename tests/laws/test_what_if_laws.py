"""L7 and L8 for what-ifs, and the same changes told slowly."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.schedule import plan, walls
from agenttrace.critical_path.spans import KIND
from agenttrace.critical_path.what_if.bench import Bench
from agenttrace.critical_path.what_if.changing import changed_gaps, scaled
from agenttrace.critical_path.what_if.parsing import parse
from agenttrace.critical_path.what_if.ranking import SAVED, STEPS, ranking
from agenttrace.critical_path.what_if.scenarios import scaled_walls
from agenttrace.critical_path.what_if.spec import Change
from agenttrace.model.vocabulary import Phase, Purpose, SpanKind
from laws.slow_engine import slow_sessions
from passes import take_events
from strategies import Rows, Wildness, draw_session, sessions, together

SELECTORS = (
    *(phase.value for phase in Phase),
    *(f"purpose:{purpose.value}" for purpose in Purpose),
    *("tool:*", "tool:a*", "agent:main", "tool&purpose:turn"),
)
SPECS = st.builds(
    "{}{}".format, st.sampled_from(SELECTORS), st.sampled_from(["*0", "*.5", "=3ms", "+1ms", "-2ms"])
)


def _bench(rows: Rows) -> Bench:
    trace = rows.trace()
    return Bench(trace, plan(build_graph(trace)))


def _takes(bench: Bench, *specs: str) -> list[int]:
    gaps = bench.gaps
    for spec in specs:
        for change in parse(spec).changes:
            assert isinstance(change, Change)
            gaps, _ = changed_gaps(gaps, bench.stretches, change)
    taken: list[int] = walls(bench.schedule, gaps).tolist()
    return taken


@given(sessions(), st.sampled_from(SELECTORS))
def test_what_is_not_changed_takes_what_it_took(rows: Rows, selector: str) -> None:
    bench = _bench(rows)
    recorded = rows.spans[0]["end_ns"] - rows.spans[0]["start_ns"]
    for same in ("*1", "+0", "-0"):
        assert _takes(bench, f"{selector}{same}") == [recorded]


@given(sessions(), st.sampled_from(SELECTORS), st.lists(st.integers(0, 12), min_size=2, max_size=2))
def test_less_time_never_makes_a_session_longer(rows: Rows, selector: str, tenths: list[int]) -> None:
    less, more = sorted(tenths)
    bench = _bench(rows)
    short, long = (_takes(bench, f"{selector}*{part / 10}") for part in (less, more))
    assert all(one <= other for one, other in zip(short, long, strict=True))


@given(sessions(), SPECS, SPECS)
def test_changes_at_once_are_changes_one_after_the_other(rows: Rows, one: str, other: str) -> None:
    bench = _bench(rows)
    assert _takes(bench, f"{one},{other}") == _takes(bench, one, other)


@given(sessions(), st.sampled_from(SELECTORS), st.integers(0, 20))
def test_an_occurrence_takes_exactly_what_it_is_set_to(rows: Rows, selector: str, millis: int) -> None:
    bench = _bench(rows)
    (change,) = parse(f"{selector}={millis}ms").changes
    assert isinstance(change, Change)
    gaps, chosen = changed_gaps(bench.gaps, bench.stretches, change)
    assert (gaps >= 0).all()
    assert (gaps[~chosen] == bench.gaps[~chosen]).all()
    total = np.zeros(bench.graph.nodes.n, np.int64)
    np.add.at(total, bench.stretches.occurrence[chosen], gaps[chosen])
    occurrence = bench.stretches.occurrence[chosen]
    before = np.bincount(occurrence, bench.gaps[chosen], bench.graph.nodes.n)
    holds = np.isin(
        bench.graph.spans.kind,
        [KIND[kind] for kind in (SpanKind.SESSION, SpanKind.AGENT, SpanKind.INTERACTION)],
    )
    occurs = np.unique(occurrence[(before > 0)[occurrence] | ~holds[occurrence]])
    assert set(total[occurs].tolist()) <= {millis * 1_000_000}
    assert not total[np.setdiff1d(occurrence, occurs)].any()


@given(st.integers(0, 2**61), st.fractions(0, 100, max_denominator=10**9))
def test_scaling_rounds_to_the_nearest(value: int, factor: Fraction) -> None:
    (found,) = scaled(np.array([value]), factor).tolist()
    wanted = min(Fraction(value) * factor, Fraction(2**61))
    assert abs(found - wanted) <= Fraction(1, 2) + factor


@pytest.mark.parametrize("tens", range(10))
def test_the_slow_engine_finds_the_same_for_every_phase(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    take_events(tens, monkeypatch)
    for seed in range(100 * tens, 100 * tens + 100):
        random = Random(seed)
        rows = draw_session(random, Wildness(overruns=random.choice([0.0, 0.3])), spans=12)
        bench = _bench(rows)
        (session,) = slow_sessions(bench.trace).values()
        gaps = session.gaps()
        phases = {event: session.phase(event) for event in gaps}
        for phase in Phase:
            for factor in (0, 3):
                changed = {
                    event: gap * factor if phases[event] == phase else gap for event, gap in gaps.items()
                }
                assert _takes(bench, f"{phase.value}*{factor}") == [session.wall(changed)]


@given(sessions())
def test_many_passes_at_once_are_passes_one_by_one(rows: Rows) -> None:
    bench = _bench(rows)
    random = np.random.default_rng(3)
    scenarios = [(random.random(len(bench.gaps)) < 0.5, Fraction(part, 4)) for part in range(6)]
    for chosen, _ in scenarios:
        chosen[bench.graph.spans.first] = False
    found = scaled_walls(bench.schedule, bench.gaps, scenarios)
    for row, (chosen, factor) in zip(found, scenarios, strict=True):
        gaps = np.where(chosen, scaled(bench.gaps, factor), bench.gaps)
        assert row.tolist() == walls(bench.schedule, gaps).tolist()


@given(sessions(), sessions())
def test_what_helps_a_session_does_not_depend_on_those_beside_it(one: Rows, other: Rows) -> None:
    for row in (*other.spans, *other.links, *other.marks, *other.agents):
        row["session"] = "t"
    both = ranking(_bench(together([one, other])))
    for number, rows in enumerate((one, other)):
        alone = ranking(_bench(rows))
        assert both.filter(session=number).drop("session").equals(alone.drop("session"))


@given(sessions())
def test_what_is_recommended_is_what_the_change_gives(rows: Rows) -> None:
    bench = _bench(rows)
    for row in ranking(bench).drop_nulls("change").iter_rows(named=True):
        for name, step in zip(SAVED, STEPS, strict=True):
            (wall,) = _takes(bench, f"{row['change']}*{float(step)}")
            assert row["wall_ns"] - wall == row[name]
