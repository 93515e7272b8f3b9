"""`agenttrace noise`: how much runs of one deployment differ, and what a comparison can see."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from agenttrace.cli import diff_options as d
from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working
from agenttrace.cli.streams import output_width, wants_color, write_data, write_file
from agenttrace.errors import NoDataError, UsageError

EPILOG = f"""Examples:
  agenttrace noise run1/ run2/ run3/ -o noise.json
  agenttrace diff baseline/ candidate/ --noise noise.json

{EXIT_CODES}"""


def noise(
    *,
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", hidden=True)],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Where to write it; - is standard output.")
    ],
    pair_by: d.PairBy = None,
    config: d.Config = None,
    no_config: d.NoConfig = False,
    input_format: o.InputFormat = None,
    suspend_after: d.SuspendAfter = None,
    jobs: o.Jobs = None,
    color: o.ColorChoice = o.Color.AUTO,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """How much runs of the same deployment differ beside chance.

    Each RUN is a file, a folder or a glob of traces, or a saved baseline: the same tasks, run again.
    """
    if len(runs) < 2:
        raise UsageError("it takes two runs at least", hint="agenttrace noise RUN1 RUN2 RUN3 -o noise.json")

    from agenttrace.api.noise_files import noise_file  # noqa: PLC0415  # heavy
    from agenttrace.api.settings.policies import policy_of  # noqa: PLC0415
    from agenttrace.api.settings.resolving import resolve  # noqa: PLC0415
    from agenttrace.api.summarising import SideOptions, summaries_of  # noqa: PLC0415
    from agenttrace.diff.noise import measure_noise  # noqa: PLC0415
    from agenttrace.report.diff.noise_section import noise_section  # noqa: PLC0415
    from agenttrace.report.terminal import draw_sections  # noqa: PLC0415
    from agenttrace.workers.engine import usable_cores  # noqa: PLC0415

    settings = resolve(
        {"pair_by": pair_by, "suspend_after": suspend_after}, config=config, no_config=no_config
    )
    limit = o.parse_limit("--suspend-after", settings["suspend_after"].value)
    options = SideOptions(input_format, limit, jobs or usable_cores())
    interrupts.insist()
    with ExitStack() as stack, working("reading and comparing", quiet=quiet, verbose=verbose):
        sides = [summaries_of(path, options, stack).sessions for path in runs]
        found = measure_noise(sides, policy_of(settings))
    if not found.metrics:
        raise NoDataError("too few sessions to tell how much runs differ")
    if output == o.STANDARD_OUTPUT:
        write_data([noise_file(found)])
        return
    write_file(output, [noise_file(found)])
    write_data([draw_sections([noise_section(found)], width=output_width(), color=wants_color(color))])
