"""`render`: what was found as text, in the forms that the command line writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from agenttrace.api.doctor_report import doctor_json, doctor_sections
from agenttrace.api.noise_files import noise_file
from agenttrace.critical_path.analysis import Analysis
from agenttrace.diff.comparison import Comparison
from agenttrace.diff.noise import Noise
from agenttrace.errors import NoDataError, UsageError
from agenttrace.ingest.doctor.diagnosis import Diagnosis
from agenttrace.replay.platforms.measured import MeasuredPlatform
from agenttrace.replay.platforms.toml_text import to_toml
from agenttrace.replay.replaying import Replayed
from agenttrace.report import rendering
from agenttrace.report.cells import Section
from agenttrace.report.diff import outline as outlines
from agenttrace.report.diff import redaction as hashing
from agenttrace.report.diff.as_json import to_json
from agenttrace.report.diff.as_junit import to_junit
from agenttrace.report.diff.as_markdown import to_markdown
from agenttrace.report.diff.html.page import DEFAULT_TOP as PAGE_TOP
from agenttrace.report.diff.html.page import diff_page
from agenttrace.report.diff.noise_section import noise_section
from agenttrace.report.html.replay_page import replay_page
from agenttrace.report.output_format import OutputFormat
from agenttrace.report.platform_sections import measured_section
from agenttrace.report.redaction import Redaction
from agenttrace.report.replay_objects import replay_json
from agenttrace.report.replay_sections import replay_sections
from agenttrace.report.terminal import draw, draw_sections

Result: TypeAlias = Analysis | Comparison | Noise | Replayed | MeasuredPlatform | Diagnosis
Text = Callable[[], str | bytes]

_WIDTH = 100


def render(
    result: Result,
    form: str = "table",
    *,
    top: int | None = None,
    labels: Mapping[str, str] | None = None,
    redact: bool = False,
    names: tuple[str, str] = ("baseline", "candidate"),
) -> str:
    """A result as text: `form` is "table" for people, or what the command of the same result writes.

    Of an Analysis: "json", "jsonl", "csv", "md". Of a Comparison: "json", "md", "junit", "html". Of a Replayed:
    "json", "html". Of what `noise` and `doctor` return: "json". Of what `fit` returns: "toml". `top`: rows of each
    list. `labels`: go with every session. `redact`: without any word of the traces, of an Analysis or a Comparison.
    `names`: of the sides of a comparison. UsageError for another form.

    >>> import agenttrace
    >>> found = agenttrace.analyze("sample_traces/claude-code/fan-out.jsonl")
    >>> print(agenttrace.render(found, "csv").splitlines()[0][:20])
    session_id,source_id
    """
    if isinstance(result, Analysis):
        return _analysis(Redaction(result).analysis(result) if redact else result, form, top, labels or {})
    forms = (
        _forms_of_comparison(result, top, names, redact=redact)
        if isinstance(result, Comparison)
        else _forms(result)
    )
    if form not in forms:
        raise UsageError(f"no such form: {form}", hint=f"there are: {', '.join(forms)}")
    return _text(forms[form]())


def _analysis(analysis: Analysis, form: str, top: int | None, labels: Mapping[str, str]) -> str:
    if form not in set(OutputFormat):
        raise UsageError(f"no such form: {form}", hint=f"there are: {', '.join(OutputFormat)}")
    if not analysis.sessions.height:
        raise NoDataError("no session with timings")
    manner = rendering.Manner(top=top, labels=labels)
    return "".join(map(_text, rendering.render(analysis, OutputFormat(form), manner)))


def _forms_of_comparison(
    of: Comparison, top: int | None, names: tuple[str, str], *, redact: bool
) -> Mapping[str, Text]:
    if redact:
        of = hashing.redacted(of, hashing.key_of(of, names))
    rows = top or outlines.DEFAULT_TOP
    return {
        "table": lambda: draw(outlines.outline(of, names, top=rows), width=_WIDTH, color=False),
        "json": lambda: to_json(of),
        "md": lambda: to_markdown(of, top=rows),
        "junit": lambda: to_junit(of),
        "html": lambda: diff_page(of, names, top=top or PAGE_TOP),
    }


def _forms(of: Noise | Replayed | MeasuredPlatform | Diagnosis) -> Mapping[str, Text]:
    if isinstance(of, Noise):
        return {"table": lambda: _drawn([noise_section(of)]), "json": lambda: noise_file(of)}
    if isinstance(of, MeasuredPlatform):
        return {"table": lambda: _drawn([measured_section(of)]), "toml": lambda: to_toml(of)}
    if isinstance(of, Diagnosis):
        return {"table": lambda: _drawn(doctor_sections(of)), "json": lambda: doctor_json(of)}
    return {
        "table": lambda: _drawn(replay_sections(of, of.findings)),
        "json": lambda: b"".join(replay_json(of, of.findings)),
        "html": lambda: replay_page(of, of.findings, of.sources),
    }


def _drawn(sections: Sequence[Section]) -> str:
    return draw_sections(sections, width=_WIDTH, color=False)


def _text(told: str | bytes) -> str:
    return told.decode() if isinstance(told, bytes) else told
