"""`agenttrace ingest`: traces as a dataset, to be analysed again and again."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from agenttrace.cli import interrupts
from agenttrace.cli import options as o
from agenttrace.cli.pages import EXIT_CODES
from agenttrace.cli.progress import working

EPILOG = f"""Examples:
  agenttrace ingest traces/ -o month
  agenttrace analyze month
  agenttrace analyze month --session 5e22d6
  agenttrace ingest more/ -o month
  agenttrace ingest --compact -o month

{EXIT_CODES}"""


def ingest(
    *,
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH...]", hidden=True)] = None,
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="DATASET", help="A folder, made if need be, or scheme://..."),
    ],
    fold: Annotated[
        bool,
        typer.Option("--compact", help="Fold what was added into the rest, and drop what counts no more."),
    ] = False,
    input_format: o.InputFormat = None,
    suspend_after: o.SuspendAfter = "30m",
    strict: o.Strict = False,
    jobs: o.Jobs = None,
    engine: o.Engine = "local",
    quiet: o.Quiet = False,
    verbose: o.Verbose = False,
    debug: o.Debug = False,  # noqa: ARG001  # `main` looks for it
) -> None:
    """Traces as a Parquet dataset that splits no session.

    A PATH is what it is for analyze, and a DATASET is a PATH for it: nothing is parsed or put together again, and
    of one session little is read. After a kill the same command goes on where it was. Other files are added.
    """
    suspend_after_ns = o.parse_limit("--suspend-after", suspend_after)

    from agenttrace.cli.checks import refuse_findings  # noqa: PLC0415  # heavy
    from agenttrace.dataset.location import Location  # noqa: PLC0415
    from agenttrace.errors import NoDataError, UsageError  # noqa: PLC0415
    from agenttrace.ingest.compacting import compact  # noqa: PLC0415
    from agenttrace.ingest.ingesting import ingest as ingested  # noqa: PLC0415
    from agenttrace.ingest.undertaking import HowToRead  # noqa: PLC0415
    from agenttrace.workers.engine import usable_cores  # noqa: PLC0415

    if not paths and not fold:
        raise UsageError("no PATH", hint="name traces, or give --compact")
    interrupts.insist()
    how = HowToRead(input_format, suspend_after_ns, jobs or usable_cores(), engine)
    refuse = refuse_findings if strict else None
    with working("reading and storing", quiet=quiet, verbose=verbose) as sign:
        found = ingested(paths, Location(output), how, refuse, sign.each) if paths else None
        batch = compact(Location(output)) if fold or found is None else found.batch
    if not batch.sessions:
        raise NoDataError("no session in what was read", hint="`agenttrace formats` tells what can be read")
    if quiet:
        return
    if found is not None and found.known:
        sys.stderr.write("nothing new: these files are in the dataset\n")
        return
    later = f" and {batch.kept_bytes / batch.spans:.1f} for what comes later" if batch.kept_bytes else ""
    kept = f", {found.resumed} of them kept from before" if found is not None and found.resumed else ""
    sys.stderr.write(
        f"{batch.sessions} sessions, {batch.spans} spans, {batch.stored_bytes / batch.spans:.1f} bytes each"
        f"{later}, in {len(batch.partitions)} partitions{kept}\n"
    )
