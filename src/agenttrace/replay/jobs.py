"""A request while a server works on it."""

from __future__ import annotations

from collections.abc import Sequence


class Job:
    """One request on its way through a replica.

    `prompt_tokens` to prefill, of which a prefix may be cached; `steps`: decode steps after its first token.
    `stops`: steps after which something else begins (a tool called while the answer is written), and what.
    `effort`: how much longer its prefill takes than the model says. `arrived`: its cache comes from another
    replica, that has prefilled it; `goes_on`: it is prefilled here and goes on to such another one. `loading`: ns
    that its cache takes on the way from the tier below. While it decodes: `joined`, the replica's step at which it
    began; `ahead`, its context less the replica's steps; `full_at`, the step at which all its blocks are full.
    """

    __slots__ = (
        "ahead",
        "answered",
        "arrived",
        "blocks",
        "effort",
        "epoch",
        "full_at",
        "goes_on",
        "hit_tokens",
        "joined",
        "left",
        "loading",
        "order",
        "past",
        "path",
        "path_blocks",
        "priority",
        "private",
        "prompt_tokens",
        "row",
        "steps",
        "stops",
        "told_hit",
    )

    def __init__(
        self, row: int, prompt_tokens: int, steps: int, path: Sequence[int], path_blocks: int
    ) -> None:
        """`path`: its prompt's segments, `path_blocks` blocks in sum; empty where they are not known."""
        self.row = row
        self.prompt_tokens = prompt_tokens
        self.steps = steps
        self.path = path
        self.path_blocks = path_blocks
        self.told_hit = 0
        self.priority = 0
        self.effort = 1.0
        self.stops: Sequence[tuple[int, int]] = ()
        self.order = 0
        self.answered = False
        self.arrived = False
        self.goes_on = False
        self.loading = 0.0
        self.hit_tokens = 0
        self.left = 0
        self.past = 0
        self.joined = 0
        self.ahead = 0
        self.full_at = 0
        self.epoch = 0
        self.private = 0
        self.blocks = 0
