"""Which trajectory is whose: subagents, summaries and continuations, in one file or in several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from agenttrace.ingest import fields
from agenttrace.ingest.formats.atif.documents import (
    Trajectory,
    base_session,
    find_trajectories,
    lane_of,
    read_trajectory,
)
from agenttrace.ingest.formats.atif.keys import call_key, step_key
from agenttrace.ingest.formats.atif.steps import Reference, Step
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


class Family:
    """All trajectories of a file."""

    def __init__(self, top: Sequence[Trajectory], source: Source, recorder: Recorder) -> None:
        """`top`: those that are embedded in no other."""
        self._source = source
        self._recorder = recorder
        self.all = list(_with_embedded(top))

    def record(self) -> None:
        """Agents and what belongs together; tells the children of this file where they were spawned."""
        for trajectory in self.all:
            before_ns: int | None = None
            for step in trajectory.new_steps:
                spawned_ns = before_ns if trajectory.stamped_late else step.t_ns
                self._record_step(trajectory, step, spawned_ns)
                before_ns = step.t_ns if step.t_ns is not None else before_ns
        for trajectory in self.all:
            self._record_self(trajectory)

    def resolved(self, trajectory: Trajectory, references: Sequence[Reference]) -> list[Trajectory]:
        """Those of the references that are in this file."""
        found = (self._find(trajectory, reference) for reference in references)
        return [child for child in found if child is not None]

    def _record_step(self, trajectory: Trajectory, step: Step, spawned_ns: int | None) -> None:
        for reference in step.references:
            self._record_child(trajectory, reference, step_key(trajectory, step), spawned_ns, step)
        for call in step.calls:
            key = call_key(trajectory, step, call)
            at_ns = call.ran.start_ns if call.ran.start_ns is not None else spawned_ns
            for reference in call.references:
                self._record_child(trajectory, reference, key, at_ns, step)

    def _record_child(
        self, parent: Trajectory, reference: Reference, spawn_key: str, spawned_ns: int | None, step: Step
    ) -> None:
        """Who makes a summary is no subagent: it works for the compaction, in its parent's lane."""
        child = self._find(parent, reference)
        if child is None:
            self._record_elsewhere(parent, reference, spawn_key, summarises=step.summarises)
            return
        child.spawned_ns = child.spawned_ns if child.spawned_ns is not None else spawned_ns
        if step.summarises:
            child.summarises, child.lane = True, parent.lane
            self._join(parent, child.session)
        else:
            self._record_agent(parent, child.session, child.lane, spawn_key, child.agent_name)

    def _record_elsewhere(
        self, parent: Trajectory, reference: Reference, spawn_key: str, *, summarises: bool
    ) -> None:
        """In another file: known by its session, or by what the file says that the reference names."""
        session = reference.session_id
        trajectory_id = reference.trajectory_id
        if session is None:
            beside = self._beside(reference.path)
            if beside is None and trajectory_id is None:
                what = "a subagent's trajectory that is named by its file alone, which is not there"
                self._recorder.finding("unresolved_reference", Severity.INFO, what, line=parent.line)
                return
            session = beside.own_session if beside is not None else None
            trajectory_id = trajectory_id or (beside.trajectory_id if beside is not None else None)
        session = base_session(session) if session is not None else parent.session
        if summarises:
            self._join(parent, session)
        else:
            self._record_agent(parent, session, lane_of(session, trajectory_id), spawn_key, None)

    def _record_agent(
        self, parent: Trajectory, session: str, lane: str | None, spawn_key: str, name: str | None
    ) -> None:
        self._join(parent, session)
        if lane is not None and lane != parent.lane:
            self._recorder.agent(
                session_key=f"atif:{session}",
                agent_key=lane,
                parent_agent_key=parent.lane,
                main=False,
                name=name,
                spawn_key=spawn_key,
            )

    def _record_self(self, trajectory: Trajectory) -> None:
        """What it says of itself; of a child that no step refers to, only whose it is."""
        above = trajectory.inside.lane if trajectory.inside is not None else None
        if trajectory.parent_session is not None:
            self._join(trajectory, trajectory.parent_session)
            above = above or lane_of(base_session(trajectory.parent_session), None)
        if trajectory.summarises:
            trajectory.lane = above or trajectory.lane
        elif trajectory.lane is not None:
            self._recorder.agent(
                session_key=trajectory.session_key,
                agent_key=trajectory.lane,
                parent_agent_key=above if above != trajectory.lane else None,
                name=trajectory.agent_name,
            )
        if trajectory.inside is not None:
            self._join(trajectory, trajectory.inside.session)
        if trajectory.scoped:
            self._recorder.same_session(
                trajectory.session_key, f"atof:{trajectory.own_session or trajectory.session}"
            )
        if trajectory.continued_in is not None:
            beside = self._beside(trajectory.continued_in)
            if beside is not None and beside.own_session is not None:
                self._join(trajectory, beside.session)

    def _join(self, trajectory: Trajectory, session: str) -> None:
        if session != trajectory.session:
            self._recorder.same_session(trajectory.session_key, f"atif:{session}")

    def _find(self, parent: Trajectory, reference: Reference) -> Trajectory | None:
        """By its own id among those embedded beside it, then anywhere; by its session where that is all."""
        if reference.trajectory_id is not None:
            for among in (parent.children, self.all):
                for one in among:
                    if one.trajectory_id == reference.trajectory_id and one is not parent:
                        return one
        if reference.trajectory_id is None and reference.session_id is not None:
            named = (one for one in self.all if one.own_session == reference.session_id)
            return next((one for one in named if one.session != parent.session), None)
        return None

    def _beside(self, path: str | None) -> Trajectory | None:
        """The trajectory in a file of that name in the same folder."""
        name = PurePosixPath(path).name if path else ""
        if not name or name in (".", "..") or fields.text(name) is None or "\\" in name or "\0" in name:
            return None
        content = self._source.sibling(name)
        held = next(find_trajectories(parsed(content)), None) if content else None
        return read_trajectory(held, 1) if held is not None else None


def _with_embedded(trajectories: Sequence[Trajectory]) -> Iterator[Trajectory]:
    for trajectory in trajectories:
        yield trajectory
        yield from _with_embedded(trajectory.children)
