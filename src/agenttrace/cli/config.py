"""`agenttrace config show`: the settings that hold, and where each was said."""

from __future__ import annotations

from typing import Any

import typer

from agenttrace.cli import diff_options as d
from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES, FrontPage, Page
from agenttrace.cli.streams import output_width, wants_color, write_data

EPILOG = f"""Examples:
  agenttrace config show
  agenttrace config show --config ci/agenttrace.toml --format json

{EXIT_CODES}"""

app = typer.Typer(
    name="config",
    cls=FrontPage,
    help="Settings and where they come from.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _config() -> None:
    pass


@app.command(cls=Page, epilog=EPILOG)
def show(
    *,
    config: d.Config = None,
    no_config: d.NoConfig = False,
    listing: o.ListingFormat = o.Listing.TABLE,
    color: o.ColorChoice = o.Color.AUTO,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """Every setting with its value and its origin: the command line, the environment, a file, or the default."""
    import orjson  # noqa: PLC0415  # heavy

    from agenttrace.api.settings.policies import policy_of  # noqa: PLC0415
    from agenttrace.api.settings.resolving import resolve  # noqa: PLC0415
    from agenttrace.report.cells import Column, Quoted, Section, Words  # noqa: PLC0415
    from agenttrace.report.terminal import draw_sections  # noqa: PLC0415

    settings = resolve(config=config, no_config=no_config)
    policy_of(settings)
    if listing is o.Listing.JSON:
        told = {one.name: {"value": one.value, "origin": one.origin} for one in settings.values()}
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATACLASS
        write_data([orjson.dumps(told, option=options, default=str)])
        return
    rows = tuple(
        (Words(one.name, "strong"), Quoted(_text(one.value), "lines"), Quoted(one.origin, "start"))
        for one in settings.values()
    )
    columns = (Column("setting", "text"), Column("value", "text"), Column("said by", "text"))
    write_data(
        [draw_sections([Section("Settings", columns, rows)], width=output_width(), color=wants_color(color))]
    )


def _text(value: Any) -> str:  # noqa: ANN401  # whatever a setting may be
    if isinstance(value, list):
        return "; ".join(", ".join(f"{key}={of}" for key, of in row.items()) for row in value) or "–"
    return ", ".join(value) if isinstance(value, tuple) else "–" if value is None else str(value)
