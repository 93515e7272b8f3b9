"""The command line: one file per command. `main` is what `agenttrace` and `python -m agenttrace` run."""

from agenttrace.cli.application import main

__all__ = ["main"]
