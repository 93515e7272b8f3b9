"""The reader that anyone would write first, and a file to read: what reading is measured against.

Standard library only: `json.loads` for each line, a dataclass for each span, a dictionary of its attributes,
and a loop that picks the fields that analyses need. Run as a program, it compares itself with agenttrace.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BATCH = 256
Scalar = Any
"""What an attribute holds: of any type."""

EPOCH_NS = 1_767_225_600 * 10**9
SECOND = 10**9


@dataclass
class NaiveSpan:
    """A span as a naive reader keeps it."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    start_ns: int
    end_ns: int
    failed: bool
    kind: str
    model: str | None
    tool: str | None
    call_id: str | None
    conversation: str | None
    input_tokens: int | None
    cache_read_tokens: int | None
    output_tokens: int | None
    first_token_ns: int | None
    attributes: dict[str, Any]


_KINDS = {"chat": "request", "execute_tool": "tool", "invoke_agent": "agent"}


def read_naive(path: Path) -> list[NaiveSpan]:
    """Every span of an OTLP/JSON lines file."""
    with path.open(encoding="utf-8") as lines:
        return [span for line in lines for span in _spans(json.loads(line))]


def _spans(document: dict[str, Any]) -> Iterator[NaiveSpan]:
    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield _span(span)


def _span(span: dict[str, Any]) -> NaiveSpan:
    attributes = {pair["key"]: _value(pair["value"]) for pair in span.get("attributes", [])}
    start = int(span["startTimeUnixNano"])
    ttft = attributes.get("gen_ai.response.time_to_first_chunk")
    return NaiveSpan(
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_id=span.get("parentSpanId", ""),
        name=span["name"],
        start_ns=start,
        end_ns=int(span["endTimeUnixNano"]),
        failed=span.get("status", {}).get("code") == 2,
        kind=_KINDS.get(attributes.get("gen_ai.operation.name", ""), "other"),
        model=attributes.get("gen_ai.response.model") or attributes.get("gen_ai.request.model"),
        tool=attributes.get("gen_ai.tool.name"),
        call_id=attributes.get("gen_ai.tool.call.id"),
        conversation=attributes.get("gen_ai.conversation.id"),
        input_tokens=attributes.get("gen_ai.usage.input_tokens"),
        cache_read_tokens=attributes.get("gen_ai.usage.cache_read.input_tokens"),
        output_tokens=attributes.get("gen_ai.usage.output_tokens"),
        first_token_ns=None if ttft is None else start + round(ttft * SECOND),
        attributes=attributes,
    )


def _value(value: dict[str, Any]) -> Scalar:
    kind, content = next(iter(value.items()))
    if kind == "intValue":
        return int(content)
    if kind == "arrayValue":
        return [_value(each) for each in content.get("values", [])]
    if kind == "kvlistValue":
        return {pair["key"]: _value(pair["value"]) for pair in content.get("values", [])}
    return content


