"""Which prompts open a turn: what the user adds while an answer is being made belongs to the turn that is open.

The answers that follow name the later prompt as the one that they answer, though they go on with the turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class _Turn:
    prompt: str
    busy_until_ns: int = 0
    added: set[str] = field(default_factory=set)


class Turns:
    """The turn that is open in each session."""

    def __init__(self) -> None:
        """None."""
        self._open: dict[str, _Turn] = {}

    def ask(self, session_id: str, prompt: str, t_ns: int | None) -> str | None:
        """The prompt whose turn this one was added to; None where it opens one."""
        turn = self._open.get(session_id)
        if turn is not None and t_ns is not None and t_ns < turn.busy_until_ns:
            turn.added.add(prompt)
            return turn.prompt
        self._open[session_id] = _Turn(prompt)
        return None

    def asked(self, session_id: str, prompt: str | None) -> str | None:
        """The prompt that opened the turn that an answer to `prompt` belongs to."""
        turn = self._open.get(session_id)
        return turn.prompt if turn is not None and prompt in turn.added else prompt

    def work(self, session_id: str, end_ns: int | None) -> None:
        """An answer was being made, or its tools were running, until then."""
        turn = self._open.get(session_id)
        if turn is not None and end_ns is not None:
            turn.busy_until_ns = max(turn.busy_until_ns, end_ns)
