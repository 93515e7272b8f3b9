"""The difference of two clocks, from requests of which one lies within the other."""

import gzip
import re
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import agenttrace
from agenttrace.ingest.joining.clocks import Offset, common_point, from_the_client
from contract.trace_files import SAMPLES

DAY = 86_400 * 10**9
margins = st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=30)


def _intervals(ahead: int, pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Bounds that requests give: the server starts so much later, and ends so much earlier, on its clock."""
    low = np.array([ahead - after for _, after in pairs], np.int64)
    high = np.array([ahead + before for before, _ in pairs], np.int64)
    return low, high


@given(st.integers(-DAY, DAY), margins)
def test_the_difference_is_found_within_the_error_that_is_told(
    ahead: int, pairs: list[tuple[int, int]]
) -> None:
    found, error = common_point(*_intervals(ahead, pairs))

    explained_by_none = sum(before >= abs(ahead) or after >= abs(ahead) for before, after in pairs)
    assert abs(found - ahead) <= error or (found == 0 and explained_by_none * 10 >= len(pairs) * 9)


@given(margins)
def test_clocks_that_agree_are_left_alone(pairs: list[tuple[int, int]]) -> None:
    assert common_point(*_intervals(0, pairs)) == (0, 0)


@given(st.integers(10**10, DAY), margins.filter(lambda pairs: len(pairs) > 5))
def test_a_few_wrong_pairs_do_not_move_it(ahead: int, pairs: list[tuple[int, int]]) -> None:
    low, high = _intervals(ahead, pairs)
    low[0], high[0] = low[0] - DAY * 2, high[0] - DAY * 2

    found, error = common_point(low, high)

    assert abs(found - ahead) <= error


def test_a_drawn_case() -> None:
    """Three requests; the server's clock is 1000 ahead: it starts 5, 8, 6 later, ends 4, 2, 7 earlier.

    client  |----------|          bounds of the difference  [996, 1005]
    server    |------|                                      [998, 1008]
                                                            [993, 1006]   ->   998 .. 1005
    """
    low, high = _intervals(1000, [(5, 4), (8, 2), (6, 7)])

    assert common_point(low, high) == (1001, 4)


def test_of_three_views_the_one_whose_clock_differs_is_moved() -> None:
    """The engine's trace and the gateway share ids, and the client is told from both by tokens.

    client 0, gateway 250 ahead of it, trace 250 behind the gateway: the trace and the client agree.
    """
    gateway, trace, client = 1, 2, 0
    offsets = [
        Offset(trace, gateway, -250, 2, 600, 1.002),
        Offset(gateway, client, 251, 2, 562, 1.003),
        Offset(trace, client, 0, 0, 562, 1.005),
    ]

    for order in permutations(offsets):
        ahead = from_the_client(order)
        assert {origin: total for origin, (total, _) in ahead.items()} == {gateway: 251}
        assert ahead[gateway][1].reference == client


def test_clocks_of_other_runs_are_not_compared() -> None:
    offsets = [Offset(1, 0, 40, 1, 9, 1.1), Offset(3, 2, 0, 0, 9, 1.1), Offset(4, 3, 70, 1, 9, 1.1)]

    ahead = from_the_client(offsets)

    assert {origin: (total, told.reference) for origin, (total, told) in ahead.items()} == {
        1: (40, 0),
        4: (70, 2),
    }


@pytest.mark.parametrize("ms", [-37, 250, 86_000_000])
def test_a_client_whose_clock_differs_changes_nothing_of_a_run(ms: int, tmp_path: Path) -> None:
    """The gateway's spans and the request trace share ids; by tokens both are compared with the client's spans."""
    capture = SAMPLES / "dynamo-captures" / "A"
    client = capture / "harness-otlp-traces.json.gz"
    text = gzip.decompress(client.read_bytes()).decode()
    moved = tmp_path / "client.json"
    moved.write_text(
        re.sub(r'(imeUnixNano":\s*")(\d+)"', lambda m: f'{m[1]}{int(m[2]) + ms * 1_000_000}"', text)
    )
    others = [str(capture / name) for name in ("otlp-traces.pb.gz", "request-trace.000000.jsonl.gz")]

    both = [agenttrace.read([*others, str(seen)]) for seen in (client, moved)]
    told, found = (agenttrace.analyze(trace).sessions for trace in both)

    for column in ("wall_ns", "requests", "tool_calls"):
        assert found[column].sum() == told[column].sum()
    assert found["path_queue_ns"].sum() == pytest.approx(told["path_queue_ns"].sum(), rel=0.01)
    codes = [finding["code"] for finding in both[1].findings.to_pylist()]
    assert codes.count("clock_shifted") == 2
