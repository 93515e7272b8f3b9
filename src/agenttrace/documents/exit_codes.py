"""docs/reference/exit-codes.md: what each code means, and which errors end with it."""

from __future__ import annotations

from collections.abc import Iterator

from agenttrace import errors
from agenttrace.cli.failures import INTERNAL_ERROR
from agenttrace.cli.interrupts import EXIT_CODE as INTERRUPTED
from agenttrace.documents.markdown import GENERATED, code, table

MEANINGS = {
    0: "Fine; of `diff`: no gate failed",
    1: "A gate or a budget of `diff` failed",
    2: "Wrong usage or configuration, or an input that was named by itself and cannot be read",
    3: "Nothing to analyse: no usable session, or none for a gate",
    4: "Something was dropped or repaired, and `--strict` was given",
    INTERNAL_ERROR: "A defect of agenttrace; `--debug` shows where",
    INTERRUPTED: "Interrupted by Ctrl-C or a signal",
}


def page() -> str:
    """A row for each code."""
    rows = [(str(number), meaning, ", ".join(_errors(number))) for number, meaning in MEANINGS.items()]
    return f"""# Exit codes

{GENERATED}

Errors are one line on standard error, `error: WHERE: WHAT`, and often a second one that begins with `hint:`.
Data goes to standard output. In a folder or a glob a file that cannot be read is a [finding](findings.md), not
an error.

{table(("code", "meaning", "errors in Python"), rows)}"""


def _errors(number: int) -> Iterator[str]:
    kinds = [errors.AgentTraceError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return (code(kind.__name__) for kind in kinds if kind.exit_code == number)
