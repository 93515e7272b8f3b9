"""What every page is put into: the answer first, the parts below it, style and program, and a policy for them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from agenttrace import __version__
from agenttrace.model.vocabulary import Evidence, Purpose, SpanKind, Status
from agenttrace.report.cells import Quoted, Words
from agenttrace.report.html import assets
from agenttrace.report.html.escape import json_script, text, words
from agenttrace.report.html.one import Part
from agenttrace.report.html.palette import phase_table


@dataclass(frozen=True, slots=True)
class Shell:
    """A page. `subject`: what it is about, beside the name of the program; `scripts`: data for the page's program."""

    title: str
    subject: str
    answer: str
    counts: str
    origin: Sequence[Sequence[Words | Quoted]]
    parts: Sequence[Part]
    scripts: Sequence[str] = ()


def put_together(shell: Shell) -> str:
    """The whole file, which loads nothing."""
    charts = [chart for part in shell.parts for chart in part.charts]
    scripts = [data_script("report-data", _vocabulary())]
    if charts:
        scripts.append(data_script("charts-data", {chart.key: chart.drawing for chart in charts}))
    return assets.template("page").substitute(
        policy=_policy(),
        version=__version__,
        title=text(f"agenttrace: {shell.title}"),
        subject=text(shell.subject),
        style=assets.style(),
        answer=words(shell.answer),
        counts=words(shell.counts),
        origin="".join(f"<li>{''.join(map(_told, line))}</li>\n" for line in shell.origin),
        contents="".join(
            f'<li><a href="#{part.key}">{text(part.title)}</a></li>\n' for part in shell.parts if part.title
        ),
        body="".join(part.html for part in shell.parts),
        footer=text(f"Written by agenttrace {__version__}. This file loads nothing and sends nothing."),
        data="\n".join([*scripts, *shell.scripts]),
        program=assets.program(),
        plotly=assets.plotly() if charts else "",
    )


def data_script(key: str, value: object) -> str:
    """Data for the page's program, under a name."""
    return f'<script type="application/json" id="{key}">{json_script(value)}</script>'


def _told(cell: Words | Quoted) -> str:
    if isinstance(cell, Words):
        return f'<span class="{cell.tone}">{words(cell.text)}</span>'
    return f'<span class="quoted">{text(cell.text or "–")}</span>'


def _policy() -> str:
    """Nothing from outside, and of scripts only these: whatever a trace says cannot run."""
    scripts = " ".join(_hash(script) for script in (assets.program(), assets.plotly()))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _vocabulary() -> dict[str, object]:
    return {
        "phases": phase_table(),
        "kinds": [kind.value.replace("_", " ") for kind in SpanKind],
        "purposes": [purpose.value for purpose in Purpose],
        "evidence": [evidence.value for evidence in Evidence],
        "statuses": [status.value for status in Status],
    }
