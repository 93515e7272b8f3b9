"""The zone of local times that do not name it, told from the answers' own times, which are in UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agenttrace.ingest.formats.openhands.events import Event
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_QUARTER_S = 900
_FARTHEST_S = 14 * 3600
_SLACK_S = 5
_SECOND = 10**9


def offset_ns(events: Iterable[Event], recorder: Recorder) -> int:
    """What to take from local times to have UTC: zones are whole quarters of an hour apart.

    An action follows the creation of its answer by less than a quarter of an hour; the offset that most
    of them agree on is taken.
    """
    votes: Counter[int] = Counter()
    for event in events:
        if event.created_s is None or event.local_ns is None:
            continue
        apart_s = event.local_ns // _SECOND - event.created_s + _SLACK_S
        offset_s = apart_s // _QUARTER_S * _QUARTER_S
        if abs(offset_s) <= _FARTHEST_S:
            votes[offset_s] += 1
    if not votes:
        what = "times without a zone: taken as UTC"
        recorder.finding("local_time", Severity.INFO, what)
        return 0
    offset_s = min(votes, key=lambda offset: (-votes[offset], abs(offset), offset))
    if offset_s:
        what = f"times of a zone {offset_s / 3600:+g} h from UTC, told from the times of the model's answers"
        recorder.finding("local_time", Severity.INFO, what)
    return offset_s * _SECOND
