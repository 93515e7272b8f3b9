"""`agenttrace fit`: a platform measured from traces."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.checks import refuse_inputs_as_outputs
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working
from agenttrace.cli.replay import Seed
from agenttrace.cli.streams import output_width, wants_color, write_data, write_file

EPILOG = f"""Examples:
  agenttrace fit light.jsonl -o light.toml
  agenttrace fit traces/ -o - > server.toml
  agenttrace replay loaded.jsonl --platform light.toml

{EXIT_CODES}"""


def fit(
    *,
    paths: o.Paths,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Where to; - is standard output.")
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What the platform is called; as the file, if left out."),
    ] = None,
    seed: Seed = 1,
    input_format: o.InputFormat = None,
    color: o.ColorChoice = o.Color.AUTO,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """A platform measured from traces.

    Each number comes with its interval, and with whether the traces tell it. What is written is a file for
    `agenttrace replay --platform`; a table of it goes to standard error.
    """
    from agenttrace.api.replaying import fitted  # noqa: PLC0415  # heavy
    from agenttrace.replay.platforms.toml_text import to_toml  # noqa: PLC0415
    from agenttrace.report.platform_sections import measured_section  # noqa: PLC0415
    from agenttrace.report.replay_sections import finding_section  # noqa: PLC0415
    from agenttrace.report.terminal import draw_sections  # noqa: PLC0415

    refuse_inputs_as_outputs(paths, {"--output": output})
    interrupts.insist()
    with working("reading and fitting", quiet=quiet, verbose=verbose):
        called = name or ("fitted" if output == o.STANDARD_OUTPUT else Path(output).stem)
        platform, read = fitted(paths, input_format, called, seed)
    if output == o.STANDARD_OUTPUT:
        write_data([to_toml(platform)])
    else:
        write_file(output, [to_toml(platform)])
    if not quiet:
        found = [*map(asdict, platform.findings), *(row for row in read if row["severity"] != "info")]
        sections = [measured_section(platform), *([finding_section(found)] if found else [])]
        drawn = draw_sections(sections, width=output_width(), color=wants_color(color))
        sys.stderr.write(drawn)
