"""What a user sees when something goes wrong: one line that says what, a hint, an exit code; no traceback."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from agenttrace.cli import interrupts
from agenttrace.errors import AgentTraceError, near_names
from agenttrace.report.escaping import clipped, printable

INTERNAL_ERROR = 70
_LONGEST = 500


def report(error: BaseException, arguments: Sequence[str]) -> int:
    """Says it on standard error and returns the exit code; with `--debug`, shows the traceback."""
    if isinstance(error, SystemExit):
        raise error
    if "--debug" in arguments and not isinstance(error, click.ClickException):
        traceback.print_exception(error)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        complain("interrupted")
        return interrupts.EXIT_CODE
    if isinstance(error, AgentTraceError):
        complain(error.message, where=error.where, hint=error.hint)
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    if isinstance(error, click.ClickException):
        complain(*_usage(error, arguments))
        return error.exit_code
    if isinstance(error, OSError):
        complain(error.strerror or str(error), where=error.filename and str(error.filename))
        return AgentTraceError.exit_code
    return _internal(error)


def complain(what: str, hint: str | None = None, where: str | None = None) -> None:
    """`error: WHERE: what`, and a second line with the hint."""
    place = f"{printable(where)}: " if where else ""
    sys.stderr.write(f"error: {place}{_line(what)}\n")
    if hint:
        sys.stderr.write(f"hint: {_line(hint)}\n")


def _line(text: str) -> str:
    return clipped(printable(re.sub(r"\s*\n\s*", " ", text)), _LONGEST)


def _internal(error: BaseException) -> int:
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" (in {Path(last[0].filename).name}:{last[0].lineno})" if last else ""
    what = f"internal error: {type(error).__name__}: {error}"
    complain(
        f"{clipped(what, _LONGEST - 100)}{place}",
        "this is a defect of agenttrace; run with --debug to see where",
    )
    return INTERNAL_ERROR


def _usage(error: click.ClickException, arguments: Sequence[str]) -> tuple[str, str]:
    """Message and hint of a mistake on the command line."""
    message = error.message.rstrip(".") or error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    page = f"{context.command_path if context else 'agenttrace'} --help"
    return _lowered(_named(error, message)), _meant(error, context, arguments) or f"see {page}"


def _named(error: click.ClickException, message: str) -> str:
    """Complaints about a value say of which option it is; those about an option are the same with every click."""
    if isinstance(error, click.NoSuchOption):
        return f"no such option '{error.option_name}'"
    return error.format_message().rstrip(".") if isinstance(error, click.BadParameter) else message


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]


def _meant(
    error: click.ClickException, context: click.Context | None, arguments: Sequence[str]
) -> str | None:
    """What was probably meant: an option, a command, a choice, or the file to be analysed."""
    if isinstance(error, click.NoSuchOption):
        return _perhaps(list(error.possibilities or []))
    if isinstance(error, click.BadParameter):
        return _choice_meant(error)
    if context is not None and isinstance(context.command, click.Group):
        typed = _unknown_command(error) or next((text for text in arguments if not text.startswith("-")), "")
        if Path(typed).exists():
            return f"did you mean `agenttrace analyze {typed}`?"
        return _perhaps(near_names(typed, context.command.list_commands(context)))
    return None


def _unknown_command(error: click.ClickException) -> str | None:
    found = re.match(r"No such command '(.*)'", error.message)
    return found.group(1) if found else None


def _choice_meant(error: click.BadParameter) -> str | None:
    typed = re.match(r"'(.*?)' is not one of", error.message)
    choices = [str(choice) for choice in getattr(error.param and error.param.type, "choices", ())]
    return _perhaps(near_names(typed.group(1), choices)) if typed else None


def _perhaps(names: list[str]) -> str | None:
    """The nearest comes first, and one guess is enough."""
    return f"did you mean {names[0]}?" if names else None
