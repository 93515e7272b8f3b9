"""Real traces: what is read is what the client and an independent count say."""

import json
from pathlib import Path

import pytest

from unit.ingest.dynamo.captures import SETS, raw_trace, request_trace, requests_of, root_of, truth
from unit.ingest.dynamo.rows import findings, whole_prompts

every_set = pytest.mark.parametrize("name", SETS)


@every_set
def test_counts_and_sums_are_those_of_an_independent_count(name: str, shared_data: Path) -> None:
    facts = json.loads((shared_data / "dynamo" / name / "expected-facts.json").read_text())

    trace = request_trace(shared_data / "dynamo" / name)

    requests = requests_of(trace)
    events = facts["trace_events"]
    assert trace.records == sum(events.values())
    assert len(requests) == facts["n_request_end"] == events["request_end"]
    assert trace.spans.num_rows - len(requests) == events["tool_start"]
    assert trace.agents.num_rows == facts["n_dynamo_sessions"]
    assert len(set(root_of(trace).values())) == facts["n_runs"]
    assert sum(row["input_tokens"] for row in requests) == facts["sum_input_tokens"]
    assert sum(row["output_tokens"] for row in requests) == facts["sum_output_tokens"]
    assert sum(row["cache_read_tokens"] for row in requests) == facts["sum_cached_tokens"]
    assert sum(row["status"] is None for row in requests) == facts["missing_finish_reason_metadata"]
    triggers = [row["trigger"] for row in requests]
    assert {word: triggers.count(word) for word in facts["input_trigger"]} == facts["input_trigger"]
    assert findings(trace) == {
        code: count for code, count in {"payload_not_read": events.get("request_payload", 0)}.items() if count
    }


@every_set
def test_the_identities_hold_to_the_nanosecond(name: str, shared_data: Path) -> None:
    for row in requests_of(request_trace(shared_data / "dynamo" / name)):
        assert row["start_ns"] + row["queue_ns"] + row["prefill_ns"] == row["first_token_ns"]
        assert row["first_token_ns"] + row["decode_ns"] == row["end_ns"]
        assert abs(row["itl_ns"] * (row["output_tokens"] - 1) - row["decode_ns"]) <= row["output_tokens"]
        assert {row[f"{part}_evidence"] for part in ("start", "end", "queue", "decode")} == {"measured"}
        assert row["prefill_evidence"] == "bounded"


@every_set
def test_a_session_lasts_as_long_as_its_client_says(name: str, shared_data: Path) -> None:
    folder = shared_data / "dynamo" / name
    trace = request_trace(folder)
    roots = root_of(trace)
    bounds: dict[str, tuple[int, int]] = {}
    for row in trace.spans.to_pylist():
        root = roots[row["session_key"]].removeprefix("dynamo:").removesuffix(":main")
        low, high = bounds.get(root, (row["start_ns"], row["end_ns"]))
        bounds[root] = (min(low, row["start_ns"]), max(high, row["end_ns"]))

    for session in truth(folder, "session"):
        low, high = bounds.pop(session["run"])
        assert abs((high - low) / 1e6 - (session["t1"] - session["t0"])) <= 25
    assert bounds == {}


@every_set
def test_a_tool_call_lasts_as_long_as_its_client_says(name: str, shared_data: Path) -> None:
    folder = shared_data / "dynamo" / name
    spans = {row["span_key"]: row for row in request_trace(folder).spans.to_pylist()}

    for tool in truth(folder, "tool"):
        row = spans[f"tool:{tool['session']}:{tool['tool_call_id']}"]
        assert row["name"] == tool["tool_class"]
        assert row["status"] == ("error" if tool["fail"] else "ok")
        assert row["tool_output_tokens"] == tool["out_tokens"]
        assert abs((row["end_ns"] - row["start_ns"]) / 1e6 - (tool["t1"] - tool["t0"])) < 0.001


