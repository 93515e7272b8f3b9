"""A command's help page: examples and exit codes stand below the options, as they were written."""

from __future__ import annotations

import click
from typer.core import TyperCommand, TyperGroup

_REST = """  2    wrong usage, or a named input that cannot be read
  3    no usable data in what was read
  4    parse errors under --strict
  70   a defect of agenttrace
  130  interrupted"""

EXIT_CODES = f"""Exit codes:
  0    fine
{_REST}"""

ALL_EXIT_CODES = f"""Exit codes:
  0    fine
  1    a gate or a budget of `diff` failed
{_REST}"""
"""Of all commands together."""


class Page(TyperCommand):
    """A command whose epilog is neither wrapped nor indented."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the epilog line by line."""
        formatter.write(f"\n{self.epilog}\n" if self.epilog else "")


class FrontPage(TyperGroup):
    """The program itself, with an epilog like that of its commands."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Writes the epilog line by line."""
        formatter.write(f"\n{self.epilog}\n" if self.epilog else "")
