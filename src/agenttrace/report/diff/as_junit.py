"""JUnit XML, for whatever shows test results: a case for each gate and budget."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from agenttrace.diff.budgets import BudgetAnswer
from agenttrace.diff.policy import Level
from agenttrace.diff.result import Comparison
from agenttrace.diff.verdicts import Answer, Verdict
from agenttrace.report.diff.wording import between, changed, limits, p_value, value, without_counterpart
from agenttrace.report.escaping import printable


def to_junit(of: Comparison) -> str:
    """Regressions, broken budgets and missing data fail; what is inconclusive or waived is skipped."""
    cases = [*(_gate_case(one) for one in of.answers), *(_budget_case(one) for one in of.budgets)]
    if of.pairing.lost:
        cases.append(_case("sessions of the baseline", "sides", ("failure", without_counterpart(of))))
    failures = sum("<failure" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="{skipped}"'
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    suite = f'<testsuite name="agenttrace diff" {counts}>'
    return "\n".join([head, f"<testsuites {counts}>", suite, *cases, "</testsuite>", "</testsuites>"]) + "\n"


def _gate_case(one: Answer) -> str:
    name = one.gate.metric
    said = (
        f"{value(name, one.baseline)} to {value(name, one.candidate)}, {changed(one)} "
        f"({between(name, one.bound)}), p {p_value(one.p_adjusted)}"
    )
    outcome = None
    if one.waived is not None:
        outcome = ("skipped", f"waived: {one.waived}; {said}")
    elif (one.verdict is Verdict.REGRESSION or one.missing) and one.gate.level is Level.ERROR:
        outcome = ("failure", one.reason if one.missing else said)
    elif one.verdict in {Verdict.REGRESSION, Verdict.INCONCLUSIVE}:
        outcome = ("skipped", f"{one.verdict.value}: {one.reason or said}")
    return _case(f"{name} {one.gate.stat.value}", "gates", outcome)


def _budget_case(one: BudgetAnswer) -> str:
    said = f"{value(one.metric, one.value)}, {limits(one.budget, one.metric)}"
    failing = (one.kept is False or one.missing) and one.budget.level is Level.ERROR
    outcome = None if one.kept else ("failure" if failing else "skipped", one.reason or said)
    return _case(f"{one.metric} {one.budget.stat.value}", "budgets", outcome)


def _case(name: str, group: str, outcome: tuple[str, str] | None) -> str:
    attributes = f"name={quoteattr(name)} classname={quoteattr(f'agenttrace.{group}')}"
    if outcome is None:
        return f"<testcase {attributes}/>"
    kind, message = outcome
    return f"<testcase {attributes}><{kind} message={quoteattr(printable(message))}/></testcase>"
