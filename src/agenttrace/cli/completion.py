"""`agenttrace completion`: what makes a shell complete commands, options and values."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.streams import write_data

EPILOG = f"""Examples:
  agenttrace completion bash >> ~/.bashrc
  agenttrace completion zsh > ~/.zfunc/_agenttrace
  agenttrace completion fish > ~/.config/fish/completions/agenttrace.fish

Of zsh, ~/.zshrc has `fpath+=~/.zfunc` before `autoload -Uz compinit; compinit`.
For one shell alone: source <(agenttrace completion bash)

{EXIT_CODES}"""


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def completion(
    *,
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish|powershell", hidden=True)],
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """The script by which a shell completes what is typed.

    It completes commands, options, and values: formats, phases, platforms, models, tables, samples.
    """
    from typer._completion_shared import get_completion_script  # noqa: PLC0415  # hardly ever wanted

    script = get_completion_script(
        prog_name="agenttrace", complete_var="_AGENTTRACE_COMPLETE", shell=shell.value
    )
    write_data([script + "\n"])
