"""A replay for people: the sections that the terminal draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agenttrace.critical_path.summary import quantiles
from agenttrace.model.vocabulary import Phase
from agenttrace.replay.percentiles import PERCENTS, is_enough
from agenttrace.replay.quantities import Claim
from agenttrace.report.cells import Bar, Cell, Column, Quoted, Section, Words
from agenttrace.report.quantity_words import claimed, interval_words, quantity_words
from agenttrace.report.replay_headline import draws_told, lanes_told, policies_told, remarks, sessions_told
from agenttrace.report.replay_reasons import baseline_note, gained_by_phase, width_note
from agenttrace.report.replay_tables import request_table, room_table, without_jitter
from agenttrace.units import format_duration, format_share

if TYPE_CHECKING:
    from agenttrace.replay.percentiles import Estimate
    from agenttrace.replay.replaying import Answer, Replayed
    from agenttrace.replay.targets import Assumption

_DOUBTFUL = (Claim.ASSUMED, Claim.DERIVED, Claim.VENDOR, Claim.MEASURED)


def replay_sections(
    replayed: Replayed, findings: Sequence[dict[str, object]], *, full: bool = False
) -> list[Section]:
    """Everything, the answer first; `full`: every assumed number in a row of its own."""
    sections = [_walls(replayed), room_table(replayed)]
    for answer in replayed.answers:
        sections += [phase_section(replayed, answer), request_table(answer)]
        further = (tornado_section(answer), advice_section(answer), claim_section(answer))
        sections += [section for section in further if section.rows]
        if full:
            sections.append(assumption_section(answer))
        else:
            short = assumed_in_short(answer)
            sections.append(
                replace(short, notes=(*short.notes, "--full shows each number in a row of its own"))
            )
    if findings:
        sections.append(finding_section(findings))
    return sections


def _walls(replayed: Replayed) -> Section:
    recorded = quantiles(replayed.recorded.tolist())
    told = zip(PERCENTS, (recorded.p50, recorded.p95, recorded.p99), strict=True)
    rows: list[tuple[Cell, ...]] = []
    if len(replayed.recorded):
        shown = (_shown(value, percent, replayed.sessions) for percent, value in told)
        rows.append((Words("recorded"), *shown, Words("" if replayed.baseline else "baseline", "faint")))
    if replayed.baseline is not None:
        rows.append(
            (
                Quoted(f"{replayed.baseline_name}, simulated"),
                *_durations(replayed.baseline_wall, replayed.sessions),
                Words("baseline", "faint"),
            )
        )
    for answer in replayed.answers:
        gain = answer.projected.gain[0]
        rows.append(
            (
                Quoted(_name(answer)),
                *_durations(answer.projected.wall, replayed.sessions),
                Words(f"{gain.value:.2f} × ({gain.low:.2f} – {gain.high:.2f})", "strong"),
            )
        )
        rows.append(without_jitter(answer))
    columns = (Column("", "text"), *(Column(f"p{percent}") for percent in PERCENTS), Column("gain at p50"))
    return Section("Sessions on other servers", columns, tuple(rows), tuple(_notes(replayed)))


def _notes(replayed: Replayed) -> list[str]:
    played = f"{sessions_told(replayed)}, load {replayed.load.value}{lanes_told(replayed)}"
    notes = [f"{played}, intervals of 90 %, {draws_told(replayed)}"]
    policies = policies_told(replayed)
    notes += [policies] if policies else []
    if replayed.self_ratio is not None:
        p50, p95 = replayed.self_ratio
        notes.append(
            f"check: the fit on its own trace gives {100 * (p50 - 1):+.1f} % at p50, {100 * (p95 - 1):+.1f} % at p95; "
            f"recorded durations come out again within {replayed.identity_error_ns} ns"
        )
    few = [f"p{percent}" for percent in PERCENTS if not is_enough(percent, replayed.sessions)]
    if few:
        notes.append(f"too few sessions for {' and '.join(few)}")
    reasons = [width_note(answer) for answer in replayed.answers]
    return [*notes, baseline_note(replayed), *(reason for reason in reasons if reason)]


def _name(answer: Answer) -> str:
    target = answer.projected.target
    return " · ".join(part for part in (target.platform, target.model, target.split) if part)


def _shown(value: int | None, percent: int, sessions: int) -> Words:
    return Words(format_duration(value), "plain" if is_enough(percent, sessions) else "faint")


def _durations(estimates: Sequence[Estimate], sessions: int) -> list[Words]:
    return [
        _shown(round(one.value) if one.value == one.value else None, percent, sessions)
        for percent, one in zip(PERCENTS, estimates, strict=True)
    ]


def phase_section(replayed: Replayed, answer: Answer) -> Section:
    """The critical path of a session before and after."""
    whole = max(sum(replayed.baseline_phases.values()), 1)
    rows = []
    for phase in Phase:
        before, after = replayed.baseline_phases.get(phase.value, 0), answer.phases.get(phase.value, 0)
        if before or after:
            rows.append(
                (
                    Words(phase.value),
                    Words(format_duration(before // max(replayed.sessions, 1))),
                    Words(format_duration(after // max(replayed.sessions, 1))),
                    Bar(after / whole, phase),
                )
            )
    columns = (Column("phase", "text"), Column("before"), Column("after"), Column("", "bar"))
    active = {name: time for name, time in answer.phases.items() if name not in {Phase.USER, Phase.SUSPENDED}}
    share = format_share(max(active.values(), default=0), sum(active.values()))
    notes = [f"then {answer.bottleneck} takes most of the active time: {share}"] if answer.bottleneck else []
    gained = gained_by_phase(replayed, answer)
    notes += [gained] if gained else []
    return Section(f"Critical path a session: {_plain(_name(answer))}", columns, tuple(rows), tuple(notes))


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def tornado_section(answer: Answer) -> Section:
    """The numbers that move the gain most."""
    rows = tuple(
        (
            Quoted(row.parameter),
            Words(interval_words(answer.projected.target, row.parameter, row.low, row.high)),
            Words(f"{row.gain_low:.3f} ×"),
            Words(f"{row.gain_high:.3f} ×"),
        )
        for row in answer.projected.sensitivity
    )
    columns = (
        Column("number", "text"),
        Column("from – to"),
        Column("gain at the low end"),
        Column("at the high end"),
    )
    note = (
        "each number alone, at the ends of its range; the gain's interval is where it lies nine times of ten with all "
        "of them drawn at once, so that of enough draws it may not reach these ends"
    )
    return Section("What the gain depends on", columns, rows, (note,))


def advice_section(answer: Answer) -> Section:
    """Levers, the best first."""
    rows = tuple(
        (Words(row.lever), Quoted(row.change), Words(f"{row.gain:.2f} ×"), Words(row.evidence, "faint"))
        for row in answer.advice
    )
    columns = (Column("lever", "text"), Column("change", "text"), Column("further gain"), Column("", "text"))
    return Section("What would help further", columns, rows)


def claim_section(answer: Answer) -> Section:
    """What the vendor says beside what the model says."""
    rows = tuple(
        (
            Quoted(claimed(claim.what), "lines"),
            Words(f"{claim.value:g} {claim.unit}"),
            Words("–" if claim.modelled is None else f"{claim.modelled:.4g} {claim.unit}"),
            Quoted(claim.source, "lines"),
        )
        for claim in answer.projected.target.claims
    )
    columns = (Column("", "text"), Column("the vendor says"), Column("this model"), Column("source", "text"))
    return Section("What the vendor says", columns, rows)


def assumption_section(answer: Answer) -> Section:
    """Every number that the answer rests on, with its claim and source."""
    rows = tuple(
        (
            Quoted(assumption.name),
            Words(quantity_words(assumption.number)),
            Words(assumption.number.claim.value, "faint"),
            Quoted(assumption.number.source, "lines"),
        )
        for assumption in answer.projected.target.assumptions
    )
    columns = (Column("number", "text"), Column("value"), Column("claim", "text"), Column("source", "text"))
    return Section("Assumed", columns, rows, tuple(remarks(answer)))


def assumed_in_short(answer: Answer) -> Section:
    """The same numbers together that have one source: those that are least sure first."""
    together: dict[tuple[int, str], list[Assumption]] = {}
    for assumption in answer.projected.target.assumptions:
        key = (_DOUBTFUL.index(assumption.number.claim), assumption.number.source)
        together.setdefault(key, []).append(assumption)
    rows = tuple(
        (
            Words(_DOUBTFUL[doubt].value, "faint"),
            Quoted(", ".join(f"{one.name} {quantity_words(one.number, one.name)}" for one in found), "lines"),
            Quoted(source, "lines"),
        )
        for (doubt, source), found in sorted(together.items(), key=lambda row: row[0][0])
    )
    columns = (Column("claim", "text"), Column("numbers", "text"), Column("source", "text"))
    return Section("Assumed", columns, rows, tuple(remarks(answer)))


def finding_section(findings: Sequence[dict[str, object]]) -> Section:
    """What was dropped, repaired or guessed."""
    rows = tuple(
        (
            Words(str(row["severity"])),
            Words(str(row["code"])),
            Words(str(row["count"])),
            Quoted(str(row["example"] or ""), "lines"),
        )
        for row in findings
    )
    columns = (Column("", "text"), Column("finding", "text"), Column("count"), Column("for example", "text"))
    return Section("Findings", columns, rows)
