"""`agenttrace platforms`: what sessions can be replayed on, and which models platforms can serve."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from agenttrace.cli import completing
from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.streams import output_width, wants_color, write_data

EPILOG = f"""Examples:
  agenttrace platforms
  agenttrace platforms vr-nvl72-lpx
  agenttrace platforms kimi-k2-5
  agenttrace platforms --format json

{EXIT_CODES}"""


def platforms(
    *,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", hidden=True, autocompletion=completing.listed)
    ] = None,
    listing: o.ListingFormat = o.Listing.TABLE,
    color: o.ColorChoice = o.Color.AUTO,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """Platforms and models that come along.

    Of a platform's NAME, or its file, all numbers: value, range, unit, whose claim it is, and where it stands; the
    tiers for what caches lose, and what the vendor says. Of a model's what its times and its memory follow from.
    """
    from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms  # noqa: PLC0415
    from agenttrace.replay.platforms.choosing import read_document, read_model  # noqa: PLC0415  # heavy
    from agenttrace.replay.platforms.toml_text import parse_toml  # noqa: PLC0415
    from agenttrace.report.platform_sections import (  # noqa: PLC0415
        catalogue_sections,
        document_sections,
        model_section,
    )
    from agenttrace.report.replay_sections import finding_section  # noqa: PLC0415
    from agenttrace.report.terminal import draw_sections  # noqa: PLC0415

    if name is not None:
        model = read_model(name)
        document = read_document(name) if model is None else model
        if listing is o.Listing.JSON:
            write_data([json.dumps(document, indent=2, ensure_ascii=False) + "\n"])
            return
        sections = document_sections(document) if model is None else [model_section(model)]
        if document.get("findings"):
            sections.append(finding_section(document["findings"]))
    else:
        known = {key: parse_toml(text, key) for key, text in shipped_platforms().items()}
        models = {key: parse_toml(text, key) for key, text in shipped_models().items()}
        if listing is o.Listing.JSON:
            document = {"platforms": list(known.values()), "models": list(models.values())}
            write_data([json.dumps(document, indent=2, ensure_ascii=False) + "\n"])
            return
        sections = catalogue_sections(known, models)
    write_data([draw_sections(sections, width=output_width(), color=wants_color(color))])
