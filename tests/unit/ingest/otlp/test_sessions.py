"""Which traces are one session, and what it is called."""

import pytest

from unit.ingest.otlp.telemetry import TRACE, Record, document, findings, lines, read, read_spans, span, table

OTHER = "f" * 32


def _edges(*spans: Record, scope: str = "hand", **resource: str) -> set[tuple[str, str]]:
    trace = read_spans(*spans, scope=scope, **resource)
    return {(row["key_a"], row["key_b"]) for row in trace.key_edges.to_pylist()}


@pytest.mark.parametrize(
    "name",
    [
        "gen_ai.conversation.id",
        "session.id",
        "langfuse.session.id",
        "ai.telemetry.metadata.sessionId",
        "traceloop.association.properties.session_id",
        "traceloop.association.properties.thread_id",
        "langsmith.metadata.thread_id",
        "conversation.id",
    ],
)
def test_traces_of_one_conversation_are_joined(name: str) -> None:
    spans = [span(1, (0, 1), {name: "c1"}), span(2, (5, 6), {name: "c1"}, trace=OTHER)]

    assert _edges(*spans, service_name="app") == {
        (f"trace:{TRACE}", "session:app:c1"),
        (f"trace:{OTHER}", "session:app:c1"),
    }


def test_the_first_name_of_the_precedence_counts() -> None:
    both = span(1, (0, 1), {"session.id": "s", "gen_ai.conversation.id": "c"})

    assert _edges(both) == {(f"trace:{TRACE}", "session:otlp:c")}


def test_a_session_id_may_stand_on_the_resource() -> None:
    spans = document(span(1, (0, 1)), session_id="s")

    assert {row["key_b"] for row in read(lines(spans)).key_edges.to_pylist()} == {"session:otlp:s"}


def test_programs_have_a_namespace_of_their_own() -> None:
    claude = span(1, (0, 1), {"session.id": "s"}, name="claude_code.interaction")
    codex = span(2, (0, 1), {"thread.id": "019e-7749"}, name="session_task.turn")

    assert _edges(claude, codex, service_name="wrapper") == {
        (f"trace:{TRACE}", "session:claude-code:s"),
        (f"trace:{TRACE}", "session:codex:019e-7749"),
    }


def test_the_number_of_a_runtime_thread_is_no_session() -> None:
    assert _edges(span(1, (0, 1), {"thread.id": 9}, name="session_task.turn")) == set()
    assert _edges(span(1, (0, 1), {"thread.id": "a-b"}, name="handle_payload")) == set()


def test_a_project_joins_nothing() -> None:
    trace = read_spans(
        span(1, (0, 1), {"langsmith.trace.session_id": "project", "langsmith.span.kind": "llm"})
    )

    assert trace.key_edges.num_rows == 0
    assert findings(trace) == {"project_not_session": 1}


@pytest.mark.parametrize("value", ["default", "None", "undefined"])
def test_a_placeholder_joins_nothing(value: str) -> None:
    trace = read_spans(span(1, (0, 1), {"session.id": value}))

    assert trace.key_edges.num_rows == 0
    assert findings(trace) == {"placeholder_session_id": 1}


def test_conversations_of_subagents_do_not_split_a_trace_and_the_root_names_it() -> None:
    agent = {"gen_ai.operation.name": "invoke_agent"}
    trace = read_spans(
        span(2, (1, 2), {**agent, "gen_ai.conversation.id": "a-sub"}, parent=1),
        span(1, (0, 9), {**agent, "gen_ai.conversation.id": "z-main"}),
    )

    assert {row["session_key"] for row in trace.spans.to_pylist()} == {f"trace:{TRACE}"}
    assert table(trace, "sessions") == [{"session_key": f"trace:{TRACE}", "source_id": "z-main"}]


def test_task_run_and_deployment_are_told_by_attributes_of_our_own() -> None:
    values = {"agenttrace.task_id": "t"}
    trace = read_spans(span(1, (0, 1), values), agenttrace_deployment="d")

    assert table(trace, "sessions") == [{"session_key": f"trace:{TRACE}", "task_id": "t", "deployment": "d"}]


def test_a_request_of_claude_code_joins_the_trace_that_answered_it() -> None:
    link = {"traceId": OTHER, "spanId": "1" * 16, "attributes": []}
    asked = span(1, (0, 1), {"session.id": "s"}, name="claude_code.llm_request", links=[link])

    assert (f"trace:{TRACE}", f"trace:{OTHER}") in _edges(asked)


def test_a_link_that_says_what_follows_what_is_a_dependency() -> None:
    ref = [{"key": "opentracing.ref_type", "value": {"stringValue": "follows_from"}}]
    links = [
        {"traceId": TRACE, "spanId": f"{1:016x}", "attributes": ref},
        {"traceId": TRACE, "spanId": f"{9:016x}", "attributes": []},
    ]
    trace = read_spans(span(1, (0, 1)), span(2, (2, 3), links=links))

    assert [(row["from_key"], row["to_key"], row["kind"]) for row in table(trace, "links")] == [
        (f"{TRACE}/{1:016x}", f"{TRACE}/{2:016x}", "continues")
    ]
    assert findings(trace) == {"span_link": 1}


@pytest.mark.parametrize(
    ("values", "more", "kind"),
    [
        ({"openinference.span.kind": "CHAIN", "session.id": "c"}, {}, "interaction"),
        ({"ai.operationId": "ai.generateText", "ai.telemetry.metadata.sessionId": "c"}, {}, "interaction"),
        ({"openinference.span.kind": "CHAIN", "session.id": "c"}, {"parent": 9}, "other"),
        ({"openinference.span.kind": "CHAIN"}, {}, "other"),
        ({"openinference.span.kind": "LLM", "session.id": "c"}, {}, "request"),
        ({"session.id": "c"}, {}, "other"),
    ],
)
def test_what_wraps_a_trace_of_a_conversation_answers_its_user(
    values: Record, more: Record, kind: str
) -> None:
    (row,) = read_spans(span(1, (0, 1), values, **more)).spans.to_pylist()

    assert row["kind"] == kind
