"""What each span of a chunk is, and whose dialect it speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Mask, begins, known
from agenttrace.ingest.telemetry.concepts import holds, holds_any
from agenttrace.ingest.telemetry.roles import (
    BEEAI_EVENT,
    DYNAMO_PREFIX,
    DYNAMO_QUERY,
    DYNAMO_REQUEST,
    DYNAMO_WORKER,
    FIRST_WORDS,
    GENAI_MARKS,
    LLAMA_INDEX_PREPARES,
    MODEL_URIS,
    NAMES,
    PRESENT,
    RULES,
    SCOPES,
    SGLANG_SLICES,
    Dialect,
    Role,
    Rule,
)
from agenttrace.ingest.telemetry.spans import Origin, Spans
from agenttrace.ingest.telemetry.values import UNKNOWN, texts
from agenttrace.ingest.text_columns import encoded

Codes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Classes:
    """Role and Dialect of each span, as numbers; UNKNOWN where no dialect is recognised."""

    role: Codes
    dialect: Codes

    def has_role(self, role: Role) -> Mask:
        """The spans of this role."""
        mask: Mask = self.role == role
        return mask

    def speaks(self, dialect: Dialect) -> Mask:
        """The spans of this dialect."""
        mask: Mask = self.dialect == dialect
        return mask


def classify(spans: Spans, origins: Sequence[Origin]) -> Classes:
    """Tables first, the general before the special; then what only a program's own names tell."""
    size = len(spans)
    classes = Classes(np.zeros(size, np.int8), np.full(size, UNKNOWN, np.int8))
    _by_scope(spans, origins, classes)
    for rule in RULES:
        _by_rule(spans, rule, classes)
    _by_name(spans, classes)
    _by_first_word(spans, classes)
    _by_presence(spans, classes)
    _beeai(spans, classes)
    _llama_index(spans, classes)
    _engines(spans, classes)
    _dynamo(spans, classes)
    return classes


def _by_scope(spans: Spans, origins: Sequence[Origin], classes: Classes) -> None:
    table = np.full(len(origins), UNKNOWN, np.int8)
    for index, origin in enumerate(origins):
        found = (dialect for start, dialect in SCOPES if origin.scope.lower().startswith(start))
        table[index] = next(found, UNKNOWN)
    classes.dialect[:] = table[spans.origin]


def _by_rule(spans: Spans, rule: Rule, classes: Classes) -> None:
    attribute = spans.attributes.get(rule.attribute)
    if attribute is None:
        return
    values, index = encoded(texts(attribute.values))
    role = np.array([rule.roles.get(value or "", UNKNOWN) for value in values], np.int8)[index]
    told = role != UNKNOWN
    spoken = attribute.rows[told] if rule.only_known else attribute.rows
    classes.dialect[spoken] = rule.dialect
    classes.role[attribute.rows[told]] = role[told]


def _by_name(spans: Spans, classes: Classes) -> None:
    told = [NAMES.get(name) for name in spans.names]
    if any(told):
        dialect = np.array([UNKNOWN if each is None else each[0] for each in told], np.int8)
        role = np.array([UNKNOWN if each is None else each[1] for each in told], np.int8)
        index = spans.name
        found = role[index] != UNKNOWN
        classes.dialect[found] = dialect[index][found]
        classes.role[found] = role[index][found]


def _by_first_word(spans: Spans, classes: Classes) -> None:
    told = [FIRST_WORDS.get(name.partition(" ")[0], UNKNOWN) for name in spans.names]
    role = np.array(told, np.int8)[spans.name]
    found = (role != UNKNOWN) & (classes.role == Role.PART) & (classes.dialect == UNKNOWN)
    if found.any():
        marked = np.logical_or.reduce([holds(spans, name) for name in GENAI_MARKS])
        classes.role[found & marked] = role[found & marked]
        classes.dialect[found & marked] = Dialect.GENAI


