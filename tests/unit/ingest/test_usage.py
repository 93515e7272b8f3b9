"""Token usage of different clients, made alike: the prompt holds what was cached."""

from __future__ import annotations

import pytest

from agenttrace.ingest.usage import Tokens, from_usage


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (
            {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}},
            Tokens(10, 4, None, 3, None),
        ),
        (
            {"input_tokens": 20, "output_tokens": 5, "output_tokens_details": {"reasoning_tokens": 2}},
            Tokens(20, None, None, 5, 2),
        ),
        (
            {"prompt_tokens": 10, "cache_read_input_tokens": 80, "cache_creation_input_tokens": 15},
            Tokens(105, 80, 15, None, None),
        ),
        ({"cache_read_input_tokens": 80}, Tokens(None, None, None, None, None)),
        ({"prompt_tokens": "x", "completion_tokens": -1, "prompt_tokens_details": []}, Tokens()),
    ],
)
def test_it_is_understood_as_it_was_counted(usage: dict[str, object], tokens: Tokens) -> None:
    assert from_usage(usage) == tokens