def write_otlp(path: Path, megabytes: float, seed: int = 1) -> int:
    """Writes agent sessions as OTLP/JSON lines of 256 spans each; the number of spans."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdefghijklmnop", k=rng.randint(3, 9))) for _ in range(500)]
    resource = {"attributes": _attributes({"service.name": "agent-app", "host.name": "node-7"})}
    scope = {"name": "opentelemetry.instrumentation.agents", "version": "0.5"}
    batch: list[dict[str, Any]] = []
    size = count = 0
    with path.open("wb") as out:
        while size < megabytes * 1e6:
            batch += _session(rng, words)
            while len(batch) >= BATCH:
                group = {"scope": scope, "spans": batch[:BATCH]}
                document = {"resourceSpans": [{"resource": resource, "scopeSpans": [group]}]}
                line = json.dumps(document, separators=(",", ":")).encode() + b"\n"
                size += out.write(line)
                count += BATCH
                del batch[:BATCH]
    return count


def _session(rng: random.Random, words: list[str]) -> Iterator[dict[str, Any]]:
    trace, root = _hexadecimal(rng, 32), _hexadecimal(rng, 16)
    conversation = f"conv-{_hexadecimal(rng, 12)}"
    begin = now = EPOCH_NS + rng.randrange(10**15)
    for step in range(rng.randint(20, 45)):
        took = int(rng.lognormvariate(1, 0.6) * SECOND)
        yield _record(rng, trace, root, "chat", (now, now + took), _chat(rng, words, conversation, step))
        now += took + rng.randrange(10**7)
        for _ in range(rng.choice((1, 1, 2, 3))):
            took = int(rng.lognormvariate(0, 1) * SECOND)
            values = _tool(rng, words, conversation)
            yield _record(rng, trace, root, "execute_tool", (now, now + took), values)
            now += took
    values = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "coder",
        "gen_ai.conversation.id": conversation,
    }
    yield _record(rng, trace, "", "invoke_agent", (begin, now), values) | {"spanId": root}


def _chat(rng: random.Random, words: list[str], conversation: str, step: int) -> dict[str, Any]:
    tokens = rng.randint(1_000, 100_000)
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-sonnet-4-5",
        "gen_ai.response.model": "claude-sonnet-4-5-20250929",
        "gen_ai.conversation.id": conversation,
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.usage.output_tokens": rng.randint(10, 2_000),
        "gen_ai.usage.cache_read.input_tokens": tokens * 8 // 10,
        "gen_ai.request.max_tokens": 8192,
        "gen_ai.request.temperature": 0.7,
        "gen_ai.response.id": f"msg_{_hexadecimal(rng, 20)}",
        "gen_ai.response.time_to_first_chunk": rng.random(),
        "gen_ai.response.finish_reasons": ["tool_use"],
        "server.address": "api.example.com",
        "server.port": 443,
        "app.prompt.preview": " ".join(rng.choices(words, k=rng.randint(5, 40))),
        "app.step": step,
    }


def _tool(rng: random.Random, words: list[str], conversation: str) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": rng.choice(("bash", "read", "grep", "edit")),
        "gen_ai.tool.call.id": f"toolu_{_hexadecimal(rng, 22)}",
        "gen_ai.tool.type": "function",
        "gen_ai.conversation.id": conversation,
        "app.cwd": "/srv/project",
        "app.args": " ".join(rng.choices(words, k=rng.randint(5, 60))),
        "app.result.bytes": rng.randint(0, 100_000),
    }


def _record(
    rng: random.Random, trace: str, parent: str, name: str, bounds: tuple[int, int], values: dict[str, Any]
) -> dict[str, Any]:
    return {
        "traceId": trace,
        "spanId": _hexadecimal(rng, 16),
        "parentSpanId": parent,
        "flags": 257,
        "name": name,
        "kind": 3 if name == "chat" else 1,
        "startTimeUnixNano": str(bounds[0]),
        "endTimeUnixNano": str(bounds[1]),
        "attributes": _attributes(values),
        "status": {"code": 2, "message": "failed"} if rng.random() < 0.02 else {},
    }


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any_value(value)} for key, value in values.items()]


def _any_value(value: Scalar) -> dict[str, Any]:
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(each) for each in value]}}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}


def _hexadecimal(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(4 * digits):0{digits}x}"


def compare(path: Path, repeat: int) -> dict[str, Any]:
    """CPU seconds of both readers in turn on one file, the best of each, and their ratio."""
    from agenttrace.ingest.formats.otlp import OTLP  # noqa: PLC0415  # the naive reader needs nothing of it
    from agenttrace.ingest.recorder import Recorder  # noqa: PLC0415
    from agenttrace.ingest.source import Source  # noqa: PLC0415

    def ours() -> int:
        recorder = Recorder()
        OTLP.read(Source(str(path)), recorder)
        return int(recorder.trace().spans.num_rows)

    times: dict[str, list[float]] = {"naive": [], "agenttrace": []}
    for _ in range(repeat):
        rows = _timed(times["agenttrace"], ours)
        assert rows == _timed(times["naive"], lambda: len(read_naive(path)))
    best = {name: min(seconds) for name, seconds in times.items()}
    megabytes = path.stat().st_size / 1e6
    return {
        "megabytes": round(megabytes),
        "megabytes_per_cpu_second": {name: round(megabytes / seconds, 1) for name, seconds in best.items()},
        "ratio": round(best["naive"] / best["agenttrace"], 2),
    }


def _timed(seconds: list[float], work: Callable[[], int]) -> int:
    start = time.process_time()
    result = work()
    seconds.append(time.process_time() - start)
    return result


def main() -> None:
    """Prints the comparison as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spans.jsonl"
        write_otlp(path, options.megabytes, options.seed)
        print(json.dumps(compare(path, options.repeat)))


if __name__ == "__main__":
    main()
