"""The page of a replay: the answer first, then sessions, phases, what the answer depends on and rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from agenttrace.report.cells import Outline, Quoted, Section, Words
from agenttrace.report.html.charts import Chart
from agenttrace.report.html.escape import text, words
from agenttrace.report.html.one import Part, chart_columns
from agenttrace.report.html.page import put_together
from agenttrace.report.html.replay_charts import percentile_chart, phase_chart, tornado_chart
from agenttrace.report.html.sections import section_html, table_html
from agenttrace.report.replay_headline import counted, headline, remarks, target_name
from agenttrace.report.replay_reasons import baseline_note, width_note
from agenttrace.report.replay_sections import (
    advice_section,
    assumed_in_short,
    assumption_section,
    claim_section,
    finding_section,
)
from agenttrace.report.replay_tables import request_table, room_table

if TYPE_CHECKING:
    from agenttrace.replay.replaying import Answer, Replayed

_MOST_SOURCES = 20


def replay_page(replayed: Replayed, findings: Sequence[dict[str, object]], sources: Sequence[str]) -> str:
    """The whole file, which loads nothing. `sources`: what was read."""
    report = Outline(
        answer=headline(replayed),
        counts=counted(replayed),
        sections=(),
        origin=tuple((Words("read ", "faint"), Quoted(source)) for source in sources[:_MOST_SOURCES]),
    )
    parts = list(_parts(replayed, findings))
    return put_together(
        "sessions on other servers", "the same sessions on other servers", report, parts, [], {}
    )


def _parts(replayed: Replayed, findings: Sequence[dict[str, object]]) -> Iterator[Part]:
    if replayed.answers:
        charts = (percentile_chart(replayed),)
        reasons = [width_note(answer) for answer in replayed.answers]
        told = [*_checks(replayed), baseline_note(replayed), *(reason for reason in reasons if reason)]
        checks = "".join(f'<p class="note">{words(line)}</p>\n' for line in told)
        yield Part("sessions", "Sessions", chart_columns(charts, "sessions") + checks, charts)
    yield Part("room", "Does it fit", section_html(room_table(replayed), key="room"))
    for place, answer in enumerate(replayed.answers):
        yield _answer(replayed, answer, place)
    if findings:
        yield Part("findings", "Findings", section_html(finding_section(findings), key="findings"))


def _checks(replayed: Replayed) -> list[str]:
    if replayed.identity_error_ns is None:
        return ["nothing is recorded of these sessions: they say what is asked for, not how long it took"]
    told = [f"check: recorded durations come out again within {replayed.identity_error_ns} ns"]
    if replayed.self_ratio is not None:
        p50, p95 = replayed.self_ratio
        told.append(
            f"check: the fit on its own trace is {100 * (p50 - 1):+.1f} % off at p50, "
            f"{100 * (p95 - 1):+.1f} % at p95"
        )
    return told


def _answer(replayed: Replayed, answer: Answer, place: int) -> Part:
    key, name = f"platform-{place}", target_name(answer.projected.target)
    tornado = tornado_chart(answer, f"{key}-tornado")
    charts: list[Chart] = [phase_chart(replayed, answer, f"{key}-phases")]
    charts += [tornado] if tornado is not None else []
    notes = "".join(f'<p class="note">{words(line)}</p>\n' for line in remarks(answer))
    tables = [request_table(answer), advice_section(answer), claim_section(answer)]
    columns = "".join(_shown(section) for section in tables)
    html = (
        f'<section id="{key}">\n<h2>{text(name)}</h2>\n{notes}</section>\n'
        f'{chart_columns(charts, f"{key}-charts")}<div class="flow">\n{columns}</div>\n'
        f"{section_html(assumed_in_short(answer))}"
        f"<details>\n<summary>Each number in a row of its own</summary>\n"
        f"{table_html(assumption_section(answer), of=name)}</details>\n"
    )
    return Part(key, name, html, tuple(charts))


def _shown(section: Section) -> str:
    return section_html(section) if section.rows else ""
