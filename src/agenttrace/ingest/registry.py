"""All formats in one tuple, and the one that claims a file."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from agenttrace.errors import AmbiguousFormatError, UnknownFormatError, UsageError
from agenttrace.ingest.format import Format
from agenttrace.ingest.source import Source

ENTRY_POINT = "agenttrace.formats"


OWN_FORMATS = (
    "dynamo:DYNAMO",
    "claude_code:CLAUDE_CODE",
    "codex:CODEX",
    "codex_otel:CODEX_OTEL",
    "otlp:OTLP",
    "gemini_cli:GEMINI_CLI",
    "openhands:OPENHANDS",
    "swe_agent:SWE_AGENT",
    "mini_swe_agent:MINI_SWE_AGENT",
    "opencode:OPENCODE",
    "cline:CLINE",
    "pi:PI",
    "aiperf:AIPERF",
    "atif:ATIF",
    "atof:ATOF",
    "nat:NAT",
    "langfuse:LANGFUSE",
    "phoenix:PHOENIX",
    "openai_agents:OPENAI_AGENTS",
    "langsmith:LANGSMITH",
    "logfire:LOGFIRE",
    "mooncake:MOONCAKE",
    "agentic_mooncake:AGENTIC_MOONCAKE",
    "applied_compute:APPLIED_COMPUTE",
    "weka:WEKA",
)
"""Every format of this package: its module below `formats`, and its name there. A new one is one line here."""


@cache
def formats() -> tuple[Format, ...]:
    """Every known format, those of other packages last."""
    return (*map(_own, OWN_FORMATS), *_from_other_packages())


def _own(place: str) -> Format:
    module, _, name = place.partition(":")
    found: Format = getattr(import_module(f"agenttrace.ingest.formats.{module}"), name)
    return found


def _from_other_packages() -> list[Format]:
    """Formats that installed packages offer under the entry point `agenttrace.formats`."""
    found: list[Format] = []
    for offer in sorted(entry_points(group=ENTRY_POINT), key=lambda offer: offer.name):
        try:
            found.append(offer.load())
        except Exception as error:
            raise UsageError(
                f"the format `{offer.name}` of an installed package cannot be loaded: {error}",
                where=offer.value,
                hint="update or uninstall the package that offers it",
            ) from error
    return found


def format_by_id(format_id: str) -> Format:
    """The format of that id; UsageError names the known ones."""
    for known in formats():
        if known.id == format_id:
            return known
    raise UsageError(f"unknown format `{format_id}`", hint=f"known: {', '.join(f.id for f in formats())}")


def recognise(source: Source) -> Format:
    """The one format that claims the source's content."""
    claims = [known for known in formats() if known.sniff(source.head)]
    if not claims:
        what = "an empty file" if not source.head.data else "content of no known format"
        raise UnknownFormatError(
            what,
            where=source.path,
            hint=f"known formats: {', '.join(f.id for f in formats())}; --input-format overrides recognition",
        )
    if len(claims) > 1:
        raise AmbiguousFormatError(
            f"claimed by {' and '.join(f.id for f in claims)}",
            where=source.path,
            hint="choose with --input-format",
        )
    return claims[0]
