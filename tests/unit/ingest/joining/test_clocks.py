"""The difference of two clocks, from requests of which one lies within the other."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.joining.clocks import common_point

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
