"""A server with continuous batching: a step decodes one token of each sequence and prefills pieces of prompts.

While nothing is prefilled and nobody joins or leaves, steps follow each other whose time grows evenly with the
context; any number of them is taken at once. So the work does not grow with tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from math import sqrt
from typing import Protocol

from agenttrace.replay.blocks import UNLIMITED, BlockPool
from agenttrace.replay.jobs import Job
from agenttrace.replay.steps import StepTimes


@dataclass(frozen=True, slots=True)
class Limits:
    """What a replica does at once. `sequences`: running ones; `step_tokens`: tokens of one step, decoded or new."""

    sequences: int = UNLIMITED
    step_tokens: int = UNLIMITED
    block_tokens: int = 16


@dataclass(frozen=True, slots=True)
class Below:
    """The tier below a replica's cache: how many blocks it takes, and what it takes to fetch some, ns."""

    blocks: int
    latency_ns: float
    block_ns: float


class Listener(Protocol):
    """Who is told what happens to jobs."""

    def admitted(self, job: Job, now: int) -> None:
        """Its prefill begins."""

    def first_token(self, job: Job, now: int) -> None:
        """Its prefill is over."""

    def passed(self, job: Job, stop: int, now: int) -> None:
        """So many steps were made that `stop` begins."""

    def finished(self, job: Job, now: int) -> None:
        """Its last token is out."""


