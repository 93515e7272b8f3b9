"""The same sessions, had the agents worked in another way."""

from dataclasses import replace

import numpy as np
import pytest

from agenttrace.errors import UsageError
from agenttrace.replay.choices import Load
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.levers import compacted, main_agents_first, most_at_once
from agenttrace.replay.playing import set_stage
from agenttrace.replay.policies import Habits, parse_habits
from agenttrace.replay.replica import Limits
from agenttrace.replay.steps import AffineSteps
from agenttrace.replay.workload import Workload, read_workload
from timeline import MS, draw

FAN_OUT = """
    session            |==============================|
      request ask      |pd                            |
      agent one        |  ==========                  |  after ask
        request a      |  pppppddddd                  |
      agent two        |  ==========                  |  after ask
        request b      |  pppppddddd                  |
      agent three      |  ==========                  |  after ask
        request c      |  pppppddddd                  |
      request answer   |            ppdd              |  after one two three
    """


def _drawn() -> Workload:
    """A drawing has no table of agents: who spawned whom is said here."""
    return replace(read_workload(draw(FAN_OUT).trace), parents={(0, agent): 0 for agent in (1, 2, 3)})


def _wall_ms(workload: Workload) -> float:
    stage = set_stage(workload, Load.ISOLATED, 0)
    return float(stage.play_recorded().wall[0]) / MS


def test_subagents_beyond_the_limit_wait_for_one_that_began_earlier() -> None:
    workload = _drawn()
    walls = [_wall_ms(most_at_once(workload, limit)) for limit in (1, 2, 3)]
    # One after the other, or two and then one; the rest of the session is as it was.
    assert walls[2] == _wall_ms(workload)
    assert walls[1] == walls[2] + 10
    assert walls[0] == walls[2] + 20
    assert most_at_once(workload, 3) is workload


RESUMED = """
    session            |==============================|
      request ask      |pd                            |
      agent one        |  ======================      |  after ask
        request a      |  pppd                        |
        request again  |                    pppd      |  after a answer
      agent two        |  ==========                  |  after ask
        request b      |  pppppddddd                  |
      request answer   |            ppdd              |  after two
      request last     |                        ppdddd|  after one
    """


def test_no_subagent_waits_for_one_that_goes_on_after_it() -> None:
    drawn = read_workload(draw(RESUMED).trace)
    workload = replace(drawn, parents={(0, agent): 0 for agent in (1, 2)})
    assert _wall_ms(most_at_once(workload, 1)) == _wall_ms(workload)


def test_main_agents_are_answered_before_subagents_of_others() -> None:
    workload = _drawn()
    stage = set_stage(workload, Load.CLOSED, 1)
    first = main_agents_first(workload.requests, stage.demand)
    main = workload.requests.agent == 0
    assert np.array(first.priority)[main].max() < np.array(first.priority)[~main].min()
    one = Deployment(AffineSteps(1.0 * MS, 0.0, 0.0, 1.0 * MS, 0.0, 0.0), 1, Limits(sequences=1))
    assert replace(stage, demand=first).play(one).wall[0] <= stage.play(one).wall[0]


def test_a_context_that_is_compacted_is_short_then_grows_and_is_not_cached_at_first() -> None:
    workload = read_workload(draw(ONE_AFTER_THE_OTHER).trace)
    demand = set_stage(workload, Load.CLOSED, 1).demand
    demand.prompt[:], demand.answer[:] = [30_000, 60_000, 90_000, 95_000], [100] * 4
    found = compacted(workload.requests, demand, 80_000)
    assert found.prompt == [30_000, 60_000, 20_000, 25_000]
    # The second one writes the summary; of the fourth's prompt the third's prompt and answer are cached.
    assert found.answer == [100, 2_100, 100, 100]
    assert found.told_hit[2:] == [0, 20_100]
    assert compacted(workload.requests, demand, 100_000).prompt == demand.prompt


ONE_AFTER_THE_OTHER = """
    session            |================|
      request one      |pddd            |
      request two      |    pddd        |  after one
      request three    |        pddd    |  after two
      request four     |            pddd|  after three
    """


def test_habits_are_told_apart_from_policies() -> None:
    habits, others = parse_habits(["fanout=2", "keep=3s", "compact=90000", "priority=main"])
    assert habits == Habits(fanout=2, compact=90_000, main_first=True)
    assert others == ["keep=3s"]
    assert not habits.change_nothing
    for wrong in ("fanout=0", "fanout=1.5", "compact=many", "priority=all"):
        with pytest.raises(UsageError):
            parse_habits([wrong])
