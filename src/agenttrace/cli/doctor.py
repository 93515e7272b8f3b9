"""`agenttrace doctor`: what lies in a folder, what it can tell, and what would tell more."""

from __future__ import annotations

from typing import Annotated

import typer

from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working
from agenttrace.cli.streams import output_width, wants_color, write_data
from agenttrace.errors import NoDataError

EPILOG = f"""Examples:
  agenttrace doctor ~/.claude/projects
  agenttrace doctor traces/ --format json
  agenttrace doctor 'logs/**/*.jsonl.gz' more/

In Python:
  agenttrace.doctor("traces/").formats

{EXIT_CODES}"""


def doctor(
    *,
    paths: o.Paths,
    listing: o.ListingFormat = o.Listing.TABLE,
    heads: Annotated[
        int, typer.Option("--heads", metavar="N", min=1, help="Of more files, so many are looked at.")
    ] = 5000,
    color: o.ColorChoice = o.Color.AUTO,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """What is in a folder, what it tells, and what would tell more.

    A PATH is a file, a folder, a glob or a dataset, however large: files are looked at by their beginnings, and of
    each format a bounded part is read. Of what is missing it says how the program that wrote it is made to tell it.
    """
    from agenttrace.api.doctor_report import doctor_json, doctor_sections  # noqa: PLC0415  # heavy
    from agenttrace.ingest.doctor.examining import doctor as examined  # noqa: PLC0415
    from agenttrace.report.terminal import draw_sections  # noqa: PLC0415

    interrupts.insist()
    with working("looking", quiet=quiet, verbose=verbose):
        found = examined(paths, heads=heads)
    if listing is o.Listing.JSON:
        write_data([doctor_json(found)])
    else:
        write_data([draw_sections(doctor_sections(found), width=output_width(), color=wants_color(color))])
    if not found.formats:
        raise NoDataError(
            f"no trace in {found.files} files" if found.files else "no file there",
            hint="`agenttrace formats` tells what can be read",
        )