def _by_presence(spans: Spans, classes: Classes) -> None:
    for presence in PRESENT:
        found = holds(spans, presence.attribute) & (classes.role == Role.PART)
        found &= ~holds(spans, "gen_ai.operation.name")
        classes.role[found] = presence.role
        classes.dialect[found & (classes.dialect == UNKNOWN)] = presence.dialect
    _by_call(spans, classes)


def _by_call(spans: Spans, classes: Classes) -> None:
    """What wraps all of a trace, of a conversation that is named, is one call of it: the next one is the user's.

    Only where a dialect says that it wraps: other roots with a session may be anything, as pages of a browser are.
    """
    wraps = np.isin(classes.role, (Role.PART, Role.WRAPPER)) & holds(spans, names.CALLED)
    roots = classes.has_role(Role.WRAPPER) & ~known(spans.parent_id)
    if roots.any():
        wraps |= roots & np.logical_or.reduce([holds(spans, name) for name in names.SESSION])
    classes.role[wraps] = Role.INTERACTION


def named(spans: Spans, matches: Callable[[str], bool]) -> Mask:
    """The spans whose name matches; asked once for each name."""
    table = np.array([matches(name) for name in spans.names], np.bool_)
    return table[spans.name]


def _beeai(spans: Spans, classes: Classes) -> None:
    """Events of a call are parts of it."""
    events = named(spans, lambda name: BEEAI_EVENT.match(name) is not None)
    events &= np.isin(classes.role, (Role.REQUEST, Role.TOOL, Role.AGENT, Role.WRAPPER))
    classes.role[events] = Role.PART


def _llama_index(spans: Spans, classes: Classes) -> None:
    """OpenInference says of every method of a model that it is a call of it, also of what only prepares one."""
    prepares = named(spans, lambda name: name.endswith(LLAMA_INDEX_PREPARES)) & classes.has_role(Role.REQUEST)
    classes.role[prepares] = Role.PART


def _engines(spans: Spans, classes: Classes) -> None:
    """One span a request with gen_ai.latency.*: vLLM's, unless its scope or its shape says another engine."""
    timed = holds(spans, "gen_ai.latency.e2e") | holds(spans, "gen_ai.latency.time_to_first_token")
    engines = (Dialect.SGLANG, Dialect.TENSORRT_LLM, Dialect.VLLM)
    known = np.isin(classes.dialect, engines)
    classes.dialect[timed & ~known] = Dialect.VLLM
    classes.role[timed & (classes.role == Role.PART)] = Role.REQUEST
    sglang = classes.speaks(Dialect.SGLANG)
    if sglang.any():
        slices = named(spans, SGLANG_SLICES.__contains__) | holds(spans, names.THREAD_LABEL)
        classes.role[sglang & slices] = Role.PART
        classes.role[sglang & named(spans, lambda name: name.startswith("prefill Req"))] = Role.PART


def _dynamo(spans: Spans, classes: Classes) -> None:
    """`http-request` is the request; below it the router's and the worker's parts of it."""
    routed = named(spans, lambda name: name.startswith(DYNAMO_PREFIX))
    worker = named(spans, DYNAMO_WORKER.__eq__)
    served = named(spans, DYNAMO_REQUEST.__eq__) & holds(spans, "request_id")
    if not (routed | worker | served).any():
        return
    classes.dialect[routed | worker | served] = Dialect.DYNAMO
    asks_model = holds_any(spans, names.URI, sorted(MODEL_URIS)) | ~holds(spans, names.URI)
    classes.role[served & asks_model] = Role.REQUEST
    classes.role[served & ~asks_model] = Role.PART
    bookkeeping = worker & _begins(spans, names.ENDPOINT, DYNAMO_QUERY)
    classes.role[bookkeeping & ~known(spans.parent_id)] = Role.NOISE


def _begins(spans: Spans, name: str, start: str) -> Mask:
    mask = np.zeros(len(spans), np.bool_)
    attribute = spans.attributes.get(name)
    if attribute is not None:
        mask[attribute.rows] = begins(texts(attribute.values), start)
    return mask
