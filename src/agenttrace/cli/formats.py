"""`agenttrace formats`: what can be read, and what each format can tell."""

from __future__ import annotations

import json
from dataclasses import asdict

from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.streams import output_width, wants_color, write_data

EPILOG = f"""Examples:
  agenttrace formats
  agenttrace formats --format json

{EXIT_CODES}"""


def formats(
    *,
    listing: o.ListingFormat = o.Listing.TABLE,
    color: o.ColorChoice = o.Color.AUTO,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """What can be read, and what each format tells."""
    from agenttrace.ingest.offers import OfferedFormat, package_of  # noqa: PLC0415  # heavy
    from agenttrace.ingest.registry import formats as known_formats  # noqa: PLC0415

    if listing is o.Listing.JSON:
        told = [
            {"id": known.id, "package": package_of(known), **asdict(known.facts)} for known in known_formats()
        ]
        write_data([json.dumps({"formats": told}, indent=2, ensure_ascii=False) + "\n"])
        return

    from agenttrace.report.listings import pair_section  # noqa: PLC0415  # heavy
    from agenttrace.report.terminal import draw_sections  # noqa: PLC0415

    sections = []
    for known in known_formats():
        origin = [("from", known.package)] if isinstance(known, OfferedFormat) else []
        sections.append(pair_section(f"{known.id}: {known.facts.about}", known.facts.told() + origin))
    write_data([draw_sections(sections, width=output_width(), color=wants_color(color))])
