"""A comparison as sections of cells, which the terminal and Markdown draw."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agenttrace.diff.result import Comparison
from agenttrace.diff.spread import ENOUGH_RUNS, Origin
from agenttrace.diff.verdicts import Answer, Verdict
from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Cell, Column, Outline, Quoted, Section, Tone, Words
from agenttrace.report.diff.headline import counted, headline
from agenttrace.report.diff.wording import between, change, changed, limits, moved, p_value, value
from agenttrace.units import format_count, format_duration, format_share

DEFAULT_TOP = 5

_TONES: dict[Verdict, Tone] = {
    Verdict.REGRESSION: "error",
    Verdict.IMPROVEMENT: "strong",
    Verdict.INCONCLUSIVE: "warning",
    Verdict.NO_CHANGE: "plain",
}
_ORDINARY = {"(rest)"}


def outline(of: Comparison, sources: tuple[str, str], *, top: int = DEFAULT_TOP) -> Outline:
    """Verdict first, then gates, work, blame, the most moved tasks, all metrics, and what has to be known."""
    made = (
        gates(of),
        budgets(of),
        work(of),
        phases(of),
        parts(of, top),
        movers(of, top),
        metrics(of),
        findings(of),
    )
    origin = tuple(
        (Words(name, "faint"), Quoted(path, "start"))
        for name, path in zip(("baseline", "candidate"), sources, strict=True)
    )
    return Outline(headline(of), counted(of), tuple(section for section in made if section.rows), origin)


def gates(of: Comparison) -> Section:
    """Each gate with its verdict; p is adjusted for all gates."""
    columns = (
        *(Column(title, "text") for title in ("gate", "verdict")),
        *(Column(title) for title in ("baseline", "candidate", "change", "90 % within", "p")),
    )
    rows = tuple(_gate_row(one) for one in of.answers)
    return Section("Gates", columns, rows, tuple(_gate_notes(of)))


def _gate_row(one: Answer) -> tuple[Cell, ...]:
    name = one.gate.metric
    tone = _TONES[one.verdict] if one.waived is None else "faint"
    return (
        Words(f"{name} {one.gate.stat.value}", "strong"),
        Words(one.verdict.value if one.waived is None else "waived", tone),
        Words(value(name, one.baseline)),
        Words(value(name, one.candidate)),
        Words(changed(one)),
        Words(between(name, one.bound), "faint"),
        Words(p_value(one.p_adjusted)),
    )


def _gate_notes(of: Comparison) -> Iterable[str]:
    for one in of.answers:
        if one.waived is not None:
            yield f"{one.gate.metric} {one.gate.stat}: {one.verdict}, waived: {one.waived}"
        elif one.reason:
            yield f"{one.gate.metric} {one.gate.stat}: {one.reason}"
    if any(one.p_adjusted is not None for one in of.answers):
        yield "p: one-sided, adjusted for all gates, those of too few sessions too (Holm); –: nothing was tested"
    seen = [one for one in of.answers if one.smallest is not None]
    if seen:
        told = (f"{one.gate.metric} {one.gate.stat} {change(one.gate.metric, one.smallest)}" for one in seen)
        yield f"smallest change that would probably have been seen: {', '.join(told)}"
    yield from _run_notes(of)


def _run_notes(of: Comparison) -> Iterable[str]:
    if of.spread.origin is Origin.ASSUMED:
        yield f"intervals hold what runs may differ by, which is assumed to be {of.spread.sd:.0%} (standard deviation)"
    elif of.spread.origin is Origin.FEW_RUNS:
        yield (
            f"intervals hold what runs may differ by: {of.spread.sd:.1%} (standard deviation), "
            f"what was measured and is assumed together, for fewer than {ENOUGH_RUNS} runs may look alike by chance"
        )
    elif of.spread.origin is Origin.MEASURED:
        yield f"intervals hold what runs were measured to differ by: {of.spread.sd:.1%} (standard deviation)"


def budgets(of: Comparison) -> Section:
    """Absolute limits."""
    rows = [
        (
            Words(one.metric, "strong"),
            Words(one.budget.stat.value, "faint"),
            Words(value(one.metric, one.value)),
            Words(limits(one.budget, one.metric)),
            Words(
                {True: "kept", False: "broken", None: one.reason}[one.kept],
                "error" if one.kept is False else "plain",
            ),
        )
        for one in of.budgets
    ]
    columns = (
        Column("budget", "text"),
        Column("", "text"),
        Column("candidate"),
        Column("allowed"),
        Column("", "text"),
    )
    return Section("Budgets", columns, tuple(rows))


def work(of: Comparison) -> Section:
    """What sessions did, before anybody is blamed."""
    rows = [
        (
            Words(one.name.replace("_", " ")),
            Words(f"{one.baseline:,.1f}"),
            Words(f"{one.candidate:,.1f}"),
            Words(change("session.retries", one.ratio)),
            Words("changed" if one.changed else "", "warning"),
        )
        for one in of.workload.work
        if one.baseline or one.candidate
    ]
    notes: tuple[str, ...] = ()
    if of.workload.ratio is not None:
        metric = "session.active_time"
        adjusted = f"{change(metric, of.workload.ratio)} ({between(metric, of.workload.ci)})"
        notes = (f"active time for equal work: {adjusted}",)
    columns = (
        Column("work of a session", "text"),
        Column("baseline"),
        Column("candidate"),
        Column("change"),
        Column("", "text"),
    )
    return Section("Workload", columns, tuple(rows), notes)


def phases(of: Comparison) -> Section:
    """The change of the mean wall time by phase; the column sums to it."""
    rows = [
        (Words(phase), Words(moved(ns)), Words(format_share(ns, of.blame.change_ns)))
        for phase, ns in sorted(of.blame.phases.items(), key=lambda one: (-abs(one[1]), one[0]))
        if ns
    ]
    blame = of.blame
    note = (
        f"mean wall time {format_duration(blame.base_ns)} to {format_duration(blame.candidate_ns)}: "
        f"{moved(blame.change_ns)} a session, which the phases sum to exactly"
    )
    return Section(
        "Where it went", (Column("phase", "text"), Column("change"), Column("share")), tuple(rows), (note,)
    )


def parts(of: Comparison, top: int) -> Section:
    """The same change by tool, agent, model, purpose and turn: the largest of each."""
    rows: list[tuple[Cell, ...]] = []
    for by in ("tool", "agent", "model", "purpose", "turn"):
        shares = [
            one for one in of.blame.shares if one.by == by and one.name not in _ORDINARY and one.delta_ns
        ]
        rows += [
            (
                Words(by, "faint"),
                Quoted(one.name),
                Words(moved(one.delta_ns)),
                Words(format_share(one.delta_ns, of.blame.change_ns)),
            )
            for one in shares[:top]
        ]
    return Section(
        "In which parts",
        (Column("", "text"), Column("", "text"), Column("change"), Column("share")),
        tuple(rows),
    )


def movers(of: Comparison, top: int) -> Section:
    """The tasks that moved most, side by side."""
    rows = [
        (
            Quoted(one.baseline_session),
            Quoted(one.candidate_session),
            Words(format_duration(one.baseline_ns)),
            Words(format_duration(one.candidate_ns)),
            Words(_largest(one.phases_ns)),
        )
        for one in of.movers[:top]
        if one.baseline_ns != one.candidate_ns
    ]
    columns = (
        Column("baseline", "text"),
        Column("candidate", "text"),
        Column("took"),
        Column("takes"),
        Column("most in", "text"),
    )
    return Section("Most moved", columns, tuple(rows))


def _largest(phases_ns: object) -> str:
    assert isinstance(phases_ns, dict)  # noqa: S101  # the mapping of a mover
    largest = sorted(Phase, key=lambda phase: -abs(phases_ns[phase.value]))[:2]
    return ", ".join(
        f"{phase.value} {moved(phases_ns[phase.value])}" for phase in largest if phases_ns[phase.value]
    )


def metrics(of: Comparison) -> Section:
    """One statistic of every metric: for exploring, nothing is decided by it."""
    seen: set[str] = set()
    rows = []
    for one in of.metrics:
        if one.metric in seen or not (one.baseline or one.candidate):
            continue
        seen.add(one.metric)
        rows.append(
            (
                Words(f"{one.metric} {one.stat.value}"),
                Words(value(one.metric, one.baseline)),
                Words(value(one.metric, one.candidate)),
                Words(change(one.metric, one.change)),
                Words(between(one.metric, one.ci), "faint"),
                Words(p_value(one.q)),
            )
        )
    columns = (
        Column("metric", "text"),
        *(Column(title) for title in ("baseline", "candidate", "change", "90 % within", "q")),
    )
    note = "exploratory: q is adjusted for all of them (Benjamini-Hochberg), and decides nothing"
    return Section("All metrics", columns, tuple(rows), (note,))


def findings(of: Comparison) -> Section:
    """What has to be known beside."""
    rows: Sequence[tuple[Cell, ...]] = [
        (
            Words(one.code, "warning" if one.severity.value != "info" else "faint"),
            Words(format_count(one.count)),
            Quoted(one.example, "lines"),
        )
        for one in of.findings
    ]
    return Section("To be known", (Column("", "text"), Column(""), Column("", "text")), tuple(rows))
