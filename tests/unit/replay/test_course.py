"""What waits for what when servers are faster: joins, background agents, users, tools called in the middle."""

import numpy as np

from agenttrace.replay.choices import Load
from agenttrace.replay.kept_times import recorded_times
from agenttrace.replay.playing import set_stage
from agenttrace.replay.workload import Workload, read_workload
from timeline import MS, draw


def _workload(drawing: str) -> Workload:
    return read_workload(draw(drawing).trace)


def _wall_ms(drawing: str, factor: float) -> float:
    """How long the session takes if every request takes that share of its time."""
    workload = _workload(drawing)
    stage = set_stage(workload, Load.ISOLATED, 0)
    first, end = (np.rint(times * factor).astype(np.int64) for times in recorded_times(workload.requests))
    return float(stage.play_constant((first, end)).wall[0]) / MS


def test_recorded_durations_give_the_recorded_session() -> None:
    drawing = """
    session           |==============================|
      request one     |  qqppdddd                    |
      tool a          |          =====               |  after one
      tool b          |           ==                 |  after one
      request two     |                ppddddddd     |  after a b
    """
    for load in Load:
        stage = set_stage(_workload(drawing), load, 1)
        assert stage.play_recorded().wall.tolist() == stage.workload.wall.tolist()


def test_a_join_binds_on_another_branch_once_servers_are_faster() -> None:
    drawing = """
    session            |==========================|
      request ask      |pd                        |
      agent child      |  ==================      |  after ask
        request long   |  ppdddddddddddddddd      |
      tool slow        |  ==========              |  after ask
      request answer   |                    ppdd  |  after child slow
    """
    assert _wall_ms(drawing, 1.0) == 26
    # At a quarter the child takes 4.5 ms: the tool, 10 ms, is what is waited for.
    assert _wall_ms(drawing, 0.25) == 0.5 + 10 + 1 + 2


def test_a_parent_waits_for_its_child_and_not_as_long_as_it_did() -> None:
    drawing = """
    session            |==============================|
      request one      |pdddd                         |
      tool agent       |     =====================    |  after one
        agent child    |      ===================     |
          request work |      pppppdddddddddddddd     |
      request two      |                          pddd|  after agent
    """
    assert _wall_ms(drawing, 1.0) == 30
    assert _wall_ms(drawing, 0.0) == 2


def test_a_background_agent_whose_use_binds_is_waited_for() -> None:
    drawing = """
    session            |==============================|
      request one      |pdddd                         |
      agent late       |     ====================     |  background spawned one
        request work   |     ppdddddddddddddddddd     |
      request two      |     pdd                      |  after one
      request use      |                         pdddd|  after two joins late
    """
    assert _wall_ms(drawing, 1.0) == 30
    # Half: 2.5 for the first, 10 for the agent, 2.5 for the use.
    assert _wall_ms(drawing, 0.5) == 15


def test_a_user_who_waits_takes_as_long_as_before() -> None:
    drawing = """
    session            |====================|
      request one      |pdddd               |
      user think       |     ==========     |  after one
      request two      |               pdddd|  after think
    """
    assert _wall_ms(drawing, 1.0) == 20
    assert _wall_ms(drawing, 0.2) == 12


def test_a_tool_called_in_the_middle_of_an_answer_moves_with_it() -> None:
    drawing = """
    session            |============|
      request one      |ppdddddddd  |
      tool early       |      ======|  mark one@6
    """
    assert _wall_ms(drawing, 1.0) == 12
    # Half the decode: called 2 ms after the first token, which comes at 1 ms.
    assert _wall_ms(drawing, 0.5) == 3 + 6


def test_shorter_requests_never_lengthen_a_session_alone() -> None:
    drawing = """
    session            |==============================|
      request one      |pdddd                         |
      tool a           |     ===                      |  after one
      agent x          |     ================         |  after one
        request work   |     ppdddddddddddddd         |
      request two      |                     ppddddddd|  after a x
    """
    walls = [_wall_ms(drawing, factor) for factor in (1.0, 0.9, 0.5, 0.2, 0.1, 0.0)]
    assert walls == sorted(walls, reverse=True)


