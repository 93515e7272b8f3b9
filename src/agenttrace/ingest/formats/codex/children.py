"""Subagents as their parent sees them: which call spawned each, and when news of it came.

Up to 0.13x the result of the spawning call names the thread, and a wait names those that it found finished.
Later an event names thread and path, and news comes as messages from that path.
"""

from __future__ import annotations

from agenttrace.ingest import fields
from agenttrace.ingest.formats.codex.collected import Call, Child, Rollout
from agenttrace.ingest.formats.codex.lane import Lane
from agenttrace.ingest.formats.codex.lines import EVENT, ITEM, Record
from agenttrace.ingest.formats.codex.outputs import finished_agents, finished_threads, spawned_agent

_SPAWNED = f"{EVENT}/collab_agent_spawn_end"
_ACTIVITY = f"{EVENT}/sub_agent_activity"
_WAITED = f"{EVENT}/collab_waiting_end"
_MESSAGE = f"{ITEM}/agent_message"
_SPAWNING = frozenset({"spawn_agent", "resume_agent"})
_WAITING = frozenset({"wait_agent", "wait"})


class Children:
    """The subagents that one thread spawned."""

    def __init__(self, rollout: Rollout, lane: Lane) -> None:
        """None yet."""
        self._rollout = rollout
        self._lane = lane
        self._by_path: dict[str, str] = {}

    def result(self, call: Call, record: Record) -> None:
        """The result of a call may name an agent, or several."""
        output = record.body.get("output")
        if call.name in _SPAWNING:
            thread, name = spawned_agent(output)
            if thread is not None:
                self._add(thread, call, name, None)
        elif call.name in _WAITING:
            self._awaited(call, finished_agents(output))

    def event(self, record: Record) -> None:
        """An event, or a message, of a subagent."""
        body = record.body
        call = self._rollout.calls.get(
            fields.text(body.get("call_id")) or fields.text(body.get("event_id")) or ""
        )
        if record.kind == _SPAWNED:
            name, role = (fields.text(body.get(f"new_agent_{part}")) for part in ("nickname", "role"))
            self._add(fields.text(body.get("new_thread_id")), call, name, role)
        elif record.kind == _ACTIVITY:
            thread, path = fields.text(body.get("agent_thread_id")), fields.text(body.get("agent_path"))
            if thread is not None and path is not None:
                self._by_path[path] = thread
            if body.get("kind") == "started":
                self._add(thread, call, path, None)
        elif record.kind == _WAITED and call is not None:
            self._awaited(call, finished_threads(body.get("statuses")))
        elif record.kind == _MESSAGE:
            thread = self._by_path.get(fields.text(body.get("author")) or "")
            if thread is None:
                self._lane.input(record.t_ns)
            else:
                self._lane.message(thread, record.t_ns)

    def _add(self, thread: str | None, call: Call | None, name: str | None, role: str | None) -> None:
        if thread is None or thread == self._rollout.thread.id:
            return
        child = self._rollout.children.setdefault(thread, Child(thread))
        child.call, child.name, child.role = child.call or call, child.name or name, child.role or role

    def _awaited(self, call: Call, threads: list[str]) -> None:
        call.awaited += [thread for thread in threads if thread not in call.awaited]
