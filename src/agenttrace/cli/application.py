"""The program: its commands, and what becomes of whatever goes wrong in them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import click
import typer

from agenttrace import __version__
from agenttrace.cli import analyze, failures, formats, sample, schema
from agenttrace.cli.pages import Page
from agenttrace.cli.streams import discard_output

_ABOUT = """Where the time of AI-agent sessions goes: their critical path through models, tools and subagents.

Start with `agenttrace analyze FILE`; without a trace at hand, with `agenttrace sample`."""

app = typer.Typer(
    name="agenttrace",
    help=_ABOUT,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    suggest_commands=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"agenttrace {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


app.command(cls=Page, epilog=analyze.EPILOG)(analyze.analyze)
app.command(cls=Page, epilog=formats.EPILOG)(formats.formats)
app.command(cls=Page, epilog=schema.EPILOG)(schema.schema)
app.command(cls=Page, epilog=sample.EPILOG)(sample.sample)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code; no exception but SystemExit leaves it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "_AGENTTRACE_COMPLETE" in os.environ:
        app()
    try:
        command = typer.main.get_command(app)
        with command.make_context("agenttrace", list(given)) as context:
            command.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        discard_output()
        return 0
    except BaseException as error:  # noqa: BLE001  # the one place where everything ends
        return failures.report(error, given)
    return 0
