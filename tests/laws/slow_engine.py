"""The engine once more, slowly: the rules one span at a time, with nothing shared with the fast one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, Phase, SpanKind

TOLERANCE = 2_000_000
GRADES = [word.value for word in Evidence]
PHASES = [word.value for word in Phase]
KINDS = [word.value for word in SpanKind]
GATE_PHASES = {"user", "suspended", "backoff"}

Row = dict[str, Any]
Event = tuple[Any, ...]


def worst(*grades: str | None) -> str:
    return GRADES[max(GRADES.index(grade or "unknown") for grade in grades)]


@dataclass
class Wait:
    """One thing that an event waits for."""

    event: Event
    known: str
    backoff: bool = False


@dataclass
class Slow:
    """One session, analysed."""

    spans: dict[int, Row]
    links: list[Row]
    marks: dict[int, Row]
    background: set[int]
    found: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.detachable = {
            number for number, span in self.spans.items() if not span["blocking"] or number in self.background
        }
        self.join: dict[int, int] = {}
        self._repair()
        for mark in self.marks.values():
            self.found["mark_outside"] += self._mark_time(mark) != mark["t_ns"]
        self._divide()
        self._resolve()
        self._wait()

    # Containment

    def _repair(self) -> None:
        for number, span in self.spans.items():
            span["before"] = (span["start_ns"], span["end_ns"])
            if number and (span["parent"] not in self.spans or span["parent"] == number):
                self._make_orphan(span)
        for number in [number for number in self.spans if self._is_in_cycle(number)]:
            self._make_orphan(self.spans[number])
        for number in sorted(self.spans, key=lambda one: len(self._ancestors(one))):
            if number:
                self._repair_one(number, self.spans[number])

    def _make_orphan(self, span: Row) -> None:
        span["parent"] = 0
        self.found["parent_missing"] += 1

    def _is_in_cycle(self, number: int) -> bool:
        """Or below one."""
        seen = set()
        while number and number not in seen:
            seen.add(number)
            number = self.spans[number]["parent"]
        return number != 0

    def _ancestors(self, number: int) -> list[int]:
        found = []
        while number:
            number = self.spans[number]["parent"]
            found.append(number)
        return found

    def _repair_one(self, number: int, span: Row) -> None:
        self._reattach(number, span)
        parent = self.spans[span["parent"]]
        if not span["parent"]:
            self._hold_to_session(span, parent)
        if span["start_ns"] < parent["start_ns"]:
            self.found["child_start_clipped"] += 1
            span["start_ns"] = parent["start_ns"]
        if span["end_ns"] > parent["end_ns"] and span["start_ns"] < parent["end_ns"]:
            self._settle_end(number, span)

    def _reattach(self, number: int, span: Row) -> None:
        parent, start, end = self.spans[span["parent"]], span["start_ns"], span["end_ns"]
        before = end <= parent["start_ns"] and start < parent["start_ns"]
        after = start >= parent["end_ns"] and end > parent["end_ns"]
        if not span["parent"] or not (before or after):
            return
        self.found["child_before_parent" if before else "child_after_parent"] += 1
        ancestors = self._ancestors(number)
        running = [above for above in ancestors if self._runs_with(self.spans[above], span)]
        span["parent"] = (running or ancestors[-1:])[0]

    def _runs_with(self, one: Row, span: Row) -> bool:
        ends_inside = span["start_ns"] < one["end_ns"] or span["end_ns"] <= one["end_ns"]
        return bool(one["start_ns"] <= span["start_ns"] and ends_inside)

    def _hold_to_session(self, span: Row, session: Row) -> None:
        if span["end_ns"] <= session["start_ns"] and span["start_ns"] < session["start_ns"]:
            self.found["before_session"] += 1
            span["start_ns"] = span["end_ns"] = session["start_ns"]
        if span["end_ns"] > session["end_ns"] + TOLERANCE:
            self.found["past_session_end"] += 1

    def _settle_end(self, number: int, span: Row) -> None:
        ancestors = self._ancestors(number)
        if span["end_ns"] <= self.spans[ancestors[0]]["end_ns"] + TOLERANCE:
            self.found["child_end_clipped"] += 1
            span["end_ns"] = self.spans[ancestors[0]]["end_ns"]
            return
        if not ancestors[0]:
            return
        self.found["outlives_parent"] += 1
        same_lane = span["agent"] == self.spans[ancestors[0]]["agent"]
        given_up = span["purpose"] == "failed_attempt"
        if not span["blocking"] or given_up or not (same_lane or number not in self.detachable):
            return
        for above in ancestors:
            one = self.spans[above]
            if span["end_ns"] <= one["end_ns"] + TOLERANCE:
                self.join[number] = above
                if span["end_ns"] > one["end_ns"]:
                    self.found["child_end_clipped"] += 1
                    span["end_ns"] = one["end_ns"]
                return
            if above in self.detachable:
                return

    # Phases

    def _told(self, span: Row) -> bool:
        facts = ("queue_ns", "prefill_ns", "first_token_ns", "decode_ns")
        return (
            span["kind"] in {"request", "other"}
            and span["own_phase"] is None
            and any(span[fact] is not None for fact in facts)
        )

    def _plain(self, span: Row) -> bool:
        return span["kind"] == "other" and span["own_phase"] is None and not self._told(span)

    def _holder(self, number: int) -> Row:
        for above in self._ancestors(number):
            if not self._plain(self.spans[above]):
                return self.spans[above]
        return self.spans[0]

    def _divide(self) -> None:
        seen_twice = set()
        for number, span in self.spans.items():
            holder = self._holder(number)
            if number and self._told(span) and (holder["kind"] == "request" or self._told(holder)):
                seen_twice.add(holder["span"])
        self.cuts: dict[int, list[Row]] = {}
        self.whole: dict[int, str] = {}
        for number, span in self.spans.items():
            if self._told(span) and number not in seen_twice:
                self.cuts[number] = self._cut(span)
        for number, span in self.spans.items():
            holder = self._holder(number)
            if self._plain(span) and holder["span"] in self.cuts:
                self.cuts[number] = self._mirrored(span, self.cuts[holder["span"]])
            self.whole[number] = self._whole(span, holder, seen_twice)

    def _whole(self, span: Row, holder: Row, seen_twice: set[int]) -> str:
        of_kind = {"tool": "tool", "compaction": "model", "user_wait": "user", "request": "model"}
        by_kind = "model" if self._told(span) else of_kind.get(span["kind"], "harness")
        if span["kind"] == "other" and not self._told(span):
            by_kind = of_kind.get(holder["kind"], "unknown")
            if holder["span"] in seen_twice:
                by_kind = "network"
            by_kind = holder["own_phase"] or by_kind
        if span["span"] in seen_twice:
            by_kind = "network"
        return str(span["own_phase"] or by_kind)

    def _cut(self, span: Row) -> list[Row]:
        """Instants with the stretch before each; the last one is the end."""
        start, end = span["start_ns"], span["end_ns"]
        queue, prefill, decode = span["queue_ns"], span["prefill_ns"], span["decode_ns"]
        grade = {
            name: span[f"{name}_evidence"] or "unknown"
            for name in ("queue", "prefill", "decode", "first_token", "start", "end")
        }
        first, of_first = self._first_token(span, grade)
        wanted = self._before_first(span, grade, first, of_first)
        known = grade["prefill"] if prefill is not None else "derived" if queue is not None else "measured"
        after = {"phase": "model" if prefill is None else "prefill", "known": known}
        if first is not None:
            wanted.append({"t": first, "grade": of_first, **after})
            after = {"phase": "decode", "known": "measured" if decode is None else grade["decode"]}
            if decode is not None:
                of_last = worst(of_first, grade["decode"])
                wanted.append({"t": first + decode, "grade": of_last, **after, "last": True})
        return self._clamped(span, wanted, after, start, end)

    def _first_token(self, span: Row, grade: dict[str, str]) -> tuple[int | None, str]:
        queue, prefill, decode = span["queue_ns"], span["prefill_ns"], span["decode_ns"]
        if span["first_token_ns"] is not None:
            return span["first_token_ns"], grade["first_token"]
        if prefill is not None:
            of_queue = "measured" if queue is None else grade["queue"]
            of_first = worst(grade["start"], grade["prefill"], of_queue, "derived")
            return span["start_ns"] + (queue or 0) + prefill, of_first
        if decode is not None:
            return span["end_ns"] - decode, worst(grade["end"], grade["decode"], "derived")
        return None, "unknown"

    def _before_first(self, span: Row, grade: dict[str, str], first: int | None, of_first: str) -> list[Row]:
        queue, prefill = span["queue_ns"], span["prefill_ns"]
        queued = {"phase": "queue", "known": grade["queue"]}
        rest = {"phase": "model", "known": "derived"}
        if prefill is None or first is None:
            of_queue = worst(grade["start"], grade["queue"], "derived")
            return [] if queue is None else [{"t": span["start_ns"] + queue, "grade": of_queue, **queued}]
        of_prefill = worst(of_first, grade["prefill"])
        if queue is None:
            return [{"t": first - prefill, "grade": of_prefill, **rest}]
        return [
            {"t": first - prefill - queue, "grade": worst(of_prefill, grade["queue"]), **rest},
            {"t": first - prefill, "grade": of_prefill, **queued},
        ]

    def _clamped(self, span: Row, wanted: list[Row], after: Row, start: int, end: int) -> list[Row]:
        asked = [cut["t"] for cut in wanted]
        last = wanted[-1] if wanted and wanted[-1].get("last") else None
        order = [cut for cut in wanted if cut is not last]
        high = end
        for cut in reversed(order):
            cut["t"] = min(max(cut["t"], start), high)
            high = cut["t"]
        if last:
            last["t"] = min(max(last["t"], order[-1]["t"]), end)
        moved = [abs(cut["t"] - t) for cut, t in zip(wanted, asked, strict=True)]
        if any(moved):
            self.found["phases_clamped"] += 1
        kept = [*wanted, {"t": end, **({"phase": "model", "known": "derived"} if last else after)}]
        for cut, following, by in zip(kept, kept[1:], moved, strict=False):
            if by > TOLERANCE:
                cut["grade"] = worst(cut["grade"], "bounded")
                cut["known"] = worst(cut["known"], "bounded")
                following["known"] = worst(following["known"], "bounded")
        if last and last["t"] >= end:
            kept.pop()
        by_prefill = span["prefill_ns"] is not None
        if by_prefill and kept[0]["t"] <= start:
            kept.pop(0)
        return kept

    def _mirrored(self, span: Row, cuts: list[Row]) -> list[Row]:
        inside = [dict(cut) for cut in cuts[:-1] if span["start_ns"] < cut["t"] < span["end_ns"]]
        tail = next((cut for cut in cuts if cut["t"] >= span["end_ns"]), cuts[-1])
        return [*inside, {**tail, "t": span["end_ns"]}]

    def _stretch(self, number: int, t: int) -> Row:
        """The stretch of a span that ends at an instant, or goes on there."""
        if number not in self.cuts:
            return {"phase": self.whole[number], "known": "measured"}
        for cut in self.cuts[number]:
            if cut["t"] >= t:
                return cut
        return self.cuts[number][-1]

    # Dependencies

    def _resolve(self) -> None:
        self.waits: dict[int, list[Wait]] = {number: [] for number in self.spans}
        self.replaced: set[int] = set()
        self.own: dict[int, list[Row]] = {}
        for number, span in self.spans.items():
            cuts = self.cuts.get(number, [{"t": span["end_ns"]}])
            self.own[number] = [
                {"event": ("cut", number, place), "place": 2, "rank": place, **cut}
                for place, cut in enumerate(cuts[:-1])
            ]
        batches: dict[int, set[int]] = {}
        for link in self.links:
            self._resolve_one(link, batches)
        for calls in batches.values():
            self._serialise(sorted(calls, key=self._bounds))

    def _bounds(self, number: int) -> tuple[int, int]:
        return self.spans[number]["start_ns"], self.spans[number]["end_ns"]

    def _resolve_one(self, link: Row, batches: dict[int, set[int]]) -> None:
        source, target = link["from_span"], link["to_span"]
        giver, waiter = self.spans[source], self.spans[target]
        if giver["start_ns"] > waiter["start_ns"] or target in {0, source}:
            self.found["link_backwards"] += 1
            return
        due = waiter["start_ns"]
        event: Event = ("end", source)
        reached = giver["end_ns"]
        mark = self.marks.get(link["from_mark"])
        if mark and mark["span"] == source:
            reached = self._mark_time(mark)
            event = ("mark", mark["mark"])
        if reached > due:
            event = self._event_at(source, target, due)
        elif mark and event[0] == "mark":
            self._hang(mark)
        adds = link["kind"] == "joins" and not giver["blocking"]
        if link["explicit"]:
            if not adds:
                self.replaced.add(target)
            if giver["kind"] == "request" and waiter["kind"] in {"tool", "agent"} and waiter["blocking"]:
                batches.setdefault(source, set()).add(target)
        known = "explicit" if link["explicit"] else "inferred"
        self.waits[target].append(Wait(event, known, link["kind"] == "retries"))

    def _mark_time(self, mark: Row) -> int:
        start, end = self._bounds(mark["span"])
        return int(min(max(mark["t_ns"], start), end))

    def _mark_rank(self, mark: Row) -> tuple[int, int]:
        return self._mark_time(mark), -GRADES.index(self._mark_grade(mark))

    def _mark_grade(self, mark: Row) -> str:
        outside = self._mark_time(mark) != mark["t_ns"]
        return worst(mark["evidence"], "bounded") if outside else str(mark["evidence"])

    def _hang(self, mark: Row) -> Event:
        event = ("mark", mark["mark"])
        if all(own["event"] != event for own in self.own[mark["span"]]):
            self._add_mark(mark["span"], event, self._mark_time(mark), self._mark_grade(mark))
        return event

    def _add_mark(self, number: int, event: Event, t: int, grade: str) -> None:
        self.own[number].append(
            {"event": event, "place": 3, "rank": -GRADES.index(grade), "t": t, "grade": grade, "mark": True}
            | {key: self._stretch(number, t)[key] for key in ("phase", "known")}
        )

    def _event_at(self, source: int, target: int, due: int) -> Event:
        stated = [
            mark
            for mark in self.marks.values()
            if mark["span"] == source and mark["refers_to"] == target and self._mark_time(mark) <= due
        ]
        if stated:
            return self._hang(max(stated, key=self._mark_rank))
        event = ("reached", source, due)
        grade = worst(self.spans[target]["start_evidence"], "derived")
        for own in self.own[source]:
            if own["event"] == event:
                own["grade"] = worst(own["grade"], grade)
                own["rank"] = -GRADES.index(own["grade"])
                return event
        self._add_mark(source, event, due, grade)
        return event

    def _serialise(self, calls: list[int]) -> None:
        calls = [one for one in calls if self._bounds(one)[0] < self._bounds(one)[1]]
        pairs = list(pairwise(calls))
        if all(self._bounds(one)[1] <= self._bounds(two)[0] for one, two in pairs):
            for one, two in pairs:
                self.waits[two].append(Wait(("end", one), "inferred"))

    # What every event waits for

    def _wait(self) -> None:
        self.time: dict[Event, int] = {}
        self.grade: dict[Event, str] = {}
        self.before: dict[Event, list[Wait]] = {}
        for number, span in self.spans.items():
            for side, recorded in zip(("start", "end"), span["before"], strict=True):
                t, grade = span[f"{side}_ns"], span[f"{side}_evidence"]
                self.time[side, number] = t
                self.grade[side, number] = grade if t == recorded else worst(grade, "derived")
            for own in self.own[number]:
                self.time[own["event"]], self.grade[own["event"]] = own["t"], own["grade"]
        self._wait_once()
        while knot := self._knot():
            self._untie(knot)
            self._wait_once()

    def _untie(self, knot: list[tuple[int, Wait]]) -> None:
        """Inferred links go first. What is left of a span's stated ones still replaces what time says."""
        inferred = [pair for pair in knot if pair[1].known == "inferred"]
        for target, wait in inferred or knot:
            self.waits[target].remove(wait)
        self.found["link_cycle"] += 1
        for target, waits in self.waits.items():
            if target in self.replaced and not any(self._replaces(target, wait) for wait in waits):
                self.replaced.discard(target)

    def _replaces(self, target: int, wait: Wait) -> bool:
        if wait.known != "explicit":
            return False
        return any(
            link["explicit"]
            and link["to_span"] == target
            and not (link["kind"] == "joins" and not self.spans[link["from_span"]]["blocking"])
            and wait.event in self._events_of(link)
            for link in self.links
        )

    def _events_of(self, link: Row) -> list[Event]:
        source, due = link["from_span"], self.spans[link["to_span"]]["start_ns"]
        marks = [("mark", mark["mark"]) for mark in self.marks.values() if mark["span"] == source]
        return [("end", source), ("reached", source, due), *marks]

    def _block(self, number: int) -> list[Row]:
        """Everything that completes in a span, in order."""
        done = [
            {"t": self.spans[number]["start_ns"], "place": 0, "event": ("start", number), "joined": False}
        ]
        done += [{**own, "joined": False} for own in self.own[number]]
        for child, span in self.spans.items():
            start, end = self._bounds(child)
            joined = self.join.get(child) == number
            if child and span["blocking"] and end > start and (span["parent"] == number or joined):
                done.append({"t": end, "place": 1, "event": ("end", child), "child": child, "joined": joined})
        return sorted(done, key=lambda one: (one["t"], one["place"], *self._rank(one)))

    def _rank(self, one: Row) -> tuple[Any, ...]:
        """The last of equals is waited for: it began last, then it is first by phase, kind and name."""
        if one["place"] != 1:
            return (one.get("rank", 0),)
        return self._substance(one["child"])

    def _substance(self, number: int) -> tuple[Any, ...]:
        span = self.spans[number]
        name = (*(-ord(letter) for letter in span["name"]), 1)
        return (span["start_ns"], -PHASES.index(self.whole[number]), -KINDS.index(span["kind"]), name)

    def _wait_once(self) -> None:
        self.before = {("start", 0): []}
        for number in self.spans:
            block = self._block(number)
            for place, own in enumerate(block):
                if own["place"] > 1:
                    self.before[own["event"]] = self._all_before(block[:place])
            limit = self.spans[number]["end_ns"]
            self.before["end", number] = self._all_before([one for one in block if one["t"] <= limit])
            for child, span in self.spans.items():
                if child and span["parent"] == number:
                    self.before["start", child] = self._start_waits(child, number, block)

    def _all_before(self, block: list[Row]) -> list[Wait]:
        return [Wait(one["event"], "inferred" if one["joined"] else "tree") for one in block]

    def _start_waits(self, child: int, number: int, block: list[Row]) -> list[Wait]:
        due = self.spans[child]["start_ns"]
        over = [one for one in block if one["t"] <= due]
        waits = list(self.waits[child])
        if child in self.replaced:
            gates = [
                one for one in over if one["place"] == 1 and not one["joined"] and self._gate(one["child"])
            ]
            if gates:
                waits.append(Wait(gates[-1]["event"], "inferred"))
            return [Wait(("start", number), "tree"), *waits]
        return [Wait(one["event"], "inferred" if one["place"] == 1 else "tree") for one in over] + waits

    def _gate(self, number: int) -> bool:
        span = self.spans[number]
        return (
            span["kind"] in {"user_wait", "compaction"}
            or span["purpose"] == "compaction"
            or span["own_phase"] in GATE_PHASES
        )

    def _knot(self) -> list[tuple[int, Wait]]:
        """Links on a cycle, or between two."""
        at_once = {
            event: [wait for wait in waits if self.time[wait.event] == self.time[event]]
            for event, waits in self.before.items()
        }
        after: dict[Event, set[Event]] = {}
        for event, waits in at_once.items():
            for wait in waits:
                after.setdefault(wait.event, set()).add(event)
        on_cycle_or_after = _remaining(at_once, after)
        before = {event: {wait.event for wait in waits} for event, waits in at_once.items()}
        backwards = {event: [Wait(other, "") for other in after.get(event, ())] for event in self.before}
        on_cycle_or_before = _remaining(backwards, before)
        left = on_cycle_or_after & on_cycle_or_before
        return [
            (target, wait)
            for target, waits in self.waits.items()
            for wait in waits
            if wait.event in left and ("start", target) in left
        ]

    # Questions

    def binding(self, event: Event) -> Wait | None:
        """What the event waited for longest; of equals a link of a later span, else what time says last."""
        waits = self.before[event]
        if not waits:
            return None
        links = self._links_of(event)
        timed = [wait for wait in waits if not any(wait is link for link in links)]
        base = timed[-1]
        if not links:
            return base
        best = max(links, key=lambda wait: (self.time[wait.event], self._link_rank(wait)))
        at, other = self.time[best.event], self.time[base.event]
        start, other_start = (self._bounds(self._span_of(one.event))[0] for one in (best, base))
        return best if at > other or (at == other and start >= other_start) else base

    def _links_of(self, event: Event) -> list[Wait]:
        if event[0] != "start":
            return []
        child = event[1]
        stated = [wait for wait in self.before[event] if any(wait is one for one in self.waits[child])]
        gates = [
            wait
            for wait in self.before[event]
            if child in self.replaced and wait.known == "inferred" and not any(wait is one for one in stated)
        ]
        return stated + gates

    def _link_rank(self, wait: Wait) -> tuple[Any, ...]:
        substance = self._substance(self._span_of(wait.event))
        known = -GRADES.index(self.grade[wait.event])
        return (substance[0], wait.known == "explicit", wait.backoff, known, substance[1:])

    def _span_of(self, event: Event) -> int:
        return int(self.marks[event[1]]["span"]) if event[0] == "mark" else int(event[1])

    def segments(self) -> list[tuple[Any, ...]]:
        """(span, phase, purpose, start, end, evidence, inferred), in order of time."""
        found: list[tuple[Any, ...]] = []
        event: Event = ("end", 0)
        inferred = False
        events = [(event, inferred, False)]
        while (wait := self.binding(event)) is not None:
            if wait.known != "tree":
                inferred = wait.known == "inferred"
            events[-1] = (*events[-1][:2], wait.backoff)
            event = wait.event
            events.append((event, inferred, False))
        events = self._without_passed_marks(events)
        for (later, state, backoff), (earlier, *_) in pairwise(events):
            if self.time[later] > self.time[earlier]:
                found.append(self._segment(earlier, later, inferred=state, backoff=backoff))
        return _merged(found[::-1])

    def _without_passed_marks(self, events: list[tuple[Event, bool, bool]]) -> list[tuple[Event, bool, bool]]:
        kept = []
        for place, one in enumerate(events):
            if one[0][0] in {"mark", "reached"}:
                later, mark = (self._span_of(events[place + step][0]) for step in (-1, 0))
                if later == mark:
                    continue
            kept.append(one)
        return kept

    def _segment(self, earlier: Event, later: Event, *, inferred: bool, backoff: bool) -> tuple[Any, ...]:
        start, end = self.time[earlier], self.time[later]
        number = self._span_of(later)
        if later[0] == "start":
            number = self.spans[number]["parent"]
            stretch = self._stretch(number, end)
        elif later[0] == "end":
            stretch = self.cuts[number][-1] if number in self.cuts else self._stretch(number, end)
        else:
            stretch = next(own for own in self.own[number] if own["event"] == later)
        grade = worst(self.grade[earlier], self.grade[later], stretch["known"])
        if self._span_of(earlier) != self._span_of(later):
            grade = worst(grade, "derived")
        phase, purpose = stretch["phase"], self.spans[number]["purpose"]
        if backoff:
            phase, purpose = "backoff", "failed_attempt"
        return (number, phase, purpose, start, end, grade, inferred)

    def gaps(self) -> dict[Event, int]:
        return {
            event: self.time[event] - max((self.time[wait.event] for wait in waits), default=0)
            for event, waits in self.before.items()
        }

    def owner(self, event: Event) -> int:
        """Whose time the gap before an event is; none's before the session's start."""
        number = self._span_of(event)
        if event == ("start", 0):
            return -1
        return int(self.spans[number]["parent"]) if event[0] == "start" else number

    def phase(self, event: Event) -> str | None:
        """Of the stretch before an event; none before the session's start."""
        before = self.binding(event)
        if before is None:
            return None
        return str(self._segment(before.event, event, inferred=False, backoff=before.backoff)[1])

    def wall(self, gaps: dict[Event, int]) -> int:
        times = self.retimed(gaps)
        return times["end", 0] - times["start", 0]

    def drag(self, number: int) -> int:
        gaps = self.gaps()
        without = {event: 0 if self.owner(event) == number else gap for event, gap in gaps.items()}
        return self.wall(gaps) - self.wall(without)

    def slack(self, number: int) -> int | None:
        """None where the end of the session does not wait for the span's; by the longest way between the two."""
        after: dict[Event, list[Event]] = {}
        for event, waits in self.before.items():
            for wait in waits:
                after.setdefault(wait.event, []).append(event)
        gaps = self.gaps()
        rest: dict[Event, int | None] = {}
        order = sorted(self.before, key=lambda event: len(self._all_after(event, after)))
        for event in order:
            ways = [(rest[later], gaps[later]) for later in after.get(event, ())]
            found = [length + gap for length, gap in ways if length is not None]
            rest[event] = 0 if event == ("end", 0) else max(found, default=None)
        left = rest["end", number]
        return None if left is None else self.time["end", 0] - self.time["end", number] - left

    def _all_after(self, event: Event, after: dict[Event, list[Event]]) -> set[Event]:
        seen: set[Event] = set()
        open_ = [event]
        while open_:
            for later in after.get(open_.pop(), ()):
                if later not in seen:
                    seen.add(later)
                    open_.append(later)
        return seen

    def retimed(self, gaps: dict[Event, int]) -> dict[Event, int]:
        """Every event after all that it waits for, in any order that allows that."""
        times: dict[Event, int] = {}
        open_ = dict(self.before)
        while open_:
            ready = [event for event, waits in open_.items() if all(wait.event in times for wait in waits)]
            for event in ready:
                times[event] = gaps[event] + max((times[wait.event] for wait in open_.pop(event)), default=0)
        return times


