"""Plays of coding agents as AgentX has them, by what is published of their marginals, as an Agentic Mooncake file.

Published: a median of 48 requests a play, of 109,903 tokens a prompt, of 218 an answer, of 10 s between an answer and
the next prompt, of 96 % of a prompt cached; a play is entered somewhere between a quarter and three quarters of it.
No two plays share a prefix.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

BLOCK_TOKENS = 64
_REQUESTS, _ANSWER, _THINK_MS = 48, 218, 10_000
_FIRST, _LAST = 20_000, 195_000
_LONGEST_THINK_MS = 60_000


def write_plays(file: Path, plays: int, seed: int) -> None:
    """So many plays; the same seed gives the same file."""
    random = np.random.default_rng([seed, 11])
    head = {
        "schema": "dynamo.agentic_mooncake",
        "version": 2,
        "block_size": BLOCK_TOKENS,
        "hash_id_scope": "local",
        "source": {"format": "generated", "digest": f"agentx-{seed}"},
    }
    with file.open("w", encoding="utf-8") as out:
        out.write(json.dumps(head) + "\n")
        for play in range(plays):
            for row in _play(play, random):
                out.write(json.dumps(row) + "\n")


def _play(play: int, random: np.random.Generator) -> list[dict[str, object]]:
    count = int(np.clip(random.lognormal(np.log(_REQUESTS), 0.5), 12, 200))
    last = _LAST * float(np.clip(random.lognormal(0.0, 0.15), 0.7, 1.4))
    grown = random.lognormal(0.0, 1.0, count)
    prompts = (_FIRST + (last - _FIRST) * np.cumsum(grown) / grown.sum()).astype(int)
    answers = np.clip(random.lognormal(np.log(_ANSWER), 1.1, count), 8, 8_000).astype(int)
    thinks = np.minimum(random.lognormal(np.log(_THINK_MS), 0.8, count), _LONGEST_THINK_MS)
    begin = int(count * random.uniform(0.25, 0.75))
    rows: list[dict[str, object]] = []
    for place in range(begin, count):
        blocks = -(-int(prompts[place]) // BLOCK_TOKENS)
        row: dict[str, object] = {
            "request_id": f"{play}-{place}",
            "play_id": f"play-{play}",
            "session_id": f"main-{play}",
            "model": "glm-5-2",
            "input_length": int(prompts[place]),
            "output_length": int(answers[place]),
            "hash_ids": [play * 10_000_000 + block for block in range(blocks)],
        }
        if place == begin:
            row["not_before_ms"] = 0.0
        else:
            wait = {"request_id": f"{play}-{place - 1}", "trigger": "completion", "relation": "sequence"}
            row["dependencies"] = [{**wait, "delay_ms": round(float(thinks[place]), 1)}]
        rows.append(row)
    return rows
