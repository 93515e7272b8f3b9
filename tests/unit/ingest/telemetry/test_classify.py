"""What the names of spans alone tell."""

import pytest

from agenttrace.ingest.telemetry.roles import BEEAI_EVENT


@pytest.mark.parametrize(
    ("name", "is_event"),
    [
        ("backend.openai.chat.start-14", False),
        ("backend.openai.chat.success-16", True),
        ("tool.search.wikipedia.finish-12", True),
        ("agent.react.partial_update-263", True),
        ("agent.react.start-4", False),
        ("agent.run", False),
        ("chat gpt-4o-2024", False),
    ],
)
def test_events_of_beeai_are_parts_of_the_call_that_starts(name: str, *, is_event: bool) -> None:
    assert (BEEAI_EVENT.match(name) is not None) == is_event
