"""What the engine's operations on arrays promise: the answers of the plain ways, faster."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.critical_path.arrays import order_by, packed, running_max, sorting

_FEW = st.lists(st.integers(-3, 3), max_size=60)
_INSTANTS = st.sampled_from([0, 1, 2**40, 2**62, 2**63 - 1, 1_795_417_720_164_000_000])
_ROWS = st.lists(st.tuples(st.integers(0, 5), _INSTANTS, st.integers(0, 13)), max_size=40)


@given(_FEW)
def test_equal_keys_stay_as_they_stand(keys: list[int]) -> None:
    key = np.array(keys, np.int64)

    assert sorting(key).tolist() == np.argsort(key, kind="stable").tolist()


@given(_ROWS)
def test_order_is_by_group_then_time_then_place_however_long_the_times(
    rows: list[tuple[int, int, int]],
) -> None:
    group, t, place = (np.array([row[i] for row in rows], np.int64) for i in range(3))

    order, _ = order_by(group, t, place)

    assert order.tolist() == sorted(range(len(rows)), key=lambda row: rows[row])


@given(st.lists(st.tuples(*[st.sampled_from([0, 1, 2**20, 2**40, 2**62])] * 4), max_size=20))
def test_packed_keys_are_in_the_order_of_all_of_them_however_large(rows: list[tuple[int, ...]]) -> None:
    keys = packed(*(np.array([row[i] for row in rows], np.int64) for i in range(4))).tolist()

    order = sorted(set(rows))
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    assert [order[places[key]] for key in keys] == rows


@given(_ROWS)
def test_the_running_maximum_begins_anew_with_each_group(rows: list[tuple[int, int, int]]) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    group, t = (np.array([row[i] for row in rows], np.int64) for i in range(2))

    reach = running_max(group, t)

    expected = [max(u for h, u, _ in rows[: at + 1] if h == g) for at, (g, _, _) in enumerate(rows)]
    assert reach.tolist() == expected
