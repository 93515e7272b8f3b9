"""The words of the model: what a span, a phase, a piece of evidence can be.

Each enumeration is ordered: a member's position is its code in the engine's integer arrays, and for
`Evidence` the order is from best to worst, so that "as good as its worst input" is a maximum.
"""

from __future__ import annotations

from enum import StrEnum


class SpanKind(StrEnum):
    """What an interval is."""

    SESSION = "session"
    AGENT = "agent"
    INTERACTION = "interaction"
    REQUEST = "request"
    TOOL = "tool"
    COMPACTION = "compaction"
    USER_WAIT = "user_wait"
    OTHER = "other"


class Phase(StrEnum):
    """What the session was waiting for, at an instant. The phases partition the wall time."""

    QUEUE = "queue"
    PREFILL = "prefill"
    DECODE = "decode"
    MODEL = "model"
    NETWORK = "network"
    TOOL = "tool"
    BACKOFF = "backoff"
    USER = "user"
    SUSPENDED = "suspended"
    HARNESS = "harness"
    UNKNOWN = "unknown"


class Purpose(StrEnum):
    """What the waiting was for. The purposes partition the wall time, independently of the phases."""

    TURN = "turn"
    COMPACTION = "compaction"
    FAILED_ATTEMPT = "failed_attempt"
    SIDE_REQUEST = "side_request"


class Evidence(StrEnum):
    """How a value is known, best first."""

    MEASURED = "measured"
    DERIVED = "derived"
    BOUNDED = "bounded"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


class LinkKind(StrEnum):
    """Why one span waits for another that is not its parent."""

    FEEDS = "feeds"
    SPAWNS = "spawns"
    JOINS = "joins"
    RETRIES = "retries"
    CONTINUES = "continues"


class MarkKind(StrEnum):
    """What happens at an instant inside a span."""

    FIRST_TOKEN = "first_token"
    TOOL_CALL = "tool_call"
    SPAWN = "spawn"
    CANCEL = "cancel"
    ATTEMPT = "attempt"
    FIRST_BLOCK = "first_block"
    LAST_BLOCK = "last_block"
    DISPATCH = "dispatch"


class Status(StrEnum):
    """How a span ended."""

    OK = "ok"
    ERROR = "error"
    CANCELLED = "cancelled"
    UNFINISHED = "unfinished"


class TokenQuality(StrEnum):
    """How far a source's count of output tokens can be trusted."""

    FINAL = "final"
    MAX_SEEN = "max_seen"
    PLACEHOLDER = "placeholder"
    ESTIMATED = "estimated"


class Trigger(StrEnum):
    """What made an agent send a request."""

    USER_MESSAGE = "user_message"
    TOOL_RESULT = "tool_result"
    OTHER = "other"


class HashScope(StrEnum):
    """Among which prompts equal block hashes mean equal tokens."""

    EVERYWHERE = "everywhere"
    SOURCE = "source"
    SESSION = "session"


class Severity(StrEnum):
    """How much a finding matters to the answer."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
