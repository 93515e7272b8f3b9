"""Lanes: agents with spans of their own, and those that are only named."""

from unit.ingest.otlp.telemetry import TRACE, facts, key, read_spans, span, table

AGENT = {"gen_ai.operation.name": "invoke_agent"}


def test_an_agent_span_opens_a_lane_and_tells_what_spawned_it() -> None:
    trace = read_spans(
        span(1, (0, 9), {**AGENT, "gen_ai.agent.name": "main"}),
        span(2, (1, 8), {"gen_ai.operation.name": "execute_tool"}, parent=1),
        span(3, (1, 8), {**AGENT, "gen_ai.agent.name": "sub", "gen_ai.agent.id": "hosted"}, parent=2),
        span(4, (1, 2), {"gen_ai.operation.name": "chat"}, parent=3),
    )

    assert facts(trace, 1, "agent_key") == {"agent_key": key(1)}
    assert facts(trace, 3, "agent_key") == {"agent_key": key(3)}
    assert facts(trace, 4, "agent_key") == {"agent_key": None}
    assert table(trace, "agents") == [
        {"session_key": f"trace:{TRACE}", "agent_key": key(1), "name": "main"},
        {
            "session_key": f"trace:{TRACE}",
            "agent_key": key(3),
            "source_id": "hosted",
            "name": "sub",
            "spawn_key": key(2),
        },
    ]


def test_an_agent_that_is_its_conversation_has_the_lane_of_that_name() -> None:
    values = {**AGENT, "gen_ai.agent.id": "run:sub1", "gen_ai.conversation.id": "run:sub1"}

    assert facts(read_spans(span(1, (0, 9), values, parent=5)), 1, "agent_key") == {"agent_key": "run:sub1"}


def test_agents_of_claude_code_are_named_on_their_requests_and_tools() -> None:
    lane = {"session.id": "s", "agent_id": "a1"}
    nested = {"session.id": "s", "agent_id": "a2", "parent_agent_id": "a1"}
    trace = read_spans(
        span(1, (0, 9), {"session.id": "s"}, name="claude_code.interaction"),
        span(3, (3, 4), lane, name="claude_code.llm_request", parent=8),
        span(2, (1, 2), lane, name="claude_code.llm_request", parent=7),
        span(4, (2, 3), lane, name="claude_code.tool", parent=7),
        span(5, (5, 6), nested, name="claude_code.llm_request", parent=4),
    )

    assert facts(trace, 1, "agent_key") == {"agent_key": None}
    assert facts(trace, 4, "agent_key") == {"agent_key": "s:a1"}
    assert table(trace, "agents") == [
        {"session_key": f"trace:{TRACE}", "agent_key": "s:a1", "source_id": "a1", "spawn_key": key(7)},
        {
            "session_key": f"trace:{TRACE}",
            "agent_key": "s:a2",
            "parent_agent_key": "s:a1",
            "source_id": "a2",
            "spawn_key": key(4),
        },
    ]
