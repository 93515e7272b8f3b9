"""What the words of the report mean, and what it takes for granted: for somebody who was not there."""

from __future__ import annotations

from agenttrace.model.vocabulary import Phase
from agenttrace.report.html.assets import template
from agenttrace.report.html.escape import text
from agenttrace.report.html.palette import LOOKS


def glossary() -> str:
    """The section, with a swatch for each phase."""
    phases = "".join(
        f'<dt><span class="swatch p-{phase.value}"></span>{phase.value}</dt><dd>{text(LOOKS[phase].meaning)}</dd>\n'
        for phase in Phase
    )
    return template("glossary").substitute(phases=phases)
