"""JUnit XML, for whatever shows test results: a case for each gate and budget."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from agenttrace.diff.budgets import BudgetAnswer
from agenttrace.diff.result import Comparison
from agenttrace.diff.verdicts import Answer, Verdict
from agenttrace.report.diff.headline import headline
from agenttrace.report.diff.wording import between, changed, limits, p_value, value, without_counterpart
from agenttrace.report.escaping import printable


def to_junit(of: Comparison) -> str:
    """What makes the comparison fail and missing data fail; what else is worse, inconclusive or waived is skipped."""
    cases = [*(_gate_case(of, one) for one in of.answers), *(_budget_case(of, one) for one in of.budgets)]
    if of.doubtful:
        cases.append(_case("verdict", "sides", ("failure", headline(of))))
    if of.pairing.lost:
        cases.append(_case("sessions of the baseline", "sides", ("failure", without_counterpart(of))))
    failures = sum("<failure" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0" skipped="{skipped}"'
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    suite = f'<testsuite name="agenttrace diff" {counts}>'
    return "\n".join([head, f"<testsuites {counts}>", suite, *cases, "</testsuite>", "</testsuites>"]) + "\n"


def _gate_case(of: Comparison, one: Answer) -> str:
    name = one.gate.metric
    said = f"{value(name, one.baseline)} to {value(name, one.candidate)}, {changed(one)} ({between(name, one.bound)})"
    if one.p_adjusted is not None:
        said += f", p {p_value(one.p_adjusted)}"
    outcome = None
    if one.waived is not None:
        outcome = ("skipped", f"waived: {one.waived}; {said}")
    elif one in of.missing:
        outcome = ("failure", one.reason)
    elif of.fails(one):
        outcome = ("failure", f"{one.verdict.value}: {one.reason or said}")
    elif one.verdict in {Verdict.REGRESSION, Verdict.INCONCLUSIVE}:
        outcome = ("skipped", f"{one.verdict.value}: {one.reason or said}")
    return _case(f"{name} {one.gate.stat.value}", "gates", outcome)


def _budget_case(of: Comparison, one: BudgetAnswer) -> str:
    said = f"{value(one.metric, one.value)}, {limits(one.budget, one.metric)}"
    failing = of.fails(one) or one in of.missing
    outcome = None if one.kept else ("failure" if failing else "skipped", one.reason or said)
    return _case(f"{one.metric} {one.budget.stat.value}", "budgets", outcome)


def _case(name: str, group: str, outcome: tuple[str, str] | None) -> str:
    attributes = f"name={quoteattr(name)} classname={quoteattr(f'agenttrace.{group}')}"
    if outcome is None:
        return f"<testcase {attributes}/>"
    kind, message = outcome
    return f"<testcase {attributes}><{kind} message={quoteattr(printable(message))}/></testcase>"
