"""How fast traces are read, next to a plain reader in the same run, for each of the formats.

    python benchmarks/reading.py --size 100
    python benchmarks/reading.py --quick --json reading.json

The input is the 33-minute sample over and over with other ids (for transcripts real ones, if they are in
../shared/data or in AGENTTRACE_SHARED_DATA). Every figure is the median of at least three runs, each in a
fresh process that is pinned to one core (`--cores` for more), the readers in turn:

plain    the standard library's json, a dataclass and a dict for each span (`reading_plain`)
walk     the same, and the walk that most tools do (`plain_walk`): of OTLP/JSON, what analysis is compared with
columns  agenttrace, to the normalised raw columns
jobs     the same by as many processes as there are `--cores`, their start included, to columns laid down on disk
trace    agenttrace, to the assembled trace: sessions, agents, parents, links
analysis agenttrace, everything that `analyze` works out, by as many processes

Time is that of the reading alone, without start-up: each reads a little first, and agenttrace begins as its
command does. Memory is the whole process's, and where it has workers, its own and as often that of the largest of
them. "times plain" is how many times faster it is than the plain reader by wall time and, in brackets, by processor
time; of analysis, where there is a walk, how many times faster than that. Spans are those that a reader found: they
differ a little, for a plain reader knows less. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import compileall
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from children import ROOT, Medians, begin_as_the_command, compare, measure, tell, write_json

QUICK_MB, FULL_MB = 4.0, 100.0
_LITTLE_MB = 0.1
READERS = ("plain", "walk", "columns", "jobs", "trace", "analysis")
_WALKED = "otlp"
FORMATS = ("dynamo", "claude-code", "otlp", "otlp-protobuf")


def main(arguments: Sequence[str] | None = None) -> int:
    """Generates, measures, prints."""
    options = _options(arguments)
    if options.child:
        _child(options)
        return 0
    compileall.compile_dir(ROOT / "src", quiet=2)
    compileall.compile_dir(ROOT / "benchmarks", quiet=2, maxlevels=0)
    megabytes = QUICK_MB if options.quick else options.size
    results = [_compare(format_id, megabytes, options) for format_id in options.formats]
    _print(results)
    if options.json:
        about = {"seed": options.seed, "size_mb": megabytes, "cores": options.cores, "repeat": options.repeat}
        write_json(options.json, {**about, "python": sys.version.split()[0], "formats": results})
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=float, default=FULL_MB, help="megabytes of each input")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_MB:.0f} MB")
    parser.add_argument("--seed", type=int, default=33)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each reader, three at least")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--formats", nargs="+", default=FORMATS, choices=FORMATS)
    parser.add_argument("--json", metavar="FILE", help="the figures, `-` for standard output")
    parser.add_argument("--child", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--little", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _child(options: argparse.Namespace) -> None:
    """Reads a little first, and so loads what it needs; then all, which alone is measured."""
    if options.child not in ("plain", "walk"):
        begin_as_the_command()
    prepare, format_id = _WORK[options.child], options.formats[0]
    prepare(format_id, sorted(Path(options.little).iterdir()), options.cores)()
    work = prepare(format_id, sorted(Path(options.folder).iterdir()), options.cores)
    tell(measure(lambda: {"spans": work()}))


def _compare(format_id: str, megabytes: float, options: argparse.Namespace) -> dict[str, Any]:
    from repeated_traces import write_input  # noqa: PLC0415  # loads agenttrace; children start without it

    with tempfile.TemporaryDirectory(prefix="agenttrace-reading-") as parent:
        folder, little = Path(parent, "all"), Path(parent, "little")
        paths = write_input(format_id, folder, megabytes, options.seed, _transcripts())
        write_input(format_id, little, _LITTLE_MB, options.seed + 1, None)
        commands = {
            reader: [
                *(__file__, "--child", reader, "--formats", format_id, "--cores", str(options.cores)),
                *("--folder", str(folder), "--little", str(little)),
            ]
            for reader in READERS
            if reader != "walk" or format_id == _WALKED
        }
        medians = compare(commands, options.repeat, options.cores)
        size = sum(path.stat().st_size for path in paths) / 1e6
    readers = {
        reader: _figures(
            found, medians["walk" if reader == "analysis" and "walk" in medians else "plain"], size
        )
        for reader, found in medians.items()
    }
    return {"format": format_id, "mb": round(size, 1), "files": len(paths), "readers": readers}


def _transcripts() -> Path:
    shared = Path(os.environ.get("AGENTTRACE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    return shared / "sessions" / "claude-code"


def _figures(found: Medians, plain: Medians, megabytes: float) -> dict[str, Any]:
    return {
        "seconds": round(found.seconds, 4),
        "all_seconds": found.all_seconds,
        "cpu_seconds": round(found.cpu_seconds, 4),
        "spans": found.result["spans"],
        "spans_per_second": round(found.result["spans"] / found.seconds),
        "mb_per_second": round(megabytes / found.seconds, 1),
        "mb_per_cpu_second": round(megabytes / found.cpu_seconds, 1),
        "peak_mb": round(found.peak_mb),
        "start_mb": round(found.start_mb),
        "times_plain": round(plain.seconds / found.seconds, 2),
        "times_plain_cpu": round(plain.cpu_seconds / found.cpu_seconds, 2),
    }


def _plain(format_id: str, paths: list[Path], _: int) -> Callable[[], int]:
    from reading_plain import READERS as PLAIN  # noqa: PLC0415  # only what is measured is loaded

    read = PLAIN[format_id]
    return lambda: len(read(paths))


def _walk(format_id: str, paths: list[Path], _: int) -> Callable[[], int]:
    from plain_walk import plain_walk  # noqa: PLC0415
    from reading_plain import read_otlp  # noqa: PLC0415

    assert format_id == _WALKED

    def work() -> int:
        spans = read_otlp(paths)
        plain_walk(spans)
        return len(spans)

    return work


def _columns(format_id: str, paths: list[Path], _: int) -> Callable[[], int]:
    from agenttrace.ingest.recorder import Recorder  # noqa: PLC0415
    from agenttrace.ingest.registry import format_by_id, recognise  # noqa: PLC0415
    from agenttrace.ingest.source import Source  # noqa: PLC0415

    expected = format_by_id(format_id.removesuffix("-protobuf"))

    def work() -> int:
        spans = 0
        for path in paths:
            recorder, source = Recorder(), Source(str(path))
            assert recognise(source) is expected
            expected.read(source, recorder)
            spans += recorder.trace().spans.num_rows
        return spans

    return work


def _jobs(_: str, paths: list[Path], jobs: int) -> Callable[[], int]:
    from agenttrace.ingest.assembly.assemble import ReadPart  # noqa: PLC0415
    from agenttrace.ingest.assembly.folder import Folder  # noqa: PLC0415
    from agenttrace.ingest.assembly.ledger import Ledger  # noqa: PLC0415
    from agenttrace.ingest.registry import formats  # noqa: PLC0415
    from agenttrace.ingest.source import Source  # noqa: PLC0415
    from agenttrace.ingest.source_reader import Laid, SourceReader  # noqa: PLC0415
    from agenttrace.workers.processes import Processes  # noqa: PLC0415

    assert formats()

    def work() -> int:
        spans: list[int] = []
        folder, engine = Folder(), Processes(jobs)

        def take(read: ReadPart) -> None:
            spans.append(sum(read.part.notes.spans.values()))

        try:
            sources = [(Source(str(path)), True) for path in paths]
            SourceReader(None, Ledger(()), take, engine, Laid(folder, 0)).read(sources)
        finally:
            engine.close()
            folder.remove()
        return sum(spans)

    return work


def _trace(_: str, paths: list[Path], jobs: int) -> Callable[[], int]:
    from agenttrace.ingest.reading import read  # noqa: PLC0415
    from agenttrace.ingest.registry import formats  # noqa: PLC0415

    assert formats()
    return lambda: read(paths, jobs=jobs).spans.num_rows


def _analysis(_: str, paths: list[Path], jobs: int) -> Callable[[], int]:
    from contextlib import ExitStack  # noqa: PLC0415

    from agenttrace.api.analyzing import Asked, analyse_all  # noqa: PLC0415
    from agenttrace.ingest.reading import Reading  # noqa: PLC0415
    from agenttrace.ingest.registry import formats  # noqa: PLC0415
    from agenttrace.report.output_format import OutputFormat  # noqa: PLC0415
    from agenttrace.report.rendering import Manner  # noqa: PLC0415

    assert formats()

    def work() -> int:
        with ExitStack() as stack:
            reading = stack.enter_context(Reading([str(path) for path in paths], jobs=jobs))
            found = analyse_all(reading, Asked(Manner(), [OutputFormat.TABLE]), stack).analysis
            return int(found.sources["records"].sum())

    return work


_WORK = {
    "plain": _plain,
    "walk": _walk,
    "columns": _columns,
    "jobs": _jobs,
    "trace": _trace,
    "analysis": _analysis,
}


def _print(results: list[dict[str, Any]]) -> None:
    head = ("format", "MB", "reader", "spans/s", "MB/s", "peak MB", "times plain")
    print("{:15}{:>7}  {:9}{:>10}{:>9}{:>9}{:>18}".format(*head))
    for result in results:
        for name, found in result["readers"].items():
            times = f"{found['times_plain']:.2f} ({found['times_plain_cpu']:.2f})"
            print(
                f"{result['format']:15}{result['mb']:>7.0f}  {name:9}{found['spans_per_second']:>10,}"
                f"{found['mb_per_second']:>9.1f}{found['peak_mb']:>9}{times:>18}"
            )


if __name__ == "__main__":
    sys.exit(main())
