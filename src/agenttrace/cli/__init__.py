"""The command line: one file per command. `main` is the program as a function, `agenttrace.__main__` the process."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit code; no exception but SystemExit leaves it."""
    from agenttrace.cli import application  # noqa: PLC0415  # an interrupt while it loads is expected by then

    return application.main(arguments)
