"""`doctor`: heads first, then of each format a bounded part, read and counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agenttrace.errors import AgentTraceError, RefusedFormatError, UnknownFormatError
from agenttrace.ingest.doctor.diagnosis import Diagnosis, Fault, Found, Missing, Unclaimed
from agenttrace.ingest.doctor.lacks import calls_of, count_lacks
from agenttrace.ingest.doctor.listing import list_files, spread
from agenttrace.ingest.doctor.producers import producers_in
from agenttrace.ingest.doctor.reading_parts import PartRead, read_part
from agenttrace.ingest.doctor.switches import switches_for
from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.reading import DATASET
from agenttrace.ingest.registry import format_by_id, recognise
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Severity

MOST_HEADS = 5_000
"""Of more files than these, so many are looked at, evenly over all of them."""

_EXAMPLES = 3
_DATASET_FACTS = FormatFacts(
    "a dataset that `agenttrace ingest` made",
    ("Parquet",),
    ("what its sources say",),
    (),
    ("what they leave out",),
)


@dataclass(slots=True)
class _Files:
    """The files of one format."""

    files: list[tuple[str, int]] = field(default_factory=list)
    producers: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Reasons:
    """Files that are of no format, by the reason."""

    files: dict[tuple[str, str | None], list[tuple[str, int]]] = field(default_factory=dict)

    def add(self, reason: str, path: str, size: int, hint: str | None = None) -> None:
        self.files.setdefault((reason, hint), []).append((path, size))

    def told(self) -> list[Unclaimed]:
        """The most frequent first."""
        found = [
            Unclaimed(
                reason,
                len(files),
                sum(size for _, size in files),
                [path for path, _ in files[:_EXAMPLES]],
                hint,
            )
            for (reason, hint), files in self.files.items()
        ]
        return sorted(found, key=lambda one: (-one.files, one.reason))


def doctor(paths: str | Path | Sequence[str | Path], *, heads: int = MOST_HEADS) -> Diagnosis:
    """What lies there, what each format of it can tell, what is missing to tell more, and how to switch that on.

    Files, folders, globs and datasets, however large: of every file the first 64 KiB are looked at, of more than
    `heads` files so many; and of each format at most 64 files are read, 4 MiB of each. InputError where a path leads to
    nothing; whatever else cannot be read is told in `unclaimed`.

    >>> import agenttrace
    >>> found = agenttrace.doctor("sample_traces/claude-code")
    >>> [(of.format, of.sessions) for of in found.formats]
    [('claude-code', 2)]
    >>> found.formats[0].missing[0].lack.value
    'first_token'
    """
    names = [str(paths)] if isinstance(paths, str | Path) else [str(path) for path in paths]
    listed = list_files(names)
    reasons, by_format = _Reasons(), defaultdict[str, _Files](_Files)
    looked_at = 0
    for path, size in spread(listed.files, heads):
        looked_at += 1
        _look_at(path, size, by_format, reasons)
    for reason, others in listed.others.items():
        for path in others:
            reasons.add(reason, path, 0)
    found = [_found(format_id, files) for format_id, files in by_format.items()]
    found += [_dataset(place) for place in listed.datasets]
    return Diagnosis(
        paths=names,
        files=len(listed.files),
        bytes=sum(size for _, size in listed.files),
        looked_at=looked_at,
        formats=sorted(found, key=lambda of: (-of.files, of.format)),
        unclaimed=reasons.told(),
    )


def _look_at(path: str, size: int, by_format: dict[str, _Files], reasons: _Reasons) -> None:
    source = Source(path)
    try:
        known = recognise(source)
    except RefusedFormatError as error:
        reasons.add(error.message, path, size, error.hint)
    except UnknownFormatError as error:
        reasons.add(error.message, path, size)
    except AgentTraceError as error:
        reasons.add(error.message, path, size, error.hint)
    else:
        files = by_format[known.id]
        files.files.append((path, size))
        files.producers.update(producers_in(known.id, source.head))


def _found(format_id: str, files: _Files) -> Found:
    part = read_part(files.files, format_id)
    about = Found(
        format=format_id,
        facts=format_by_id(format_id).facts,
        files=len(files.files),
        bytes=sum(size for _, size in files.files),
        examples=[path for path, _ in files.files[:_EXAMPLES]],
        producers=dict(files.producers.most_common()),
    )
    return _examined(about, part)


def _dataset(place: str) -> Found:
    size = sum(file.stat().st_size for file in Path(place).rglob("*") if file.is_file())
    about = Found(DATASET, _DATASET_FACTS, 1, size, [place], {})
    return _examined(about, read_part([(place, 0)], DATASET))


def _examined(about: Found, part: PartRead) -> Found:
    traces = part.traces
    calls = [calls_of(trace) for trace in traces]
    dialects = sorted({name for trace in traces for name in _dialects(trace)})
    starts = [value for trace in traces for value in trace.timed().sessions["start_ns"].to_pylist()]
    ends = [value for trace in traces for value in trace.timed().sessions["end_ns"].to_pylist()]
    return Found(
        about.format,
        about.facts,
        about.files,
        about.bytes,
        about.examples,
        about.producers,
        examined=part.examined,
        cut=part.cut,
        sessions=sum(trace.sessions.num_rows for trace in traces),
        requests=sum(requests for requests, _ in calls),
        tool_calls=sum(tools for _, tools in calls),
        start_ns=min(starts, default=None),
        end_ns=max(ends, default=None),
        dialects=dialects,
        missing=_missing(about.format, traces, dialects),
        faults=_faults(traces[: 1 if part.cut else None] if part.examined > part.cut else ()),
        unread=part.unread,
    )


def _dialects(trace: Trace) -> Iterable[str]:
    for told in trace.sources["dialect"].to_pylist():
        yield from (name.strip() for name in (told or "").split(",") if name.strip())


def _missing(format_id: str, traces: Sequence[Trace], dialects: Sequence[str]) -> list[Missing]:
    found: dict[str, Missing] = {}
    for trace in traces:
        for one in count_lacks(trace):
            before = found.get(one.lack)
            found[one.lack] = Missing(
                one.lack,
                one.missing + (before.missing if before else 0),
                one.of + (before.of if before else 0),
                one.unit,
                switches_for(format_id, one.lack, dialects),
            )
    return list(found.values())


def _faults(traces: Sequence[Trace]) -> list[Fault]:
    """Of whole files alone: a beginning ends in the middle because it was cut there."""
    return [
        Fault(row["code"], row["severity"], row["count"], row["file"], row["example"])
        for trace in traces
        for row in trace.findings.to_pylist()
        if row["severity"] != Severity.INFO.value
    ]