class Replica:
    """Works on jobs. Whoever drives it calls `submit` and, at the time that both return, `wake`."""

    def __init__(
        self,
        times: StepTimes,
        limits: Limits,
        pool: BlockPool,
        listener: Listener,
        below: Below | None = None,
    ) -> None:
        self._times, self._limits, self.pool, self._listener = times, limits, pool, listener
        self._size = limits.block_tokens
        self._below = below
        self._bounded = pool.capacity < UNLIMITED
        self.version = 0
        self.load_blocks = 0
        self.jobs = 0
        self._waiting: list[tuple[int, int, Job]] = []
        self._prefilling: list[Job] = []
        self._running: dict[int, Job] = {}
        self._decoders: dict[int, Job] = {}
        self._ends: list[tuple[int, int, int, Job, int]] = []
        self._step = self._held_step = 0
        self._decoding = 0
        self._context = 0
        self._began = 0
        self._planned = 0
        self._fixed = self._slope = 0.0
        self._mixed: list[tuple[Job, int]] | None = None
        self._count = 0

    def submit(self, job: Job, now: int) -> int | None:
        """Takes a job. Returns when to wake it now if that changed, else None."""
        self.jobs += 1
        job.order = self._count
        self._count += 1
        job.blocks = -(-job.prompt_tokens // self._size)
        self.load_blocks += job.blocks
        heappush(self._waiting, (job.priority, job.order, job))
        if not self._planned:
            return self._begin(now)
        if self._mixed is None and self._planned > 1 and self._could_admit():
            return self._shorten(now)
        return None

    def wake(self, now: int) -> int | None:
        """Takes the steps that are over now; returns when to wake it next, None while it has nothing to do."""
        self._take_steps(self._planned, now)
        return self._begin(now)

    def _could_admit(self) -> bool:
        job = self._waiting[0][2]
        return len(self._running) < self._limits.sequences and self.pool.fits(
            job.path, self._own_blocks(job), job.path_blocks
        )

    def _shorten(self, now: int) -> int | None:
        """Lets the step that is under way be the last before the next admission."""
        passed = now - self._began
        steps = max(1, min(self._steps_in(passed), self._planned))
        while steps < self._planned and self._length(steps) < passed:
            steps += 1
        while steps > 1 and self._length(steps - 1) >= passed:
            steps -= 1
        if steps == self._planned:
            return None
        self._planned = steps
        self.version += 1
        return self._began + self._length(steps)

    def _length(self, steps: int) -> int:
        return round(steps * self._fixed + self._slope * (steps * (steps - 1) / 2)) or 1

    def _steps_in(self, length_ns: int) -> int:
        """About how many steps take so long: the other way round."""
        first, slope = self._fixed - self._slope / 2, self._slope
        root = sqrt(first * first + 2 * slope * length_ns) + first
        return int(2 * length_ns / root) if root > 0 else self._planned

    def _take_steps(self, steps: int, now: int) -> None:
        step = self._step = self._step + steps
        self._context += self._decoding * steps
        self._planned = 0
        mixed, self._mixed = self._mixed, None
        ends = self._ends
        while ends and ends[0][0] <= step:
            _, _, epoch, job, stop = heappop(ends)
            if epoch != job.epoch:
                continue
            if stop >= 0:
                self._listener.passed(job, stop, now)
            else:
                self._leave(job, now)
        for job, tokens in mixed or ():
            job.left -= tokens
            job.past += tokens
            if not job.left:
                self._answer(job, now)

    def _answer(self, job: Job, now: int) -> None:
        """Prefill is over: its first token is out, and it decodes from now on."""
        self._prefilling.remove(job)
        if job.answered:
            self._count_token(job, now)
        else:
            job.answered = True
            self._listener.first_token(job, now)
        self._decode(job, now)

    def _count_token(self, job: Job, now: int) -> None:
        """What had started over is prefilled again: that gives its next token, as a step would have."""
        job.steps -= 1
        for after, stop in job.stops:
            if after == 1:
                self._listener.passed(job, stop, now)
        job.stops = [(after - 1, stop) for after, stop in job.stops if after > 1]

    def _decode(self, job: Job, now: int) -> None:
        if job.steps <= 0:
            self._finish(job, now)
            return
        job.joined = self._step
        job.ahead = job.past + 1 - self._step
        job.full_at = (job.path_blocks + job.private) * self._size - job.ahead
        self._decoders[job.order] = job
        self._decoding += 1
        self._context += job.past + 1
        for after, stop in job.stops:
            if after > 0:
                heappush(self._ends, (self._step + after, job.order, job.epoch, job, stop))
        heappush(self._ends, (self._step + job.steps, job.order, job.epoch, job, -1))

    def _leave(self, job: Job, now: int) -> None:
        if self._bounded and self._step - 1 > job.full_at:
            # What it has written since it was last counted has pushed others out of the cache.
            more = -((job.full_at - self._step + 1) // self._size)
            job.private += more
            self.pool.grow(more)
        self._stop_decoding(job)
        self._finish(job, now)

    def _stop_decoding(self, job: Job) -> None:
        del self._decoders[job.order]
        self._decoding -= 1
        self._context -= job.ahead + self._step

    def _finish(self, job: Job, now: int) -> None:
        del self._running[job.order]
        self.jobs -= 1
        self.load_blocks -= job.blocks
        self.pool.release(job.path, job.private, now)
        self._listener.finished(job, now)

    def _begin(self, now: int) -> int | None:
        """Admits what fits and plans the next steps."""
        self._began = now
        if self._bounded:
            self._hold_a_step(now)
        if self._waiting:
            self._admit(now)
        self.version += 1
        if self._prefilling:
            self._plan_mixed()
        elif self._decoding:
            self._plan_decode()
        else:
            return None
        if self._planned == 1:
            return now + (round(self._fixed) or 1)
        return now + self._length(self._planned)

    def _admit(self, now: int) -> None:
        room = self._limits.step_tokens - self._decoding - sum(job.left for job in self._prefilling)
        while self._waiting and len(self._running) < self._limits.sequences and room > 0:
            job = self._waiting[0][2]
            private = self._own_blocks(job)
            if not self.pool.fits(job.path, private, job.path_blocks) and self._running:
                return
            heappop(self._waiting)
            self._start(job, private, now)
            room -= job.left

    def _own_blocks(self, job: Job) -> int:
        return max(0, -(-job.prompt_tokens // self._size) - job.path_blocks)

    def _start(self, job: Job, private: int, now: int) -> None:
        """The last token of a prompt is always computed, and only whole blocks are found."""
        if job.arrived:
            self._start_arrived(job, private, now)
            return
        size = self._size
        hit = self.pool.match(job.path, now) * size if job.path else job.told_hit
        most = (job.prompt_tokens - 1) // size * size
        if self._below is not None and job.path and (more := self.pool.match_below(job.path)):
            job.loading = self._below.latency_ns + more * self._below.block_ns
            hit += more * size
        hit = max(0, min(hit, most))
        if not job.answered:
            job.hit_tokens = hit
            self._listener.admitted(job, now)
        job.left = max(1, job.prompt_tokens - hit)
        job.past = job.prompt_tokens - job.left
        job.private = private
        self.pool.pin(job.path, private)
        self._running[job.order] = job
        self._prefilling.append(job)

    def _start_arrived(self, job: Job, private: int, now: int) -> None:
        """Nothing is left to prefill: it decodes at once."""
        job.left, job.past, job.private = 0, job.prompt_tokens, private
        self.pool.pin(job.path, private)
        self._running[job.order] = job
        self._decode(job, now)

    def _plan_mixed(self) -> None:
        """One step: a token for each decoding sequence, and as much of the prompts as its budget allows."""
        times = self._times
        room = max(1, self._limits.step_tokens - self._decoding)
        took: list[tuple[Job, int]] = []
        length = times.prefill_beside if self._decoding else times.prefill_start
        for job in self._prefilling:
            tokens = min(job.left, room)
            if tokens <= 0:
                break
            length += times.prefill(tokens * job.effort, job.past) + job.loading
            job.loading = 0.0
            took.append((job, tokens))
            room -= tokens
        if self._decoding:
            fixed, each = times.decode(self._decoding)
            length += fixed + each * self._context
        self._fixed, self._slope, self._planned, self._mixed = length, 0.0, 1, took

    def _plan_decode(self) -> None:
        fixed, each = self._times.decode(self._decoding)
        self._fixed, self._slope = fixed + each * self._context, each * self._decoding
        while self._ends[0][2] != self._ends[0][3].epoch:
            heappop(self._ends)
        steps = self._ends[0][0] - self._step
        if self._bounded:
            steps = self._steps_that_fit(steps)
        self._planned = max(1, steps)

    def _more_blocks(self, steps: int) -> int:
        """Blocks that decoding sequences need beyond what they hold, after so many further steps.

        The cache of the token that a step gives is written by the next one.
        """
        size, step = self._size, self._step + steps - 1
        return sum(-((job.full_at - step) // size) for job in self._decoders.values() if step > job.full_at)

    def _steps_that_fit(self, steps: int) -> int:
        if len(self._running) == 1:  # it is never put back, and served even where it does not fit
            return steps
        free = self.pool.capacity - self.pool.pinned
        if self._decoding * (steps // self._size + 2) <= free:
            return steps
        low, high = 0, steps
        while low < high:
            middle = (low + high + 1) // 2
            if self._more_blocks(middle) <= free:
                low = middle
            else:
                high = middle - 1
        return low

    def _hold_a_step(self, now: int) -> None:
        """Takes the blocks that were written, and those that the next step writes, before others are admitted.

        While these are more than there are, the least urgent one starts over, but never the only one.
        """
        pool, step, size = self.pool, self._step, self._size
        most = self._decoding * ((step - self._held_step) // size + 2)
        while len(self._running) > 1 and most > pool.capacity - pool.pinned < self._more_blocks(1):
            self._put_back(self._least_urgent(), now)
        self._held_step = step
        more = 0
        for job in self._decoders.values():
            if step > job.full_at:
                grown = -((job.full_at - step) // size)
                job.private += grown
                job.full_at += grown * size
                more += grown
        if more:
            pool.grow(more)

    def _least_urgent(self) -> Job:
        """Of those that run the one of the lowest priority; of several, the one that came last."""
        return max(self._running.values(), key=lambda job: (job.priority, job.order))

    def _put_back(self, job: Job, now: int) -> None:
        """What it has generated becomes part of what has to be prefilled again."""
        del self._running[job.order]
        self.pool.release(job.path, job.private, now)
        if job in self._prefilling:
            self._prefilling.remove(job)
        else:
            made = self._step - job.joined
            self._stop_decoding(job)
            job.prompt_tokens = job.ahead + self._step
            job.steps -= made
            job.stops = [(after - made, stop) for after, stop in job.stops if after > made]
        job.epoch += 1
        job.arrived = False
        heappush(self._waiting, (job.priority, job.order, job))
