"""`export --to otlp` on a real process: what it writes is a trace as any other."""

import json
from pathlib import Path

import agenttrace
from cli.running import run

SAMPLES = Path(__file__).parents[2] / "sample_traces"
CAPTURE = SAMPLES / "dynamo-captures" / "A" / "request-trace.000000.jsonl.gz"


def test_spans_of_otlp_are_read_again(tmp_path: Path) -> None:
    target = tmp_path / "spans.jsonl"

    assert run("export", str(CAPTURE), "--to", "otlp", "-o", str(target)).returncode == 0
    told, again = (
        json.loads(run("analyze", str(path), "--format", "json").stdout) for path in (CAPTURE, target)
    )

    assert again["sources"][0]["format"] == "otlp"
    for name in ("sessions", "requests", "wall_ns", "critical_path_ns", "evidence_ns"):
        assert again["summary"][name] == told["summary"][name], name


def test_some_sessions_alone_by_the_beginning_of_their_ids() -> None:
    done = run("export", str(CAPTURE), "--to", "otlp", "-o", "-", "--session", "A-s003")

    ids = {
        attribute["value"]["stringValue"]
        for line in done.stdout.splitlines()
        for span in json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
        for attribute in span["attributes"]
        if attribute["key"] == "gen_ai.conversation.id"
    }
    assert ids == {"A-s003:main"}


def test_a_workload_has_no_times_to_write() -> None:
    done = run("export", str(SAMPLES / "mooncake" / "requests.jsonl"), "--to", "otlp", "-o", "-")

    assert done.returncode == 3
    assert b"agentic-mooncake takes those" in done.stderr
    assert not done.stdout


def test_lengths_that_nobody_stated_are_counted_for_who_reads_them(tmp_path: Path) -> None:
    row = {"session": "s", "kind": "request", "name": "chat", "input_tokens": 9, "output_tokens": 2}
    rows = [
        {**row, "span": 1, "start": 10**18, "end": 10**18 + 10**9},
        {
            **row,
            "span": 2,
            "start": 10**18 + 10**9,
            "end": 10**18 + 2 * 10**9,
            "output_quality": "placeholder",
        },
    ]
    file = tmp_path / "s.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in rows))
    done = run("export", str(file), "--to", "agentic-mooncake", "-o", "-")

    assert b"warning: of 1 of 2 requests" in done.stderr
    assert [json.loads(line)["output_length"] for line in done.stdout.splitlines()[1:]] == [2, 1]
    found = agenttrace.export(file, "agentic-mooncake")
    assert found == done.stdout
    (said,) = found.findings
    assert (said["code"], said["severity"], said["count"]) == ("lengths_unknown", "warning", 1)
    assert f"warning: {said['example']}\n".encode() in done.stderr
    assert agenttrace.export(CAPTURE, "agentic-mooncake").findings == []
    assert agenttrace.export(file, "spans-jsonl").findings == []
