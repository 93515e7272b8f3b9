"""`agenttrace replay`: the same sessions on other servers."""

from __future__ import annotations

from typing import Annotated

import typer

from agenttrace.cli import completing, interrupts
from agenttrace.cli import options as o
from agenttrace.cli.checks import refuse_inputs_as_outputs
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working
from agenttrace.cli.streams import output_width, wants_color, write_data, write_file
from agenttrace.replay.choices import Load

EPILOG = f"""Examples:
  agenttrace fit light.jsonl -o light.toml
  agenttrace replay loaded.jsonl --platform light.toml --replicas 2 --lanes 4
  agenttrace replay traces/ --platform vr-nvl72-lpx --model kimi-k2-5
  agenttrace replay session.jsonl --platform b200 --model glm-5 --replicas 4
  agenttrace replay traces/ --platform b200 --model glm-5 --html b200.html

{EXIT_CODES}"""

Seed = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, help="The same number gives the same answer.")
]


def replay(
    *,
    paths: o.Paths,
    platform: Annotated[
        list[str],
        typer.Option(
            "--platform",
            metavar="NAME|FILE",
            help="What to replay on. Repeatable.",
            autocompletion=completing.platforms,
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="The model that modelled platforms serve.",
            autocompletion=completing.models,
        ),
    ] = None,
    baseline: Annotated[
        str,
        typer.Option(
            "--baseline",
            metavar="NAME|FILE|fit",
            help="What served the sessions; fit: learnt from the trace.",
            autocompletion=completing.platforms,
        ),
    ] = "fit",
    replicas: Annotated[
        int | None,
        typer.Option(
            "--replicas",
            metavar="N",
            min=1,
            max=4096,
            help="Servers of each platform, not of the baseline; without it, what its file says, or as the baseline.",
        ),
    ] = None,
    baseline_replicas: Annotated[
        int | None,
        typer.Option(
            "--baseline-replicas",
            metavar="N",
            min=1,
            max=4096,
            help="Servers of the baseline; without it, what its file or the trace says.",
        ),
    ] = None,
    load: Annotated[
        Load, typer.Option("--load", help="How sessions come: lane after lane, as recorded, or each alone.")
    ] = Load.CLOSED,
    lanes: Annotated[
        int | None,
        typer.Option(
            "--lanes", metavar="N", min=1, help="Sessions at once; without it, as many as recorded."
        ),
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(
            "--draws", metavar="N", min=1, max=10_000, help="Simulations of each kind, for intervals."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A number of the platforms (`agenttrace platforms NAME`), or a policy: routing, keep, release, "
            "offload, fanout, compact or priority. Repeatable.",
        ),
    ] = None,
    seed: Seed = 1,
    full: Annotated[
        bool, typer.Option("--full", help="Every number that is assumed in a row of its own.")
    ] = False,
    json_file: o.JsonFile = None,
    html_file: o.HtmlFile = None,
    input_format: o.InputFormat = None,
    color: o.ColorChoice = o.Color.AUTO,
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """The same sessions on other servers.

    What agents did stays: turns, tokens, tools, fan-outs, waits, what waited for what. Requests take what the
    platform makes of them. A PLATFORM is one of `agenttrace platforms` or a file, of `agenttrace fit` for example.
    """
    from agenttrace.api.replaying import Asked, replayed  # noqa: PLC0415
    from agenttrace.replay.platforms.choosing import Wanted  # noqa: PLC0415  # heavy
    from agenttrace.replay.policies import parse_habits, parse_policies  # noqa: PLC0415
    from agenttrace.replay.replaying import Scenario  # noqa: PLC0415
    from agenttrace.report.html.replay_page import replay_page  # noqa: PLC0415
    from agenttrace.report.replay_objects import replay_json  # noqa: PLC0415
    from agenttrace.report.replay_sections import replay_sections  # noqa: PLC0415
    from agenttrace.report.terminal import draw_sections  # noqa: PLC0415

    refuse_inputs_as_outputs(paths, {"--html": html_file, "--json": json_file})
    o.choose_output(None, json_file, html_file)
    habits, others = parse_habits(settings or [])
    policies = parse_policies(others)
    wanted = [Wanted(name, model, policies, replicas) for name in platform]
    scenario = Scenario(load, lanes, draws, seed, habits)
    asked = Asked(paths, input_format, wanted, baseline, scenario, baseline_replicas)
    interrupts.insist()
    with working("reading and replaying", quiet=quiet, verbose=verbose):
        found = replayed(asked)
    if json_file and json_file != o.STANDARD_OUTPUT:
        write_file(json_file, replay_json(found, found.findings))
    if html_file:
        page = replay_page(found, found.findings, found.sources)
        if html_file == o.STANDARD_OUTPUT:
            write_data([page])
            return
        write_file(html_file, [page])
    if json_file == o.STANDARD_OUTPUT:
        write_data(replay_json(found, found.findings))
        return
    sections = replay_sections(found, found.findings, full=full)
    write_data([draw_sections(sections, width=output_width(), color=wants_color(color))])
