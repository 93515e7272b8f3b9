"""`agenttrace analyze`: where the time of sessions went."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from agenttrace.cleanups import cleaned_by
from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.answering import Answer, mention, write_answer
from agenttrace.cli.checks import (
    mention_unmatched,
    refuse_findings,
    refuse_inputs_as_outputs,
    require_sessions,
)
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working
from agenttrace.cli.streams import output_width, wants_color
from agenttrace.critical_path.what_if.parsing import parse

if TYPE_CHECKING:
    from agenttrace.report.table_folder import TableFolder

EPILOG = f"""Examples:
  agenttrace analyze session.jsonl
  agenttrace analyze traces/ --html report.html
  agenttrace analyze traces/ --session 5e22d6 --waterfall
  agenttrace analyze traces/ --parquet tables/
  agenttrace analyze session.jsonl --what-if 'tool:Bash*0.5'
  agenttrace analyze 'traces/**/*.jsonl.gz' --format json > analysis.json
  agenttrace analyze loaded.jsonl --calibrate light.jsonl
  zstdcat traces.jsonl.zst | agenttrace analyze - --format md

In Python:
  agenttrace.analyze(agenttrace.read("session.jsonl")).sessions

{EXIT_CODES}"""


def analyze(
    *,
    paths: o.Paths,
    output_format: o.Format = None,
    html_file: o.HtmlFile = None,
    json_file: o.JsonFile = None,
    parquet: o.ParquetFolder = None,
    session: o.SessionIds = None,
    waterfall: o.Waterfall = False,
    top: o.Top = None,
    input_format: o.InputFormat = None,
    strict: o.Strict = False,
    what_if: o.WhatIfs = None,
    label: o.Labels = None,
    suspend_after: o.SuspendAfter = "30m",
    calibrate: o.Calibrate = None,
    redact: o.Redact = False,
    include_content: o.IncludeContent = False,
    jobs: o.Jobs = None,
    engine: o.Engine = "local",
    color: o.ColorChoice = o.Color.AUTO,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """Where the time went, along the critical path.

    A PATH is a file, a folder, a glob, or - for standard input, compressed or not; what it holds is
    recognised by content. A session may be spread over any of them.
    """
    answered = o.choose_output(output_format, json_file, html_file)
    labels = o.parse_labels(label or [])
    suspend_after_ns = o.parse_limit("--suspend-after", suspend_after)
    specs = [parse(spec) for spec in what_if or []]
    refuse_inputs_as_outputs(paths, {"--html": html_file, "--json": json_file, "--parquet": parquet})

    from agenttrace.api.analyzing import Asked, analyse_all, calibrated_by  # noqa: PLC0415  # heavy
    from agenttrace.ingest.reading import Reading, Sharing  # noqa: PLC0415
    from agenttrace.report import rendering  # noqa: PLC0415
    from agenttrace.workers.engine import usable_cores  # noqa: PLC0415

    interrupts.insist()
    manner = rendering.Manner(top=top, labels=labels, width=output_width(), color=wants_color(color))
    with ExitStack() as stack:
        opened = Reading(
            paths,
            input_format=input_format,
            suspend_after_ns=suspend_after_ns,
            jobs=jobs or usable_cores(),
            sharing=Sharing(engine),
        )
        reading = stack.enter_context(opened)
        stack.enter_context(cleaned_by(reading.close))
        with working("reading and analysing", quiet=quiet, verbose=verbose) as sign:
            service = calibrated_by(calibrate) if calibrate else None
            formats, drawn = o.wanted_formats(answered, json_file), bool(html_file) or waterfall
            folder = _table_folder(parquet, stack) if parquet else None
            asked = Asked(
                manner, formats, session or [], specs, service, drawn, folder.path if folder else None
            )
            found = analyse_all(reading, asked, stack, sign.each)
        if strict:
            refuse_findings(reading.findings())
        require_sessions(found.analysis)
        answer = Answer(answered, json_file, html_file, folder, waterfall=waterfall)
        shown = found.chosen(session or [])
        mention(shown.analysis, answered, content=include_content, quiet=quiet, verbose=verbose)
        if specs and not quiet:
            mention_unmatched(shown.analysis, specs)
        write_answer(answer, shown.redacted() if redact else shown, manner)


def _table_folder(target: str, stack: ExitStack) -> TableFolder:
    """A folder for tables, of which nothing stays if it is not completed."""
    from agenttrace.report.table_folder import TableFolder  # noqa: PLC0415  # heavy

    folder = TableFolder(target)
    stack.callback(folder.close)
    stack.enter_context(cleaned_by(folder.close))
    return folder
