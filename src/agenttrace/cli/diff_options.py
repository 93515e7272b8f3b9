"""The options of `diff` and `noise`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from agenttrace.cli import completing


class FailsOn(StrEnum):
    """What `--fail-on` takes."""

    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"
    IMPROVEMENT = "improvement"
    NEVER = "never"


def _file(name: str, what: str) -> object:
    return typer.Option(name, metavar="FILE", help=f"{what}; - writes it to standard output, and no table.")


JsonFile = Annotated[str | None, _file("--json", "Write the JSON document to this file")]
HtmlFile = Annotated[str | None, _file("--html", "Write the report as one HTML file")]
MarkdownFile = Annotated[str | None, _file("--markdown", "Write a comment for a pull request, below 60 kB")]
JunitFile = Annotated[str | None, _file("--junit", "Write JUnit XML, a case for each gate")]
GitHub = Annotated[
    bool,
    typer.Option(
        "--github", help="In a GitHub workflow: the step summary, and an annotation for each failed gate."
    ),
]
PairBy = Annotated[
    str | None,
    typer.Option(
        "--pair-by",
        metavar="KEY",
        help="task_id, first-prompt, session, none, regex:PATTERN, manifest:FILE, or the key of a label.",
        show_default="task_id, then first-prompt",
        autocompletion=completing.pairings,
    ),
]
NoiseFile = Annotated[
    str | None, typer.Option("--noise", metavar="FILE", help="What `agenttrace noise` measured of runs.")
]
SaveBaseline = Annotated[
    str | None,
    typer.Option(
        "--save-baseline",
        metavar="FILE",
        help="Keep the candidate's sessions as a baseline, a small Parquet.",
    ),
]
FailOn = Annotated[
    list[FailsOn] | None,
    typer.Option(
        "--fail-on",
        help="Verdicts that exit 1 beside regression; never: none does. Repeatable.",
        show_default="regression",
    ),
]
ExitZero = Annotated[bool, typer.Option("--exit-zero", help="Only report: exit 0 even if a gate failed.")]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", min=0, help="Of all random draws.", show_default="0")
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings from this file, not from agenttrace.toml or pyproject.toml.",
    ),
]
NoConfig = Annotated[bool, typer.Option("--no-config", help="No settings from files.")]
SuspendAfter = Annotated[
    str | None,
    typer.Option(
        "--suspend-after",
        metavar="DURATION",
        help="An idle stretch longer than this counts as suspended.",
        show_default="30m",
    ),
]