def _remaining(before: dict[Event, list[Wait]], after: dict[Event, set[Event]]) -> set[Event]:
    waits = {event: len({wait.event for wait in found}) for event, found in before.items()}
    free = [event for event, count in waits.items() if not count]
    left = set(waits)
    while free:
        event = free.pop()
        left.discard(event)
        for follower in after.get(event, ()):
            waits[follower] -= 1
            if not waits[follower]:
                free.append(follower)
    return left


def _merged(segments: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    merged: list[tuple[Any, ...]] = []
    for one in segments:
        if merged and merged[-1][:3] == one[:3] and merged[-1][5:] == one[5:]:
            merged[-1] = (*merged[-1][:4], *one[4:])
        else:
            merged.append(one)
    return merged


def slow_sessions(trace: Trace) -> dict[str, Slow]:
    """Every session of a trace, analysed."""
    tables = {
        name: getattr(trace, name).to_pylist() for name in ("sessions", "spans", "links", "marks", "agents")
    }
    found = {}
    for session in (row["session"] for row in tables["sessions"]):
        own = {
            name: [dict(row) for row in rows if row["session"] == session] for name, rows in tables.items()
        }
        found[session] = Slow(
            {row["span"]: row for row in own["spans"]},
            own["links"],
            {row["mark"]: row for row in own["marks"]},
            {row["span"] for row in own["agents"] if row["background"]},
        )
    return found
