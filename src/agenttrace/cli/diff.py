"""`agenttrace diff`: two deployments compared, with an exit code that may block."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from agenttrace.cli import diff_options as d
from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.progress import working
from agenttrace.cli.streams import output_width, wants_color

EPILOG = """Examples:
  agenttrace diff baseline/ candidate/
  agenttrace diff main.jsonl pr.jsonl --markdown comment.md --html diff.html
  agenttrace diff base.parquet candidate/ --noise noise.json
  agenttrace diff baseline/ candidate/ --save-baseline base.parquet

In Python:
  agenttrace.compare(before, after).verdict

Exit codes:
  0    no gate failed
  1    a gate failed
  2    wrong usage or configuration, or a named input that cannot be read
  3    no usable data, or none for a gate
  4    parse errors under --strict
  70   a defect of agenttrace
  130  interrupted"""


def diff(
    *,
    base: Annotated[str, typer.Argument(metavar="BASE", hidden=True)],
    candidate: Annotated[str, typer.Argument(metavar="CANDIDATE", hidden=True)],
    html: d.HtmlFile = None,
    json_file: d.JsonFile = None,
    markdown: d.MarkdownFile = None,
    junit: d.JunitFile = None,
    github: d.GitHub = False,
    pair_by: d.PairBy = None,
    noise: d.NoiseFile = None,
    save_baseline: d.SaveBaseline = None,
    fail_on: d.FailOn = None,
    exit_zero: d.ExitZero = False,
    redact: o.Redact = False,
    calibrate: o.Calibrate = None,
    seed: d.Seed = None,
    top: o.Top = None,
    config: d.Config = None,
    no_config: d.NoConfig = False,
    input_format: o.InputFormat = None,
    suspend_after: d.SuspendAfter = None,
    strict: o.Strict = False,
    jobs: o.Jobs = None,
    color: o.ColorChoice = o.Color.AUTO,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """Did it get worse: gates, verdicts, what is to blame.

    BASE and CANDIDATE are files, folders or globs of traces; BASE may be a saved baseline.
    """
    from agenttrace.api.settings.resolving import resolve  # noqa: PLC0415
    from agenttrace.cli.comparing import DiffOptions, Outputs, run_diff  # noqa: PLC0415  # heavy

    given = {
        "pair_by": pair_by,
        "noise": noise,
        "fail_on": ",".join(fail_on) if fail_on else None,
        "seed": seed,
        "suspend_after": suspend_after,
    }
    settings = resolve(given, config=config, no_config=no_config)
    outputs = Outputs(html, json_file, markdown, junit, save_baseline, github=github)
    options = DiffOptions(
        settings,
        outputs,
        input_format,
        calibrate,
        jobs,
        top,
        output_width(),
        color=wants_color(color),
        strict=strict,
        redact=redact,
    )
    interrupts.insist()
    with ExitStack() as stack:
        with working("reading and comparing", quiet=quiet, verbose=verbose):
            compared = run_diff(base, candidate, options, stack)
        compared.write()
    code = compared.exit_code(exit_zero=exit_zero)
    if code:
        raise typer.Exit(code)
