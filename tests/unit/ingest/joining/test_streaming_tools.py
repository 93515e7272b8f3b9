"""A tool that starts while a request streams, where a server's view lies inside the client's."""

import polars as pl

from agenttrace.critical_path.analysis import analyze
from unit.ingest.assembly.rows import SECOND, link, span, trace_of


def test_what_starts_while_the_server_decodes_was_waiting_for_its_decode() -> None:
    """A drawing, in seconds. The tool hangs on the server's decode, not on the network around it.

    client  [0 ------------------------ 10]
    server     [1 -- 2 decode ------ 9]
    tool                      [6 ---------------- 12]
    """
    trace = trace_of(
        [
            span("a", "client", "request", 0, 10),
            span(
                "a",
                "server",
                "request",
                1,
                9,
                parent_key="client",
                first_token_ns=2 * SECOND,
                first_token_evidence="measured",
                decode_ns=7 * SECOND,
                decode_evidence="measured",
            ),
            span("a", "tool", "tool", 6, 12),
            link("a", "client", "tool"),
        ]
    )

    path = analyze(trace).segments.group_by("phase").agg((pl.col("end_ns") - pl.col("start_ns")).sum())

    assert {phase: ns // SECOND for phase, ns in path.iter_rows()} == {
        "network": 1,
        "model": 1,
        "decode": 4,
        "tool": 6,
    }