def test_a_fan_out_in_a_fan_out_ends_with_the_branch_that_is_slowest_then() -> None:
    drawing = """
    session              |================================|
      request ask        |pd                              |
      tool left          |  ======================        |  after ask
        agent one        |  ======================        |
          request plan   |  pd                            |
          tool inner     |    ==================          |  after plan
            agent deep   |    ==================          |
              request d1 |    ppdddddddddddddddd          |
          tool slow      |    =======                     |  after plan
          request sum    |                      pd        |  after inner slow
      tool right         |  ==============                |  after ask
        agent two        |  ==============                |
          request r1     |  pddd                          |
          tool build     |      ========                  |  after r1
          request r2     |              pd                |  after build
      request answer     |                        ppdddddd|  after left right
    """
    assert _wall_ms(drawing, 1.0) == 32
    # At a quarter the tools bind: left 0.5 + max(4.5, 7) + 0.5, right 1 + 8 + 0.5, which is the longer one by 1.5.
    assert _wall_ms(drawing, 0.25) == 0.5 + (1 + 8 + 0.5) + 2
    # At a half the nested agent, 9 ms, outlasts its tool, 7 ms: left 1 + 9 + 1 is as long as right, 2 + 8 + 1.
    assert _wall_ms(drawing, 0.5) == 1 + 11 + 4


def test_a_background_agent_of_a_subagent_binds_where_that_one_uses_it() -> None:
    drawing = """
    session              |==============================|
      request ask        |pd                            |
      tool agent         |  ========================    |  after ask
        agent child      |  ========================    |
          request one    |  pd                          |
          agent late     |    ================          |  background spawned one
            request work |    ppdddddddddddddd          |
          tool look      |    ======                    |  after one
          request use    |                    ppdddd    |  after look joins late
      request answer     |                          pddd|  after agent
    """
    assert _wall_ms(drawing, 1.0) == 30
    # At a quarter the agent in the background takes 4 ms, and the tool 6 ms is what its use waits for.
    assert _wall_ms(drawing, 0.25) == 0.5 + 0.5 + 6 + 1.5 + 1


def test_a_background_agent_that_outlasts_the_user_binds_only_while_it_does() -> None:
    drawing = """
    session            |==============================|
      request one      |pd                            |
      agent late       |  ======================      |  background spawned one
        request work   |  ppdddddddddddddddddddd      |
      user think       |  ==========                  |  after one
      request use      |                        ppdddd|  after think joins late
    """
    assert _wall_ms(drawing, 1.0) == 30
    assert _wall_ms(drawing, 0.5) == 1 + 11 + 3
    # At a quarter the agent is done after 5.5 ms: the person, 10 ms, is waited for.
    assert _wall_ms(drawing, 0.25) == 0.5 + 10 + 1.5


def test_a_compaction_between_is_a_request_like_others_and_keeps_its_place() -> None:
    drawing = """
    session             |====================|
      request one       |pddd                |
      tool read         |    ====            |  after one
      compaction squeeze |        ======      |  after read
        request summary |        ppdddd      |
      request two       |              ppdddd|  after squeeze
    """
    assert _wall_ms(drawing, 1.0) == 20
    assert _wall_ms(drawing, 0.5) == 2 + 4 + 3 + 3


def test_a_handler_beside_the_server_s_record_of_a_request_moves_with_it() -> None:
    """The server tells of the request twice, and its record ends 2 ms before what it sent was delivered."""
    drawing = """
    session             |====================|
      request chat      |================    |
        other http      |================    |  decode 13
          other record  | ppdddddddddd       |
          other route   |  ============      |
      tool look         |                ====|  after chat
    """
    assert _wall_ms(drawing, 1.0) == 20
    # What is left: 1 ms on the way there, 2 ms from the handler's end, the tool.
    assert _wall_ms(drawing, 0.0) == 1 + 2 + 4


def test_a_client_that_breaks_off_does_so_when_as_much_is_written() -> None:
    """After 6 of 10 ms of decode; the server notices 4 ms later."""
    drawing = """
    session             |====================|
      request chat      |==========          |
        other http      |  ppdddddddddd      |
      request again     |              pddddd|  retries chat
    """
    assert _wall_ms(drawing, 1.0) == 20
    # At a half: 2 ms on the way, 1 ms and half of 6 ms until it breaks off, 4 ms until it tries again, 3 ms.
    assert _wall_ms(drawing, 0.5) == 2 + 1 + 3 + 4 + 3
