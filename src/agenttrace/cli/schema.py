"""`agenttrace schema`: the tables of a trace and their columns."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from agenttrace.cli import completing
from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.streams import output_width, wants_color, write_data
from agenttrace.errors import UsageError, meant

EPILOG = f"""Examples:
  agenttrace schema
  agenttrace schema spans
  agenttrace schema spans --format json > spans.schema.json

{EXIT_CODES}"""


def schema(
    *,
    table: Annotated[
        str | None, typer.Argument(metavar="[TABLE]", hidden=True, autocompletion=completing.tables)
    ] = None,
    listing: o.ListingFormat = o.Listing.TABLE,
    color: o.ColorChoice = o.Color.AUTO,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """The tables that traces become.

    Of each TABLE the columns, with type, unit and meaning; with --format json its JSON Schema.
    """
    from agenttrace.model.documents import json_schema  # noqa: PLC0415  # heavy
    from agenttrace.model.schema import TABLES  # noqa: PLC0415
    from agenttrace.report.listings import column_section, table_section  # noqa: PLC0415
    from agenttrace.report.terminal import draw_sections  # noqa: PLC0415

    chosen = [known for known in TABLES if table in {None, known.name}]
    if not chosen:
        raise UsageError(
            f"there is no table {table}", hint=meant(str(table), (known.name for known in TABLES))
        )
    if listing is o.Listing.JSON:
        documents = [json_schema(known) for known in chosen]
        write_data([json.dumps({"tables": documents} if table is None else documents[0], indent=2) + "\n"])
        return
    section = table_section(TABLES) if table is None else column_section(chosen[0])
    write_data([draw_sections([section], width=output_width(), color=wants_color(color))])
