"""The options that commands offer, and what their values mean."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from agenttrace.errors import UsageError
from agenttrace.report.output_format import OutputFormat
from agenttrace.units import parse_duration

STANDARD_OUTPUT = "-"


class Color(StrEnum):
    """What `--color` takes."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Listing(StrEnum):
    """The forms of a list of what is known."""

    TABLE = "table"
    JSON = "json"


Paths = Annotated[list[str], typer.Argument(metavar="PATH...", hidden=True)]
Format = Annotated[
    OutputFormat | None,
    typer.Option("--format", help="What to write to standard output.", show_default="table"),
]
JsonFile = Annotated[
    str | None,
    typer.Option(
        "--json",
        metavar="FILE",
        help="Write the JSON document to this file as well; - writes it to standard output, and no table.",
    ),
]
HtmlFile = Annotated[
    str | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="Write the report as one HTML file as well; - writes it to standard output, and no table.",
    ),
]
ParquetFolder = Annotated[
    str | None,
    typer.Option(
        "--parquet",
        metavar="DIR",
        help="Write all tables of the analysis into this folder as Parquet, nothing cut off.",
    ),
]
Waterfall = Annotated[
    bool, typer.Option("--waterfall", help="Draw the session below its report, lane by lane.")
]
Redact = Annotated[
    bool, typer.Option("--redact", help="Hash ids, paths, and names of tools, agents and models.")
]
IncludeContent = Annotated[
    bool,
    typer.Option("--include-content", help="Nothing to include yet: no prompt or answer is read at all."),
]
SessionIds = Annotated[
    list[str] | None,
    typer.Option(
        "--session", metavar="ID", help="Only this session; the start of its id will do. Repeatable."
    ),
]
Top = Annotated[
    int | None,
    typer.Option(
        "--top", metavar="N", min=1, help="Rows of each list. Without it: 5 for people, 1000 for programs."
    ),
]
InputFormat = Annotated[
    str | None,
    typer.Option("--input-format", metavar="ID", help="What the input is; without it, found by content."),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        metavar="N",
        min=1,
        help="Processes that share the work where there is much of it.",
        show_default="all usable cores",
    ),
]
Engine = Annotated[
    str,
    typer.Option("--engine", metavar="local|dask://ADDRESS", help="Who does the work that can be shared."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit 4 if anything in the input was dropped or repaired.")
]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", metavar="KEY=VALUE", help="Goes with every session. Repeatable."),
]
WhatIfs = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        metavar="SPEC",
        help="What sessions would take with this change, like tool:Bash*0.5 or prefill=0. Repeatable.",
    ),
]
SuspendAfter = Annotated[
    str,
    typer.Option(
        "--suspend-after", metavar="DURATION", help="An idle stretch longer than this counts as suspended."
    ),
]
Calibrate = Annotated[
    str | None,
    typer.Option(
        "--calibrate",
        metavar="PATH",
        help="A trace of the same server under light load: what exceeds its prefill is queue.",
    ),
]
ColorChoice = Annotated[
    Color, typer.Option("--color", help="Colour the table; auto: on a terminal, unless NO_COLOR is set.")
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only errors on standard error.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="What was read, and how long each step took.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
ListingFormat = Annotated[Listing, typer.Option("--format", help="How to show it.")]


def parse_labels(pairs: Sequence[str]) -> dict[str, str]:
    """Labels by their keys; of a key that is given twice the last value counts."""
    labels = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise UsageError(
                f"--label {pair}: expected KEY=VALUE", hint="for example --label deployment=canary"
            )
        if not pair.isprintable():
            raise UsageError(f"--label {pair}: holds characters that cannot be shown")
        labels[key] = value
    return labels


def choose_output(
    chosen: OutputFormat | None, json_file: str | None, html_file: str | None = None
) -> OutputFormat | None:
    """What goes to standard output, which has room for one document: the table where nothing is asked for.

    Null where the HTML report goes there.
    """
    files = (("--json", json_file), ("--html", html_file))
    asked = [f"{option} -" for option, file in files if file == STANDARD_OUTPUT]
    asked += [f"--format {chosen.value}"] if chosen is not None else []
    if len(asked) > 1:
        raise UsageError(
            f"{' and '.join(asked)}: both would go to standard output",
            hint="give one of them a file, or leave one of them out",
        )
    if html_file == STANDARD_OUTPUT:
        return None
    return OutputFormat.JSON if json_file == STANDARD_OUTPUT else chosen or OutputFormat.TABLE


def wanted_formats(answered: OutputFormat | None, json_file: str | None) -> list[OutputFormat]:
    """Those that are written, wherever that is."""
    formats = (answered, OutputFormat.JSON if json_file else None)
    return [chosen for chosen in formats if chosen is not None]


def parse_limit(option: str, text: str) -> int:
    """A duration in nanoseconds, longer than none."""
    try:
        limit = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{option} {text}: {error}") from error
    if not limit:
        raise UsageError(f"{option} {text}: it has to be longer than nothing")
    return limit
