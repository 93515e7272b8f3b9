"""What is learnt of software and models beside the physics."""

from __future__ import annotations

import numpy as np
import pytest

from agenttrace.replay.modelling.correction import Circumstances, learn

_ALONE = 8.0


def _setting(
    backend: str, model: str, *, hardware: str = "one", concurrency: float = _ALONE
) -> Circumstances:
    return Circumstances(
        hardware,
        backend,
        model,
        "fp8",
        concurrency,
        4.0,
        1024.0,
        1024.0,
        expert_parallel=False,
        data_parallel=False,
    )


def _learnt(rows: list[tuple[Circumstances, float]], asked: Circumstances) -> float:
    correction = learn([of for of, _ in rows], np.array([ratio for _, ratio in rows]))
    return float(correction.factors([asked])[0])


def test_a_model_that_one_server_is_slow_with_is_not_taken_for_slow_on_another() -> None:
    rows = [(_setting("quick", "large"), 1.0)] * 24
    rows += [(_setting("quick", "small"), 1.0)] * 60 + [(_setting("slow", "small"), 1.0)] * 60
    rows += [(_setting("slow", "large"), 2.0)] * 60
    assert _learnt(rows, _setting("quick", "large", hardware="other")) == pytest.approx(1.0, abs=0.1)
    assert _learnt(rows, _setting("slow", "large", hardware="other")) > 1.4


def test_many_loads_of_one_setting_do_not_outweigh_few_of_another() -> None:
    rows = [(_setting("a", "m", hardware="often"), 1.0)] * 100
    rows += [(_setting("a", "m", hardware=f"seldom {place}"), 2.0) for place in range(30)]
    assert _learnt(rows, _setting("a", "m", hardware="other")) > 1.25


def test_a_model_that_was_hardly_seen_is_left_to_the_physics() -> None:
    rows = [(_setting("a", "known"), 2.0)] * 40 + [(_setting("a", "rare"), 2.0)] * 3
    assert _learnt(rows, _setting("a", "rare")) == 1.0
    assert _learnt(rows, _setting("a", "never")) == 1.0
    assert _learnt(rows, _setting("a", "known")) > 1.2
