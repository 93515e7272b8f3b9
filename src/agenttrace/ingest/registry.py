"""All formats in one tuple, and the one that claims a file."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from agenttrace.errors import AmbiguousFormatError, UnknownFormatError, UsageError
from agenttrace.ingest.format import Format
from agenttrace.ingest.source import Source

ENTRY_POINT = "agenttrace.formats"


@cache
def formats() -> tuple[Format, ...]:
    """Every known format. A new one is one line here."""
    from agenttrace.ingest.formats.claude_code import CLAUDE_CODE  # noqa: PLC0415  # formats load where needed
    from agenttrace.ingest.formats.dynamo import DYNAMO  # noqa: PLC0415
    from agenttrace.ingest.formats.jaeger import JAEGER  # noqa: PLC0415
    from agenttrace.ingest.formats.otlp import OTLP  # noqa: PLC0415
    from agenttrace.ingest.formats.tempo import TEMPO  # noqa: PLC0415
    from agenttrace.ingest.formats.zipkin import ZIPKIN  # noqa: PLC0415

    return (DYNAMO, CLAUDE_CODE, OTLP, JAEGER, ZIPKIN, TEMPO, *_from_other_packages())


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
