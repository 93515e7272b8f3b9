"""How fast sessions are analysed, next to a plain walk over objects in the same run.

    python benchmarks/analysis.py --size 1000000
    python benchmarks/analysis.py --quick --json analysis.json

The input is the 33-minute sample, assembled, under other seeds and over and over: complete sessions of about
a thousand spans, in chunks of about 100,000 spans. Every figure is the median of at least three runs, each
in a fresh process that is pinned to one core, in turn:

plain    a dataclass for each span, and the walk that most tools do (`plain_walk`)
path     agenttrace: the event graph, the critical path, its segments
margins  agenttrace: the same, and slack and drag of every span
all      agenttrace: everything that `analyze` shows, but for what would help
forward  the event graph run forward with other gaps, event by event, in lists that are ready
what-if  agenttrace: `tool*0.5`, on a plan that is ready: selection of gaps, other gaps, one pass
chain    agenttrace: graph, path, margins and one pass of one session: spans one after the other
fan      the same: all spans beside each other
nest     the same: each span inside the one before, a tenth as many

Time is that of the work alone: the chunk is in memory before, as Arrow or as objects. Memory is the
whole process's, at any size that of one chunk. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import compileall
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from children import ROOT, Medians, compare, measure, tell, write_json
from plain_walk import plain_walk
from reading_naive import NaiveSpan

if TYPE_CHECKING:
    from agenttrace.model.trace import Trace

QUICK, FULL = 100_000, 1_000_000
CHUNK = 100_000
SHAPES = ("chain", "fan", "nest")
WORKS = ("plain", "path", "margins", "all", "forward", "what-if", *SHAPES)
_SEEDS = 6
_TABLES = ("sessions", "agents", "spans", "marks", "links", "prefixes")
_UNTOLD: dict[str, Any] = dict.fromkeys(
    (
        "model",
        "tool",
        "call_id",
        "conversation",
        "input_tokens",
        "cache_read_tokens",
        "output_tokens",
        "first_token_ns",
    )
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Generates, measures, prints."""
    options = _options(arguments)
    size = QUICK if options.quick else options.size
    if options.child:
        size = size // 10 if options.child == "nest" else size
        if options.child in SHAPES:
            work, spans = _shape(options.child, size)
        else:
            work, spans = _WORK[options.child](Path(options.folder))
        times = max(1, round(size / spans))
        tell(measure(lambda: {"spans": times * spans, "found": [work() for _ in range(times)][-1]}))
        return 0
    compileall.compile_dir(ROOT / "src", quiet=2)
    with tempfile.TemporaryDirectory(prefix="agenttrace-analysis-") as folder:
        _write_chunk(Path(folder) / "chunk", options.seed, min(size, CHUNK))
        tail = ["--size", str(size), "--folder", str(Path(folder) / "chunk")]
        commands = {work: [__file__, "--child", work, *tail] for work in WORKS}
        medians = compare(commands, options.repeat, 1)
    works = {name: _figures(found, medians["plain"], medians["forward"]) for name, found in medians.items()}
    _print(works)
    if options.json:
        about = {"seed": options.seed, "size": size, "repeat": options.repeat}
        write_json(options.json, {**about, "python": sys.version.split()[0], "works": works})
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=FULL, help="spans")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} spans")
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, three at least")
    parser.add_argument("--json", metavar="FILE", help="the figures, `-` for standard output")
    parser.add_argument("--child", choices=WORKS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _write_chunk(folder: Path, seed: int, spans: int) -> None:
    """One chunk of complete sessions, saved."""
    from agenttrace.ingest.reading import read  # noqa: PLC0415  # children start without it
    from agenttrace.model.storage import save  # noqa: PLC0415
    from agenttrace.samples import write_sample  # noqa: PLC0415

    told: list[Trace] = []
    with tempfile.TemporaryDirectory() as samples:
        for number, format_id in zip(range(_SEEDS), ("otlp", "claude-code", "dynamo") * 2, strict=True):
            path = Path(samples) / f"{number}.jsonl"
            write_sample("claude-code-33min", path, seed=seed + number, format_id=format_id)
            told.append(read(path))
    save(_repeated(told, spans), folder)


def _repeated(told: list[Trace], spans: int) -> Trace:
    """Copies of the sessions, each under a name of its own, sorted by it."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    from agenttrace.model.trace import Trace  # noqa: PLC0415

    parts: dict[str, list[pa.Table]] = defaultdict(list)
    number = count = 0
    while count < spans:
        trace = told[number % len(told)]
        for name in _TABLES:
            table = getattr(trace, name)
            session = pc.binary_join_element_wise(f"{number:06}", table["session"], "-")
            field = table.schema.get_field_index("session")
            parts[name].append(table.set_column(field, table.schema.field(field), session))
        count += trace.spans.num_rows
        number += 1
    tables = {name: pa.concat_tables(found).unify_dictionaries() for name, found in parts.items()}
    return Trace(**tables, findings=told[0].findings.slice(0, 0), sources=told[0].sources)


_Work = tuple[Callable[[], int], int]


def _plain(folder: Path) -> _Work:
    from agenttrace.model.storage import load  # noqa: PLC0415

    columns = ["session", "span", "parent", "kind", "start_ns", "end_ns"]
    spans = [_naive(**row) for row in load(folder).spans.select(columns).to_pylist()]
    return lambda: plain_walk(spans), len(spans)


def _naive(
    *, session: str, span: int, parent: int | None, kind: str, start_ns: int, end_ns: int
) -> NaiveSpan:
    above = "" if parent is None else str(parent)
    return NaiveSpan(
        session, str(span), above, "", start_ns, end_ns, failed=False, kind=kind, **_UNTOLD, attributes={}
    )


def _engine_path(folder: Path) -> _Work:
    from agenttrace.critical_path.graph import build_graph  # noqa: PLC0415
    from agenttrace.critical_path.path import find_critical_path  # noqa: PLC0415
    from agenttrace.critical_path.segments import path_segments, segment_table  # noqa: PLC0415
    from agenttrace.model.storage import load  # noqa: PLC0415

    chunk = load(folder)

    def work() -> int:
        graph = build_graph(chunk)
        return segment_table(graph, path_segments(graph, find_critical_path(graph))).num_rows

    return work, chunk.spans.num_rows


def _engine_margins(folder: Path) -> _Work:
    from agenttrace.critical_path.graph import build_graph  # noqa: PLC0415
    from agenttrace.critical_path.margins import find_margins  # noqa: PLC0415
    from agenttrace.critical_path.path import find_critical_path  # noqa: PLC0415
    from agenttrace.critical_path.schedule import plan  # noqa: PLC0415
    from agenttrace.critical_path.segments import path_segments, segment_table  # noqa: PLC0415
    from agenttrace.model.storage import load  # noqa: PLC0415

    chunk = load(folder)

    def work() -> int:
        graph = build_graph(chunk)
        segment_table(graph, path_segments(graph, find_critical_path(graph)))
        return int((find_margins(plan(graph)).drag > 0).sum())

    return work, chunk.spans.num_rows


def _forward(folder: Path) -> _Work:
    """What the graph of a chunk comes to without arrays: a list of sources for each event, in order."""
    import numpy as np  # noqa: PLC0415

    from agenttrace.critical_path.graph import build_graph  # noqa: PLC0415
    from agenttrace.critical_path.levels import levels  # noqa: PLC0415
    from agenttrace.critical_path.network import weave  # noqa: PLC0415
    from agenttrace.model.storage import load  # noqa: PLC0415

    chunk = load(folder)
    graph = build_graph(chunk)
    network = weave(graph.forest, graph.nodes, graph.blocks, graph.dependencies)
    level_of, _ = levels(network.source, network.target, network.size)
    order = np.lexsort((network.source, network.target, level_of[network.target])).tolist()
    sources, targets = network.source.tolist(), network.target.tolist()
    waits: dict[int, list[int]] = {}
    for edge in order:
        waits.setdefault(targets[edge], []).append(sources[edge])
    gaps = [*graph.gaps.tolist(), *[0] * (network.size - len(graph.nodes))]

    def work() -> int:
        times = gaps.copy()
        for event, before in waits.items():
            times[event] = gaps[event] // 2 + max([times[one] for one in before])
        return len(times)

    return work, chunk.spans.num_rows


def _what_if(folder: Path) -> _Work:
    from agenttrace.critical_path.graph import build_graph  # noqa: PLC0415
    from agenttrace.critical_path.schedule import plan, walls  # noqa: PLC0415
    from agenttrace.critical_path.what_if.bench import Bench  # noqa: PLC0415
    from agenttrace.critical_path.what_if.changing import changed_gaps  # noqa: PLC0415
    from agenttrace.critical_path.what_if.parsing import parse  # noqa: PLC0415
    from agenttrace.critical_path.what_if.spec import Change  # noqa: PLC0415
    from agenttrace.model.storage import load  # noqa: PLC0415

    chunk = load(folder)
    bench = Bench(chunk, plan(build_graph(chunk)))
    (change,) = parse("tool*0.5").changes
    assert isinstance(change, Change)
    before = int(bench.walls.sum())
    assert bench.stretches.occurrence is not None

    def work() -> int:
        gaps, _ = changed_gaps(bench.gaps, bench.stretches, change)
        return before - int(walls(bench.schedule, gaps).sum())

    return work, chunk.spans.num_rows


def _shape(name: str, spans: int) -> _Work:
    sys.path.insert(0, str(ROOT / "tests"))  # the shapes are those of the tests
    from agenttrace.critical_path.graph import build_graph  # noqa: PLC0415
    from agenttrace.critical_path.margins import find_margins  # noqa: PLC0415
    from agenttrace.critical_path.path import find_critical_path  # noqa: PLC0415
    from agenttrace.critical_path.schedule import plan, walls  # noqa: PLC0415
    from agenttrace.critical_path.segments import path_segments  # noqa: PLC0415
    from unit.critical_path import large  # noqa: PLC0415

    trace = getattr(large, name)(spans)

    def work() -> int:
        graph = build_graph(trace)
        schedule = plan(graph)
        walls(schedule, graph.gaps // 2)
        find_margins(schedule)
        return len(path_segments(graph, find_critical_path(graph)).length)

    return work, spans


def _everything(folder: Path) -> _Work:
    from agenttrace.critical_path.analysis import analyze_chunk  # noqa: PLC0415
    from agenttrace.model.storage import load  # noqa: PLC0415

    chunk = load(folder)
    return lambda: analyze_chunk(chunk).segments.height, chunk.spans.num_rows


_WORK: dict[str, Callable[[Path], _Work]] = {
    "plain": _plain,
    "path": _engine_path,
    "margins": _engine_margins,
    "all": _everything,
    "forward": _forward,
    "what-if": _what_if,
}


def _figures(found: Medians, plain: Medians, forward: Medians) -> dict[str, Any]:
    spans = found.result["spans"]
    return {
        "seconds": round(found.seconds, 4),
        "all_seconds": found.all_seconds,
        "cpu_seconds": round(found.cpu_seconds, 4),
        "spans": spans,
        "found": found.result["found"],
        "mspan_per_second": round(spans / found.seconds / 1e6, 3),
        "mspan_per_cpu_second": round(spans / found.cpu_seconds / 1e6, 3),
        "peak_mb": round(found.peak_mb),
        "start_mb": round(found.start_mb),
        "times_plain": round(_speed(found) / _speed(plain), 2),
        "times_forward": round(_speed(found) / _speed(forward), 2),
    }


def _speed(found: Medians) -> float:
    """Spans a second of the core's time: other work on the machine matters least there."""
    return float(found.result["spans"]) / max(found.cpu_seconds, 1e-9)


def _print(works: dict[str, dict[str, Any]]) -> None:
    print(
        "{:8}{:>12}{:>10}{:>10}{:>9}{:>14}{:>15}".format(
            "work", "spans", "CPU s", "Mspan/s", "peak MB", "times plain", "times forward"
        )
    )
    for name, found in works.items():
        print(
            f"{name:8}{found['spans']:>12,}{found['cpu_seconds']:>10.2f}{found['mspan_per_cpu_second']:>10.3f}"
            f"{found['peak_mb']:>9}{found['times_plain']:>14.2f}{found['times_forward']:>15.2f}"
        )


if __name__ == "__main__":
    sys.exit(main())
