"""A server told as plainly as it can be: one step after the other, one token after the other."""

from __future__ import annotations

from dataclasses import dataclass, field

from agenttrace.replay.steps import AffineSteps


@dataclass
class Ask:
    """A request: when it comes, its prompt, its answer; those with a lower number at `priority` go first."""

    at: int
    prompt: int
    answer: int
    row: int = 0
    priority: int = 0
    left: int = 0
    past: int = 0
    made: int = 0
    first: float = -1.0
    end: float = -1.0


def _urgency(ask: Ask) -> tuple[int, int]:
    return ask.priority, ask.row


@dataclass
class PlainServer:
    """Limits as in `Limits`; `blocks` of KV cache, nothing of which is shared."""

    times: AffineSteps
    sequences: int
    step_tokens: int
    blocks: int
    block_tokens: int
    most_held: int = 0
    running: list[Ask] = field(default_factory=list)
    waiting: list[Ask] = field(default_factory=list)

    def serve(self, asks: list[Ask]) -> None:
        """Every request gets its first token and its end."""
        coming = sorted(asks, key=lambda ask: ask.at)
        now = 0.0
        while coming or self.waiting or self.running:
            if not self.waiting and not self.running:
                now = max(now, coming[0].at)
            while coming and coming[0].at <= now:
                self.waiting.append(coming.pop(0))
            self.waiting.sort(key=_urgency)
            now += self._step(now)

    def _step(self, now: float) -> float:
        self._make_room()
        self._admit()
        self.most_held = max(self.most_held, self._held() if len(self.running) > 1 else 0)
        decoding = [ask for ask in self.running if not ask.left]
        prefilling = [ask for ask in self.running if ask.left]
        took = self.times.prefill_step_ns if prefilling else 0.0
        room = max(1, self.step_tokens - len(decoding))
        pieces = []
        for ask in prefilling:
            tokens = min(ask.left, room)
            if tokens <= 0:
                break
            took += self.times.prefill(tokens, ask.past)
            room -= tokens
            pieces.append((ask, tokens))
        if decoding:
            fixed, each = self.times.decode(len(decoding))
            took += fixed + each * sum(ask.past + ask.made for ask in decoding)
        for ask in decoding:
            ask.made += 1
        for ask, tokens in pieces:
            ask.left -= tokens
            ask.past += tokens
            if not ask.left:
                ask.made += 1
                ask.first = now + took if ask.first < 0 else ask.first
        for ask in [ask for ask in self.running if not ask.left and ask.made >= ask.answer]:
            ask.end = now + took
            self.running.remove(ask)
        return took

    def _blocks(self, tokens: int) -> int:
        return -(-tokens // self.block_tokens)

    def _held(self) -> int:
        """What is written, and what the next step writes."""
        return sum(self._blocks(ask.past + (ask.left or ask.made)) for ask in self.running)

    def _make_room(self) -> None:
        while len(self.running) > 1:
            if self._held() <= self.blocks:
                return
            last = max(self.running, key=_urgency)
            self.running.remove(last)
            if not last.left:
                last.prompt = last.past + last.made
                last.answer -= last.made
                last.made = 0
            else:
                last.prompt = last.past + last.left
            last.past = last.left = 0
            self.waiting.append(last)
            self.waiting.sort(key=_urgency)

    def _admit(self) -> None:
        decoding = sum(1 for ask in self.running if not ask.left)
        room = self.step_tokens - decoding - sum(ask.left for ask in self.running)
        while self.waiting and len(self.running) < self.sequences and room > 0:
            ask = self.waiting[0]
            if self._held() + self._blocks(ask.prompt) > self.blocks and self.running:
                return
            self.waiting.pop(0)
            ask.left, ask.past = ask.prompt, 0
            self.running.append(ask)
            room -= ask.left
