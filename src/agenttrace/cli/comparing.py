"""What `diff` does once its options are read: two sides, a comparison, its outputs and its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pyarrow as pa

from agenttrace.api.analyzing import calibrated_by
from agenttrace.api.baselines import baseline_file
from agenttrace.api.moved_tasks import draw_movers
from agenttrace.api.noise_files import load_noise
from agenttrace.api.settings.policies import policy_of
from agenttrace.api.settings.resolving import Setting
from agenttrace.api.summarising import SideOptions, SideRead, summaries_of
from agenttrace.cli import options as o
from agenttrace.cli.checks import refuse_findings
from agenttrace.cli.streams import write_data, write_file
from agenttrace.diff.comparison import Comparison, compare
from agenttrace.diff.policy import Level, Policy
from agenttrace.diff.verdicts import Verdict
from agenttrace.errors import InputError, UsageError
from agenttrace.report import terminal
from agenttrace.report.diff import outline as outlines
from agenttrace.report.diff.as_github import annotation_lines
from agenttrace.report.diff.as_json import to_json
from agenttrace.report.diff.as_junit import to_junit
from agenttrace.report.diff.as_markdown import to_markdown
from agenttrace.workers.engine import usable_cores

if TYPE_CHECKING:
    from agenttrace.report.diff.html.pairs import DrawnPair

FAILED, NO_DATA = 1, 3


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where what is written."""

    html: str | None
    json: str | None
    markdown: str | None
    junit: str | None
    baseline: str | None
    github: bool


@dataclass(frozen=True, slots=True)
class DiffOptions:
    """Everything that was asked for."""

    settings: Mapping[str, Setting]
    outputs: Outputs
    input_format: str | None
    calibrate: str | None
    jobs: int | None
    top: int | None
    width: int
    color: bool
    strict: bool
    redact: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, ready to be written; `pairs`: the most moved tasks as they are drawn, where that is wanted."""

    comparison: Comparison
    sources: tuple[str, str]
    candidate: SideRead
    options: DiffOptions
    pairs: Sequence[DrawnPair] = ()

    def write(self) -> None:
        """Files first; the table last, unless something else goes to standard output."""
        of, outputs, top = self.comparison, self.options.outputs, self.options.top or outlines.DEFAULT_TOP
        texts: dict[str | None, Callable[[], str | bytes]] = {
            outputs.html: self._page,
            outputs.json: lambda: to_json(of),
            outputs.markdown: lambda: to_markdown(of, top=top),
            outputs.junit: lambda: to_junit(of),
            outputs.baseline: lambda: baseline_file(self.candidate.sessions),
        }
        for place, text in texts.items():
            if place is not None and place != o.STANDARD_OUTPUT:
                write_file(place, [text()])
        if outputs.github:
            self._tell_github(to_markdown(of, top=top))
        if o.STANDARD_OUTPUT in texts:
            write_data([texts[o.STANDARD_OUTPUT]()])
            return
        report = outlines.outline(of, self.sources, top=top)
        write_data([terminal.draw(report, width=self.options.width, color=self.options.color)])

    def _page(self) -> str:
        from agenttrace.report.diff.html.page import DEFAULT_TOP, diff_page  # noqa: PLC0415  # hardly ever wanted

        top = self.options.top or DEFAULT_TOP
        return diff_page(self.comparison, self.sources, self.pairs, top=top)

    def _tell_github(self, text: str) -> None:
        """Workflow commands are read from standard error too."""
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(text)
        for line in annotation_lines(self.comparison):
            sys.stderr.write(line + "\n")

    def exit_code(self, *, exit_zero: bool) -> int:
        """3 where a gate found no data; 1 where one failed or a budget was exceeded; 0 else."""
        if self.comparison.missing:
            return NO_DATA
        if exit_zero:
            return 0
        return FAILED if _fails(self.comparison) else 0


def _fails(of: Comparison) -> bool:
    failing = set(of.policy.fail_on)
    gates = any(
        one.verdict.value in failing and one.gate.level is Level.ERROR and one.waived is None
        for one in of.answers
    )
    over = any(one.kept is False and one.budget.level is Level.ERROR for one in of.budgets)
    return gates or (over and Verdict.REGRESSION.value in failing)


def run_diff(base: str, candidate: str, options: DiffOptions, stack: ExitStack) -> Compared:
    """Reads both sides and compares them."""
    _one_on_standard_output(options.outputs)
    policy, manifest = _with_manifest(policy_of(options.settings))
    noise = options.settings["noise"].value
    known = load_noise(noise) if noise is not None else None
    side = SideOptions(
        options.input_format,
        o.parse_limit("--suspend-after", options.settings["suspend_after"].value),
        options.jobs or usable_cores(),
        calibrated_by(options.calibrate) if options.calibrate else None,
        drawn=options.outputs.html is not None,
    )
    sides = [summaries_of(path, side, stack) for path in (base, candidate)]
    if options.strict:
        refuse_findings(pa.concat_tables([one.findings.unify_dictionaries() for one in sides]))
    today = datetime.now(UTC).date()
    found = compare(sides[0].sessions, sides[1].sessions, policy, noise=known, manifest=manifest, today=today)
    pairs = draw_movers(found, sides[0].draw, sides[1].draw) if side.drawn else ()
    compared = Compared(found, (base, candidate), sides[1], options, pairs)
    return _redacted(compared) if options.redact else compared


def _redacted(of: Compared) -> Compared:
    """Without any word of the traces; a saved baseline stays as it is, for it has to be paired by them."""
    from agenttrace.report.diff import redaction as hashing  # noqa: PLC0415  # hardly ever wanted

    redaction = hashing.key_of(of.comparison, of.sources)
    before, after = (redaction.hashed("file", path) for path in of.sources)
    return replace(
        of,
        comparison=hashing.redacted(of.comparison, redaction),
        sources=(before, after),
        pairs=[hashing.redacted_pair(pair, redaction) for pair in of.pairs],
    )


def _one_on_standard_output(outputs: Outputs) -> None:
    told = [outputs.html, outputs.json, outputs.markdown, outputs.junit, outputs.baseline]
    if told.count(o.STANDARD_OUTPUT) > 1:
        raise UsageError("two outputs would go to standard output", hint="give one of them a file")


def _with_manifest(policy: Policy) -> tuple[Policy, Mapping[str, str] | None]:
    """`manifest:FILE` names a JSON object of session to task."""
    if policy.pair_by is None or not policy.pair_by.startswith("manifest:"):
        return policy, None
    path = policy.pair_by.removeprefix("manifest:")
    try:
        told = orjson.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=path) from error
    except ValueError as error:
        raise InputError("not JSON", where=path, hint='expected {"SESSION": "TASK", ...}') from error
    if not isinstance(told, dict) or not all(isinstance(task, str) for task in told.values()):
        raise InputError("no manifest", where=path, hint='expected {"SESSION": "TASK", ...}')
    return replace(policy, pair_by=None), told
