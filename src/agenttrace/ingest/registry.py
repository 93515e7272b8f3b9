"""All formats in one tuple, and the one that claims a file."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from agenttrace.errors import AmbiguousFormatError, RefusedFormatError, UnknownFormatError, UsageError, meant
from agenttrace.ingest.format import Format
from agenttrace.ingest.offers import GROUP, OfferedFormat, offered_formats, package_of
from agenttrace.ingest.refusals import refusal
from agenttrace.ingest.source import Source

OWN_FORMATS = (
    "dynamo:DYNAMO",
    "claude_code:CLAUDE_CODE",
    "codex:CODEX",
    "codex_otel:CODEX_OTEL",
    "otlp:OTLP",
    "otel_console:OTEL_CONSOLE",
    "gemini_cli:GEMINI_CLI",
    "openhands:OPENHANDS",
    "swe_agent:SWE_AGENT",
    "mini_swe_agent:MINI_SWE_AGENT",
    "opencode:OPENCODE",
    "cline:CLINE",
    "pi:PI",
    "gptme:GPTME",
    "aiperf:AIPERF",
    "atif:ATIF",
    "atof:ATOF",
    "nat:NAT",
    "langfuse:LANGFUSE",
    "phoenix:PHOENIX",
    "openai_agents:OPENAI_AGENTS",
    "langsmith:LANGSMITH",
    "logfire:LOGFIRE",
    "jaeger:JAEGER",
    "zipkin:ZIPKIN",
    "tempo:TEMPO",
    "spans_jsonl:SPANS_JSONL",
    "mooncake:MOONCAKE",
    "agentic_mooncake:AGENTIC_MOONCAKE",
    "applied_compute:APPLIED_COMPUTE",
    "weka:WEKA",
)
"""Every format of this package: its module below `formats`, and its name there. A new one is one line here."""


@cache
def own_formats() -> tuple[Format, ...]:
    """The formats of agenttrace itself."""
    return tuple(map(_own, OWN_FORMATS))


def _own(place: str) -> Format:
    module, _, name = place.partition(":")
    found: Format = getattr(import_module(f"agenttrace.ingest.formats.{module}"), name)
    return found


@cache
def formats() -> tuple[Format, ...]:
    """Every known format: our own, and those that installed packages offer. Each id is of one format."""
    known = (*own_formats(), *offered_formats(entry_points(group=GROUP)))
    taken: dict[str, Format] = {}
    for each in known:
        if (other := taken.setdefault(each.id, each)) is not each:
            raise UsageError(
                f"two formats have the id `{each.id}`: one of {package_of(other)}, one of {package_of(each)}",
                hint="uninstall one of these packages, or have its format renamed",
            )
    return known


def format_by_id(format_id: str) -> Format:
    """The format of that id; UsageError names the known ones."""
    for known in formats():
        if known.id == format_id:
            return known
    raise UsageError(
        f"unknown format `{format_id}`", hint=meant(format_id, (f.id for f in formats()), "known")
    )


def known_format(format_id: str) -> Format:
    """The format of an id that is known to be one, without loading the others if it is of this package."""
    place = f"{format_id}:{format_id.upper()}".replace("-", "_")
    return _own(place) if place in OWN_FORMATS else format_by_id(format_id)


def recognise(source: Source) -> Format:
    """The one format that claims the source's content."""
    claims = [known for known in formats() if known.sniff(source.head)]
    if not claims:
        raise _unknown(source)
    if len(claims) > 1:
        raise AmbiguousFormatError(
            f"claimed by {' and '.join(map(_claimant, claims))}",
            where=source.path,
            hint="choose with --input-format",
        )
    return claims[0]


def _unknown(source: Source) -> UnknownFormatError:
    if reason := refusal(source.head):
        return RefusedFormatError(reason.what, where=source.path, hint=reason.hint)
    what = "an empty file" if not source.head.data else "content of no known format"
    hint = f"known formats: {', '.join(f.id for f in formats())}; --input-format overrides recognition"
    return UnknownFormatError(what, where=source.path, hint=hint)


def _claimant(known: Format) -> str:
    return f"{known.id} ({known.package})" if isinstance(known, OfferedFormat) else known.id
