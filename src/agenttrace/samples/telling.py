"""Plays a script: the main agent's turns, what the user does between them, and the compaction."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from agenttrace.samples.contexts import plan_contexts
from agenttrace.samples.identifiers import Identifiers
from agenttrace.samples.playing import WORKERS, Ask, Spawn, Stage, ToolPlan, ask_model, whole_blocks
from agenttrace.samples.script import SCRIPTS
from agenttrace.samples.story import (
    MAIN_TYPE,
    MILLISECOND,
    SECOND,
    Agent,
    Compaction,
    FailedAttempt,
    Interaction,
    MissReason,
    Notification,
    Request,
    Story,
    ToolCall,
)
from agenttrace.samples.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agenttrace.samples.contexts import TurnTokens
    from agenttrace.samples.script import FanOut, Script

_MAIN_TOOLS = (
    ("Read", 0.3),
    ("Bash", 0.27),
    ("Grep", 0.17),
    ("Edit", 0.18),
    ("Glob", 0.05),
    ("WebFetch", 0.03),
)
_COMPACTION_PROMPT_TOKENS = 180
_WALL_SLACK_NS = 8 * SECOND


@lru_cache(maxsize=8)
def tell(name: str, seed: int) -> Story:
    """The story of a sample; a script that sets a wall time gets the pace of its machines from it."""
    script = SCRIPTS[name]
    story = _Narrator(script, seed, 1.0).tell()
    if script.wall_s is None:
        return story
    late_ns = Random(f"{name}/{seed}/wall").randrange(SECOND, _WALL_SLACK_NS)  # noqa: S311 - not secret
    user_ns = _user_ns(story)
    pace = (script.wall_s * SECOND + late_ns - user_ns) / (story.end_ns - user_ns)
    return _Narrator(script, seed, pace).tell()


def _user_ns(story: Story) -> int:
    thought = sum(after.prompt_ns - before.end_ns for before, after in pairwise(story.interactions))
    return thought + sum(each.dialog_ns for each in story.interactions)


class _Narrator:
    """One performance of a script; `tell` may be called once."""

    def __init__(self, script: Script, seed: int, pace: float) -> None:
        self._script = script
        self._timing = Timing(f"{script.name}/{seed}/time", pace)
        self._ids = Identifiers(f"{script.name}/{seed}/ids")
        self._stage = Stage(self._timing, self._ids)
        self._session_id = self._ids.uuid()
        self._tokens = plan_contexts(script, self._timing)
        self._requests: list[Request] = []
        self._interactions: list[Interaction] = []
        self._compactions: list[Compaction] = []
        self._notifications: list[Notification] = []
        self._launched: list[ToolCall] = []
        self._now_ns = 0

    def tell(self) -> Story:
        turn = 0
        for sequence, count in enumerate(self._script.prompts, start=1):
            if sequence > 1:
                self._now_ns += self._timing.thinking_ns()
            turn = self._play_interaction(sequence, turn + 1, turn + count)
        return Story(
            name=self._script.name,
            session_id=self._session_id,
            end_ns=self._now_ns,
            main=self._main_agent(),
            interactions=tuple(self._interactions),
            compactions=tuple(self._compactions),
            notifications=tuple(self._notifications),
        )

    def _main_agent(self) -> Agent:
        return Agent(
            agent_id=self._session_id,
            agent_type=MAIN_TYPE,
            label=MAIN_TYPE,
            parent_id=None,
            depth=0,
            background=False,
            static_tokens=self._script.static_tokens,
            start_ns=0,
            end_ns=self._requests[-1].end_ns,
            requests=tuple(self._requests),
        )

    def _play_interaction(self, sequence: int, first_turn: int, last_turn: int) -> int:
        prompt_ns = self._now_ns
        prompt_id = self._ids.uuid()
        played = len(self._requests)
        self._now_ns += self._timing.harness_ns(0.15)
        for turn in range(first_turn, last_turn + 1):
            self._play_turn(turn)
            self._now_ns += self._timing.harness_ns()
        asked = [tool for request in self._requests[played:] for tool in request.tools if tool.asks_user]
        self._interactions.append(
            Interaction(
                sequence=sequence,
                prompt_id=prompt_id,
                prompt_ns=prompt_ns,
                end_ns=self._now_ns,
                dialog_ns=sum(tool.start_ns - tool.asked_ns for tool in asked),
                first_turn=first_turn,
                last_turn=last_turn,
            )
        )
        return last_turn

    def _play_turn(self, turn: int) -> None:
        tokens = self._tokens[turn - 1]
        failed = self._fail_once() if turn == self._script.retries_at else None
        cached, miss = self._cached(turn)
        request = ask_model(
            self._stage,
            Ask(
                agent_id=self._session_id,
                turn=turn,
                start_ns=failed.end_ns + failed.backoff_ns if failed else self._now_ns,
                input_tokens=tokens.input,
                cache_read_tokens=cached,
                output_tokens=tokens.output,
                worker=self._worker(turn),
                tools=tuple(self._plan_tools(turn, tokens)),
                opens_chain=miss in {"cold", "compaction"},
                miss=miss,
                failed=failed,
            ),
        )
        self._add(request)
        self._launched += [tool for tool in request.tools if tool.background]
        self._now_ns = request.settled_ns
        if turn == self._script.compacts_after:
            self._compact(turn)

    def _add(self, request: Request) -> None:
        """The request carries the news of every background agent that has ended by now."""
        self._requests.append(request)
        for tool in list(self._launched):
            queued_ns = tool.child.end_ns + 12 * MILLISECOND if tool.child else 0
            if tool.child and queued_ns <= request.sent_ns:
                self._launched.remove(tool)
                news = Notification(
                    agent=tool.child, call_id=tool.call_id, queued_ns=queued_ns, delivered_ns=request.sent_ns
                )
                self._notifications.append(news)

    def _cached(self, turn: int) -> tuple[int, MissReason | None]:
        if turn == 1:
            return 0, "cold"
        if turn == self._script.evicted_at:
            return 0, "evicted"
        if turn - 1 == self._script.compacts_after:
            return whole_blocks(self._script.static_tokens), "compaction"
        return whole_blocks(self._requests[-1].input_tokens), None

    def _worker(self, turn: int) -> int:
        """An eviction comes with a move to another worker, where the session then stays."""
        return 2 if self._script.evicted_at and turn >= self._script.evicted_at else 0

    def _fail_once(self) -> FailedAttempt:
        end_ns = self._now_ns + self._timing.refusal_ns()
        return FailedAttempt(
            start_ns=self._now_ns, end_ns=end_ns, backoff_ns=self._timing.backoff_ns(), status_code=529
        )

    def _plan_tools(self, turn: int, tokens: TurnTokens) -> Iterator[ToolPlan]:
        script = self._script
        fan_out = script.fan_outs.get(turn)
        if fan_out:
            yield from _spawns(fan_out, tokens.results)
            return
        if turn in script.closing_turns:
            return
        names = script.tools.get(turn) or self._pick_tools()
        for position, name in enumerate(names):
            yield ToolPlan(
                name=name,
                result_tokens=_share(tokens.results, position, len(names)),
                failed=turn in script.failing_tools and name == "Bash",
                asks_user=turn == script.asks_permission_at,
                slow_test=turn == script.slow_test_at,
            )

    def _pick_tools(self) -> tuple[str, ...]:
        count = self._timing.random.choices((1, 2, 3, 4), (0.44, 0.31, 0.18, 0.07))[0]
        return self._timing.pick(_MAIN_TOOLS, count)

    def _compact(self, turn: int) -> None:
        timing, before = self._timing, self._requests[-1]
        start_ns = self._now_ns + timing.harness_ns(0.03)
        plan = self._tokens[turn - 1]
        tokens_before = plan.input + plan.output + plan.results
        agent_id = "acompact-" + self._ids.hexadecimal(6)
        ask = Ask(
            agent_id=self._session_id,
            turn=turn,
            start_ns=start_ns,
            input_tokens=tokens_before + _COMPACTION_PROMPT_TOKENS,
            cache_read_tokens=whole_blocks(before.input_tokens),
            output_tokens=timing.random.randrange(2_500, 2_800),
            worker=before.worker,
            compacts=True,
        )
        request = ask_model(self._stage, ask)
        self._requests.append(request)
        self._now_ns = request.end_ns + timing.harness_ns(0.3)
        self._compactions.append(
            Compaction(
                agent_id=agent_id,
                start_ns=start_ns,
                end_ns=self._now_ns,
                tokens_before=tokens_before,
                tokens_after=self._tokens[turn].input,
                request=request,
            )
        )


def _spawns(fan_out: FanOut, result_tokens: int) -> Iterator[ToolPlan]:
    width = len(fan_out.branches)
    for position, branch in enumerate(fan_out.branches):
        spawn = Spawn(
            branch=branch,
            agent_type=fan_out.agent_type,
            worker=(position + 1) % WORKERS,
            width=width,
            depth=1,
            background=fan_out.background,
        )
        yield ToolPlan(name="Agent", result_tokens=_share(result_tokens, position, width), spawn=spawn)


def _share(tokens: int, position: int, parts: int) -> int:
    """Part number `position` of so many tokens, in parts that differ by one at most."""
    return tokens * (position + 1) // parts - tokens * position // parts
