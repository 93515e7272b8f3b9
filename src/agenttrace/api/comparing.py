"""`compare`, `noise` and `save_baseline`: sides that are traces, files, saved baselines, or summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from agenttrace.api.baselines import baseline_file
from agenttrace.api.inputs import Sessions
from agenttrace.api.noise_files import load_noise
from agenttrace.api.settings.policies import policy_of
from agenttrace.api.settings.resolving import stated
from agenttrace.api.summarising import SideOptions, summaries_of
from agenttrace.api.writing import write_whole
from agenttrace.critical_path.analysis import analyze
from agenttrace.diff import comparison as sides
from agenttrace.diff.noise import Noise, measure_noise
from agenttrace.diff.policy import Policy
from agenttrace.diff.result import Comparison
from agenttrace.diff.spread import Runs
from agenttrace.diff.summaries import empty, summarise_sessions
from agenttrace.errors import NoDataError, UsageError
from agenttrace.ingest.assembly.assemble import DEFAULT_SUSPEND_NS
from agenttrace.model.trace import Trace
from agenttrace.serving.service import Service

Side: TypeAlias = Sessions | pl.DataFrame
"""A trace, paths, the file of a saved baseline, or what `summarise_sessions` made."""


def compare(
    base: Side,
    candidate: Side,
    policy: Policy | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    noise: Noise | Mapping[str, Runs] | str | Path | None = None,
    manifest: Mapping[str, str] | None = None,
    today: date | None = None,
    service: Service | None = None,
    suspend_after_ns: int = DEFAULT_SUSPEND_NS,
    jobs: int = 1,
) -> Comparison:
    """Did it get worse: two deployments compared, gate by gate.

    `settings`: the names and values of `agenttrace.toml`, gates among them; `policy` is the same as an object, and
    only one of them is given. Files and the environment set nothing here. `noise`: of `noise`, or its file.
    `manifest`: session to task. `today`: decides which waivers still hold. NoDataError: a side without times.

    >>> import agenttrace
    >>> before = "sample_traces/dynamo-captures/A/request-trace.000000.jsonl.gz"
    >>> after = "sample_traces/dynamo-captures/B/request-trace.000000.jsonl.gz"
    >>> agenttrace.compare(before, after, settings={"alpha": 0.01})
    <Comparison: verdict regression, cause serving, sessions 24 and 24, paired by first-prompt>
    """
    if policy is not None and settings is not None:
        raise UsageError("settings and a policy: give one of them")
    told = dict(settings or {})
    told_noise = told.pop("noise", None) if noise is None else noise
    options = SideOptions(None, suspend_after_ns, jobs, service)
    return sides.compare(
        _summaries(base, options),
        _summaries(candidate, options),
        policy or policy_of(stated(told)),
        noise=_runs(told_noise),
        manifest=manifest,
        today=today,
    )


def noise(
    runs: Sequence[Side],
    *,
    pair_by: str | None = None,
    alpha: float = 0.05,
    suspend_after_ns: int = DEFAULT_SUSPEND_NS,
    jobs: int = 1,
) -> Noise:
    """How much runs of one deployment differ beside chance, for `compare(..., noise=...)`.

    Each run is a side of its own: the same tasks, run again. UsageError for fewer than two, NoDataError where too few
    sessions tell.

    >>> import agenttrace
    >>> runs = [f"sample_traces/dynamo-captures/{run}/request-trace.000000.jsonl.gz" for run in ("A", "B")]
    >>> measured = agenttrace.noise(runs)
    >>> measured.runs, measured.tasks, measured.metrics[0].metric
    (2, 24, 'session.active_time')
    """
    if len(runs) < 2:
        raise UsageError("it takes two runs at least")
    options = SideOptions(None, suspend_after_ns, jobs)
    found = measure_noise([_summaries(run, options) for run in runs], Policy(pair_by=pair_by, alpha=alpha))
    if not found.metrics:
        raise NoDataError("too few sessions to tell how much runs differ")
    return found


def save_baseline(sessions: Side, file: str | Path) -> None:
    """Keeps what a comparison needs of a side as a small Parquet file, which `compare` takes in its place.

    >>> import agenttrace, tempfile, pathlib
    >>> kept = pathlib.Path(tempfile.mkdtemp(), "base.parquet")
    >>> trace = agenttrace.read("sample_traces/dynamo-captures/A/request-trace.000000.jsonl.gz")
    >>> agenttrace.save_baseline(trace, kept)
    >>> agenttrace.compare(kept, trace).verdict.value
    'no-change'
    """
    write_whole(file, [baseline_file(_summaries(sessions, SideOptions(None, DEFAULT_SUSPEND_NS, 1)))])


def _summaries(side: Side, options: SideOptions) -> pl.DataFrame:
    if isinstance(side, pl.DataFrame):
        return side
    if isinstance(side, Trace):
        found = summarise_sessions(side, analyze(side, service=options.service, ranked=()))
        if not found.height:
            raise NoDataError("no session with timings")
        return found
    paths = [str(side)] if isinstance(side, str | Path) else [str(path) for path in side]
    with ExitStack() as stack:
        return pl.concat([empty(), *(summaries_of(path, options, stack).sessions for path in paths)])


def _runs(told: Noise | Mapping[str, Runs] | str | Path | None) -> Mapping[str, Runs] | None:
    if isinstance(told, Noise):
        return told.told()
    return load_noise(str(told)) if isinstance(told, str | Path) else told
