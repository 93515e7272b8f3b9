"""A command's help page: examples and exit codes stand below the options, as they were written."""

from __future__ import annotations

import click
from typer.core import TyperCommand, TyperGroup

EXIT_CODES = """Exit codes:
  0    fine
  2    wrong usage, or a named input that cannot be read
  3    no usable data in what was read
  4    parse errors under --strict
  130  interrupted"""


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
