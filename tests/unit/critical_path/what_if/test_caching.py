"""`cache=1.0`: what prefill costs is found out from the requests, or the question is refused."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze_chunk
from agenttrace.critical_path.what_if.questions import ask
from agenttrace.model.trace import Trace
from agenttrace.serving.looks import seen_in
from agenttrace.serving.prefill_time import PrefillTime
from agenttrace.serving.service import Service, fit_service
from timeline import MS, trace_of

FIXED, EACH = 20 * MS, 10_000
DECODE = 100 * MS


def requests(count: int, noise: float = 0.0, *, even: bool = False, rare: int = 0) -> Trace:
    """One agent's requests: each sends 1,000 tokens more, and every fourth finds nothing in the cache."""
    random = Random(4)
    rows: list[dict[str, Any]] = [{"span": 0, "kind": "session", "name": "s", "start_ns": 0}]
    at = 0
    for number in range(count):
        sent = 5_000 + 1_000 * number
        cached = sent - 1_000 if even or number % 4 else 0
        prefill = int((FIXED + EACH * (sent - cached)) * (1 + noise * random.uniform(-1, 1)))
        rows.append(
            {"span": number + 1, "parent": 0, "kind": "request", "name": None, "start_ns": at}
            | {"end_ns": at + prefill + DECODE, "prefill_ns": prefill, "prefill_evidence": "measured"}
            | {"first_token_ns": at + prefill, "first_token_evidence": "measured"}
            | {"input_tokens": sent, "cache_read_tokens": cached}
            | ({"model": "rare" if number < rare else "often"} if rare else {})
        )
        at += prefill + DECODE
    rows[0]["end_ns"] = at
    return trace_of(rows)


def served(trace: Trace) -> Service:
    """What the trace says of its server."""
    return fit_service(seen_in(trace))


def test_the_cost_of_a_token_is_found_out() -> None:
    cost = served(requests(40, noise=0.02)).cost_of(None)
    assert isinstance(cost, PrefillTime)
    assert cost.per_token_ns == pytest.approx(EACH, rel=0.05)
    assert cost.base_ns == pytest.approx(FIXED, rel=0.2)


def test_what_was_sent_before_is_found_in_the_cache() -> None:
    trace = requests(40)
    (row,) = analyze_chunk(trace, ask(["cache=1.0"], trace.spans, served(trace))).what_if.iter_rows(
        named=True
    )
    missed = sum(5_000 + 1_000 * (number - 1) for number in range(4, 40, 4))
    assert row["saved_ns"] == pytest.approx(missed * EACH, rel=1e-6)
    assert row["selected"] == [9]


def test_a_model_that_cannot_be_told_keeps_its_prefill_and_is_a_finding() -> None:
    trace = requests(40, rare=9)
    questions = ask(["cache=1.0"], trace.spans, served(trace))
    (row,) = analyze_chunk(trace, questions).what_if.iter_rows(named=True)
    missed = sum(5_000 + 1_000 * (number - 1) for number in range(12, 40, 4))
    assert row["saved_ns"] == pytest.approx(missed * EACH, rel=1e-6)
    (finding,) = questions.findings().iter_rows(named=True)
    assert finding["example"].startswith("cache=1.0, model rare: 9 requests state")


@pytest.mark.parametrize(
    ("trace", "why"),
    [
        (requests(19), "19 requests state their prefill and their cached tokens; 20 are needed"),
        (requests(40, even=True), "all requests have about as many uncached tokens"),
        (requests(40, noise=0.99), "prefill does not follow the number of uncached tokens"),
    ],
)
def test_what_would_be_a_guess_is_refused(trace: Trace, why: str) -> None:
    cost = served(trace).cost_of(None)
    assert isinstance(cost, str)
    assert cost.startswith(why)
    questions = ask(["cache=1.0,prefill*0.5", "prefill*0.5"], trace.spans, served(trace))
    walls = analyze_chunk(trace, questions).what_if["wall_ns"].to_list()
    assert walls[0] is None
    assert walls[1] is not None
    assert questions.findings()["code"].to_list() == ["what_if_unknown"]
