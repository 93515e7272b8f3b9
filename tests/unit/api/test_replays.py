"""What a replay says of itself in a program."""

from __future__ import annotations

import agenttrace
from house.repository import ROOT

ONE = ROOT / "sample_traces" / "dynamo" / "fan-out.jsonl"


def test_a_platform_that_does_not_fit_is_part_of_the_line() -> None:
    found = agenttrace.replay_on(ONE, ["h100", "vr-nvl72"], model="kimi-k2-instruct", draws=1)

    assert "h100 does not fit" in repr(found)
    assert "vr-nvl72 " in repr(found)
    assert found.table["platform"].unique().to_list() == ["vr-nvl72"]


def test_a_result_says_what_policies_and_agents_were_set_to() -> None:
    found = agenttrace.replay_on(
        ONE, "b200", model="glm-5", draws=1, settings={"keep": "30s", "fanout": 1}, baseline_replicas=None
    )

    assert found.policies.keep_ns == 30_000_000_000
    assert found.habits.fanout == 1
