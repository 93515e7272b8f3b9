"""Sessions that do not fit a cache together: time to first token explodes, and by nothing else."""

from dataclasses import replace

import pytest

from agentx_curve import calibrated, h200_apart, plays, seen


@pytest.mark.parametrize("seed", [1, 2])
def test_the_explosion_comes_between_four_and_five_sessions_and_only_where_the_cache_ends(seed: int) -> None:
    workload = plays(32, seed)
    served = calibrated(workload, h200_apart()).served
    one, four, five, eight = (seen(workload, served, lanes).ttft_s for lanes in (1, 4, 5, 8))
    assert one == pytest.approx(1.3, rel=0.02)
    assert four < 3 * one
    assert five > 5 * four
    assert eight > 2 * five
    endless = replace(served, kv_blocks=None)
    assert seen(workload, endless, 8).ttft_s < 1.2 * one
    # Decoding is apart, and hardly suffers.
    assert seen(workload, served, 8).itl_ms < 40
