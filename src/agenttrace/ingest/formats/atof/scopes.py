"""Scopes: what their start, their end and the marks in them say, gathered from events in any order."""

from __future__ import annotations

from dataclasses import dataclass, field

from agenttrace.ingest import fields
from agenttrace.ingest.formats.atof.events import Event
from agenttrace.ingest.formats.atof.usage import NO_TOKENS, Tokens, call_ids, tokens_of
from agenttrace.model.vocabulary import Phase, SpanKind

CHUNK = "llm.chunk"
_BEFORE_TOKENS = frozenset(
    {
        "message_start",
        "ping",
        "content_block_start",
        "response.created",
        "response.in_progress",
        "response.queued",
    }
)
"""Chunks with which providers open a stream: nothing has been generated yet."""

_KINDS = {
    "llm": SpanKind.REQUEST,
    "tool": SpanKind.TOOL,
    "retriever": SpanKind.TOOL,
    "embedder": SpanKind.TOOL,
    "reranker": SpanKind.TOOL,
    "agent": SpanKind.AGENT,
    "context": SpanKind.COMPACTION,
}
_OWN_PHASES = {"function": Phase.HARNESS, "guardrail": Phase.HARNESS, "evaluator": Phase.HARNESS}


@dataclass(slots=True)
class Scope:
    """One scope. What no event has told is None or empty."""

    uuid: str
    line: int
    category: str
    parent: str | None = None
    name: str | None = None
    role: str | None = None
    session_id: str | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    ended: bool = False
    model: str | None = None
    call_id: str | None = None
    calls: list[str] = field(default_factory=list)
    tokens: Tokens = NO_TOKENS
    failed: bool | None = None
    error: str | None = None
    reason: str | None = None
    first_chunk_ns: int | None = None
    last_chunk_ns: int | None = None
    hooked: bool = False
    gateway: bool = False

    @property
    def kind(self) -> SpanKind:
        """By its category; a turn of a harness is a call of its agent."""
        if self.role == "turn":
            return SpanKind.INTERACTION
        return _KINDS.get(self.category, SpanKind.OTHER)

    @property
    def own_phase(self) -> Phase | None:
        """What the time is that it spends on nothing else; None: by its kind."""
        return _OWN_PHASES.get(self.category) if self.kind is SpanKind.OTHER else None

    def add(self, event: Event) -> None:
        """What its start or its end tells; the end knows the model that was used in fact."""
        profile = event.part("category_profile")
        self.parent = self.parent or event.parent
        self.name = self.name or event.name
        if self.category == "unknown":
            self.category = event.category
        self.role = self.role or fields.text(event.note("nemo_relay_scope_role"))
        self.session_id = self.session_id or fields.text(event.note("session_id"))
        self.call_id = self.call_id or fields.text(profile.get("tool_call_id"))
        self.reason = self.reason or fields.text(profile.get("type"))
        self._note_instruments(event)
        model = fields.text(profile.get("model_name"))
        if event.phase == "start":
            self.start_ns = event.t_ns if self.start_ns is None else self.start_ns
            self.model = self.model or model
            return
        self.ended = True
        self.end_ns = event.t_ns if self.end_ns is None else self.end_ns
        self.model = model or self.model
        self._add_outcome(event)

    def _add_outcome(self, event: Event) -> None:
        status = event.note("otel.status_code")
        if isinstance(status, str):
            self.failed = status.upper() == "ERROR"
        self.error = self.error or fields.text(event.note("error.type"))
        if self.category == "llm":
            annotation = event.part("category_profile").get("annotated_response")
            annotated = annotation if isinstance(annotation, dict) else {}
            self.tokens = tokens_of(annotated, event.part("data"))
            self.calls = list(call_ids(annotated, event.part("data")))

    def _note_instruments(self, event: Event) -> None:
        """Relay may see one request twice: by a hook of the agent, and at its gateway."""
        if event.note("hook_event_name") is not None and event.note("provider_payload_exact") is False:
            self.hooked = True
        self.gateway |= any(
            event.note(name) is not None for name in ("gateway_path", "llm_correlation_source")
        )

    def add_chunk(self, event: Event) -> None:
        """A piece of a streamed answer came."""
        if event.t_ns is None or fields.text(event.part("data").get("event_type")) in _BEFORE_TOKENS:
            return
        if self.first_chunk_ns is None or event.t_ns < self.first_chunk_ns:
            self.first_chunk_ns = event.t_ns
        if self.last_chunk_ns is None or event.t_ns > self.last_chunk_ns:
            self.last_chunk_ns = event.t_ns