@every_set
def test_ids_and_hashes_are_exact(name: str, shared_data: Path) -> None:
    trace = request_trace(shared_data / "dynamo" / name)

    assert max(row["worker"] for row in requests_of(trace)) > 2**62
    assert trace.prefixes.num_rows == len(requests_of(trace))
    prompts = whole_prompts(trace.prefixes)
    assert max(map(max, prompts.values())) > 2**63
    for prefix, row in zip(trace.prefixes.to_pylist(), requests_of(trace), strict=True):
        assert prefix["span_key"] == row["span_key"]
        assert len(prompts[row["span_key"]]) == -(-row["input_tokens"] // prefix["block_size"])


def test_a_disaggregated_server_names_two_workers(shared_data: Path) -> None:
    rows = requests_of(request_trace(shared_data / "dynamo" / "C-disagg"))

    assert all(row["worker"] != row["prefill_worker"] for row in rows)


def test_a_real_agent_with_three_subagents(shared_data: Path) -> None:
    trace = raw_trace(shared_data / "dynamo" / "samples" / "pi_request_trace.jsonl.gz")

    assert (trace.records, len(requests_of(trace)), trace.spans.num_rows) == (61, 17, 17 + 22)
    root = "pi-qwen-noadm-agentic-20260519T035759Z:root"
    parents = {row["agent_key"]: row["parent_agent_key"] for row in trace.agents.to_pylist()}
    assert parents == {
        "manual-noadm:root": None,
        root: None,
        "ea45d969:scout:0": root,
        "ea45d969:scout:1": root,
        "ea45d969:reviewer:2": root,
    }
    assert {row["status"] for row in requests_of(trace)} == {None}
    assert findings(trace) == {}


def test_every_header_that_names_a_chain(shared_data: Path) -> None:
    trace = raw_trace(shared_data / "dynamo" / "samples" / "probe-headers-161.jsonl")

    parents = {row["agent_key"]: row["parent_agent_key"] for row in trace.agents.to_pylist()}
    assert parents == {
        "oc-sess": "oc-parent",
        "cc-a1": "cc-a0",
        "s1": "s0",
        "s-comp": None,
        "s-resp": None,
        "s-anth": None,
    }
    assert ("dynamo:cc-a1", "dynamo:cc-root") in {
        (row["key_a"], row["key_b"]) for row in trace.key_edges.to_pylist()
    }
    assert [row["session_final"] for row in requests_of(trace)].count(True) == 1
    assert findings(trace) == {"context_free": 3}


def test_a_fork_and_its_join(shared_data: Path) -> None:
    trace = raw_trace(shared_data / "dynamo" / "samples" / "join-minimal.jsonl")

    rows = {row["request_id"]: (row["start_ns"], row["end_ns"]) for row in requests_of(trace)}
    t0 = 1_700_000_000_000
    assert {name: (low // 10**6 - t0, high // 10**6 - t0) for name, (low, high) in rows.items()} == {
        "p1": (0, 1_000),
        "c1": (1_010, 10_010),
        "p2": (10_020, 11_020),
    }
    assert set(root_of(trace).values()) == {"dynamo:par"}


def test_the_documents_own_samples_of_all_generations(shared_data: Path) -> None:
    old = raw_trace(shared_data / "otel" / "dynamo_agent.trace.v1_docs-samples.jsonl")
    new = raw_trace(shared_data / "otel" / "dynamo_request.trace.v1_docs-samples.jsonl")

    assert old.dialects == ("dynamo.agent.trace.v1",)
    assert {row["session_key"] for row in old.spans.to_pylist()} == {"dynamo:research-run-42"}
    assert [row["agent_key"] for row in old.agents.to_pylist()] == ["research-run-42:researcher"]
    assert [row["parent_agent_key"] for row in old.agents.to_pylist()] == ["research-run-42:planner"]
    assert old.prefixes["blocks"].to_pylist()[0] == [14879255164371896291, 274632075616497421]
    assert {row["session_key"] for row in new.spans.to_pylist()} == {
        "dynamo:request:dynamo-request-id",
        "dynamo:research-run-42:researcher",
        "dynamo:root",
    }
    assert new.links["to_key"].to_pylist() == ["tool:research-run-42:researcher:call-abc", "tool:root:call-1"]


def test_the_fixture_with_explicit_dependencies(shared_data: Path) -> None:
    trace = raw_trace(shared_data / "dynamo" / "samples" / "dynamo-agentic.jsonl")

    links = [(row["from_key"], row["to_key"]) for row in trace.links.to_pylist()]
    assert links == [
        ("request:parent-source", "tool:parent:tool-1"),
        ("tool:parent:tool-1", "request:parent-consumer"),
    ]
    (spawned,) = [row for row in trace.agents.to_pylist() if row["spawn_key"]]
    assert (spawned["agent_key"], spawned["background"]) == ("child", False)
