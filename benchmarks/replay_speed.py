"""How fast 38,400 requests of 1,536 agent sessions are replayed, reading included, next to Dynamo's own replay.

    python benchmarks/replay_speed.py
    python benchmarks/replay_speed.py --quick --json replay.json
    python benchmarks/replay_speed.py --dynamo-python other/bin/python      Dynamo installed elsewhere

The input is capture A of sample_traces over and over, its sessions, requests and block hashes others each time. Both
read it from the file and play it on 16 replicas with 64 sessions at once, each in a fresh process, in turn, medians of
`--repeat` runs. What agenttrace gives holds the times of each request, and so does what Dynamo is asked for; its totals
alone, which take it less, are measured beside that (`dynamo_totals`). Where Dynamo is not installed (1.6.1, without
its optional parts) only agenttrace is measured, and the answer says so. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import compileall
import gzip
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from children import ROOT, begin_as_the_command, compare, measure, tell, write_json

if TYPE_CHECKING:
    from agenttrace.replay.workload import Workload

CAPTURE = ROOT / "sample_traces" / "dynamo-captures" / "A" / "request-trace.000000.jsonl.gz"
REQUESTS_EACH = 600
QUICK, FULL = 2_400, 38_400
REPLICAS, LANES = 16, 64
_APART_MS = 100
_UINT64 = 1 << 64
_SPREAD = 0x9E3779B97F4A7C15


def main(arguments: Sequence[str] | None = None) -> int:
    """Generates, measures, prints."""
    options = _options(arguments)
    if options.child:
        if options.child not in _PEERS:
            begin_as_the_command()
        work = {"agenttrace": _replay, "draw": _draw, **_PEERS}[options.child]
        tell(measure(lambda: work(Path(options.trace))))
        return 0
    compileall.compile_dir(ROOT / "src", quiet=2)
    peer = options.dynamo_python or (sys.executable if importlib.util.find_spec("dynamo") else None)
    works = ["agenttrace", "draw", *(_PEERS if peer else ())]
    requests = options.size or (QUICK if options.quick else FULL)
    with tempfile.TemporaryDirectory(prefix="agenttrace-replay-") as folder:
        trace = Path(folder) / "trace.jsonl"
        size = write_trace(trace, requests, options.seed)
        commands = {
            work: [__file__, "--child", work, "--trace", str(CAPTURE if work == "draw" else trace)]
            for work in works
        }
        medians = compare(commands, options.repeat, 1, dict.fromkeys(_PEERS, peer) if peer else None)
    answer: dict[str, Any] = {
        "requests": requests,
        "megabytes": round(size / 1e6, 1),
        "works": medians,
        "dynamo": "measured" if "dynamo" in works else "not installed: nothing to compare with",
    }
    if "dynamo" in medians:
        ours, theirs = medians["agenttrace"], medians["dynamo"]
        answer["share_of_dynamos_seconds"] = round(ours.seconds / theirs.seconds, 3)
        answer["share_of_dynamos_memory"] = round(ours.peak_mb / theirs.peak_mb, 3)
        totals = medians["dynamo_totals"]
        answer["share_of_totals_seconds"] = round(ours.seconds / totals.seconds, 3)
        answer["share_of_totals_memory"] = round(ours.peak_mb / totals.peak_mb, 3)
    print(orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=vars).decode())
    if options.json:
        write_json(options.json, answer)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, help=f"requests, {FULL} if left out")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--dynamo-python", help="a Python in which Dynamo is installed, if not in this one")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--trace", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def write_trace(file: Path, requests: int, seed: int) -> int:
    """The capture so many times; returns its bytes."""
    with gzip.open(CAPTURE) as stored:
        records = [orjson.loads(line) for line in stored if line.strip()]
    with file.open("wb") as out:
        for copy in range(-(-requests // REQUESTS_EACH)):
            for record in records:
                out.write(orjson.dumps(_changed(record, copy, seed)) + b"\n")
    return file.stat().st_size


def _changed(record: dict[str, Any], copy: int, seed: int) -> dict[str, Any]:
    """Another session, other requests, other blocks, a little later."""
    event = dict(record["event"])
    event["event_time_unix_ms"] += copy * _APART_MS
    context = event.get("agent_context")
    if context:
        keys = ("session_id", "parent_session_id")
        event["agent_context"] = context | {key: f"{copy}-{context[key]}" for key in keys if context.get(key)}
    if "tool" in event:
        tool = dict(event["tool"])
        tool["tool_call_id"] = f"{copy}-{tool['tool_call_id']}"
        for key in ("started_at_unix_ms", "ended_at_unix_ms"):
            if tool.get(key) is not None:
                tool[key] += copy * _APART_MS
        event["tool"] = tool
    if "request" in event:
        event["request"] = _other_request(event["request"], copy, seed)
    return {**record, "event": event}


def _other_request(request: dict[str, Any], copy: int, seed: int) -> dict[str, Any]:
    found = dict(request)
    for key in ("request_id", "x_request_id"):
        if found.get(key):
            found[key] = f"{copy}-{found[key]}"
    if found.get("request_received_ms") is not None:
        found["request_received_ms"] += copy * _APART_MS
    if found.get("replay"):
        mask = (copy + seed) * _SPREAD % _UINT64
        hashes = [value ^ mask for value in found["replay"]["input_sequence_hashes"]]
        found["replay"] = found["replay"] | {"input_sequence_hashes": hashes}
    return found


def _replay(trace: Path) -> dict[str, Any]:
    from agenttrace.ingest.reading import read  # noqa: PLC0415  # counted
    from agenttrace.replay.workload import read_workload  # noqa: PLC0415

    return _played(read_workload(read(trace)), REPLICAS, LANES)


def _draw(trace: Path) -> dict[str, Any]:
    """One draw of the capture of 24 sessions, read beforehand."""
    import time  # noqa: PLC0415

    from agenttrace.ingest.reading import read  # noqa: PLC0415
    from agenttrace.replay.workload import read_workload  # noqa: PLC0415

    workload = read_workload(read(trace))
    _played(workload, 2, 4)
    began = time.perf_counter()
    found = _played(workload, 2, 4)
    return {**found, "draw_ms": round((time.perf_counter() - began) * 1e3, 1)}


def _played(workload: Workload, replicas: int, lanes: int) -> dict[str, Any]:
    from agenttrace.replay.choices import Load  # noqa: PLC0415
    from agenttrace.replay.fleet import Deployment  # noqa: PLC0415
    from agenttrace.replay.playing import set_stage  # noqa: PLC0415
    from agenttrace.replay.replica import Limits  # noqa: PLC0415
    from agenttrace.replay.steps import AffineSteps  # noqa: PLC0415

    times = AffineSteps(5.74e6, 0.0, 200.0, 16.5e6, 15.2e3, 0.0)
    outcome = set_stage(workload, Load.CLOSED, lanes).play(Deployment(times, replicas, Limits(), 16_384))
    return {"requests": len(outcome.done), "makespan_s": round(float(outcome.end.max()) / 1e9, 3)}


def _peer(trace: Path, *, each_request: bool) -> dict[str, Any]:
    """Dynamo's replay as it comes; its log, a line for each routing decision, is thrown away."""
    from dynamo.replay import run_trace_replay  # type: ignore[import-not-found]  # noqa: PLC0415

    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    report = run_trace_replay(
        [str(trace)],
        trace_format="dynamo",
        execution_model="tiny",
        num_workers=REPLICAS,
        router_mode="kv_router",
        agentic_lanes=LANES,
        capture_per_request=each_request,
    )
    summary = report.to_dict().get("summary", {})
    return {name: summary.get(name) for name in ("completed_requests", "completed_trajectories")}


_PEERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "dynamo": partial(_peer, each_request=True),
    "dynamo_totals": partial(_peer, each_request=False),
}


if __name__ == "__main__":
    sys.exit(main())
