"""The model's side of a transcript: one request is several lines, one for each block of its answer."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import astuple

from agenttrace.ingest.fields import count, text
from agenttrace.ingest.formats.claude_code.clock import NEVER, UNKNOWN
from agenttrace.ingest.formats.claude_code.collected import Answer, Lane, Node, Role, Tool, Transcript
from agenttrace.ingest.formats.claude_code.places import Recorders
from agenttrace.ingest.formats.claude_code.records import (
    NOTHING,
    Block,
    Message,
    Number,
    Record,
    Usage,
    value_of,
)
from agenttrace.model.vocabulary import Severity

LOCAL_MODEL = "<synthetic>"
AGENT_TOOLS = frozenset({"Agent", "Task"})
NO_NAME = "unknown"
_TOKEN_BITS = 40
_MOST_TOKENS = 2**_TOKEN_BITS
_ANSWER = Role.ANSWER


class _Assignment(Struct):
    """What a subagent is asked."""

    subagent_type: str | None = None
    prompt: str | None = None


def request_key(message_id: str | None, request_id: str | None, uuid: str) -> str:
    """Of one answer's lines; gateways of others leave out the request id, and a nameless line is alone."""
    if message_id is None:
        return f"req:{request_id or uuid}"
    return f"req:{message_id}:{request_id}" if request_id else f"req:{message_id}"


def take_answer(transcript: Transcript, recorders: Recorders, record: Record, node: Node) -> None:
    """A line of an answer; one that the program wrote in the model's place is no request."""
    message = record.message
    if message is None:
        recorders.finding("no_message", Severity.WARNING, "an answer without a message", node.place)
        return
    if message.model == LOCAL_MODEL:
        node.role = Role.LOCAL_ANSWER
        transcript.worked.append(node)
        what = "an answer by the program itself, to an error or a limit: no request"
        recorders.finding("synthetic_answer", Severity.INFO, what, node.place)
        return
    answer = _answer_of(transcript, record, message, node)
    t_ns = node.t_ns
    node.role, node.about = _ANSWER, answer.key
    if UNKNOWN < t_ns < (answer.first_ns or NEVER):
        answer.first_ns, answer.first = t_ns, node
    answer.last_ns = max(answer.last_ns, t_ns)
    usage = message.usage
    if usage is not None:
        stopped = message.stop_reason is not None
        if (stopped or usage != answer.usage) and not _count_tokens(answer, usage, stopped=stopped):
            _note_misfits(recorders, usage, node)
    if message.diagnostics is not None:
        answer.miss_reason = answer.miss_reason or _miss_reason(message.diagnostics.cache_miss_reason)
    if isinstance(message.content, list):
        _take_calls(transcript, message.content, node, answer)


def _answer_of(transcript: Transcript, record: Record, message: Message, node: Node) -> Answer:
    key = request_key(message.id, record.request_id, node.uuid)
    answer = transcript.answers.get(key)
    if answer is None:
        answer = transcript.answers[key] = Answer(
            key,
            node.lane,
            node.place,
            node,
            request_id=text(record.request_id),
            model=text(message.model),
            version=record.version,
        )
    elif node.lane is not answer.lane and _rank(node.lane) < _rank(answer.lane):
        answer.lane = node.lane
    return answer


def _rank(lane: Lane) -> tuple[bool, bool, str]:
    """Of lanes that repeat one answer, the main one made it."""
    return not lane.main, lane.sidechain, lane.agent_key


def _note_misfits(recorders: Recorders, usage: Usage, node: Node) -> None:
    """A finding for numbers that count no tokens."""
    values = zip(usage.__struct_fields__, astuple(usage), strict=True)
    names = [name for name, value in values if value is not None and _tokens(value) is None]
    for _ in names:
        what = f"no count of tokens, taken as unknown: {', '.join(names)}"
        recorders.finding("usage_unusable", Severity.WARNING, what, node.place)


def _count_tokens(answer: Answer, usage: Usage, *, stopped: bool) -> bool:
    """Each line repeats the usage, early ones with a placeholder: the largest is the last. False: some is no count."""
    answer.usage = usage
    answer.stopped = answer.stopped or stopped
    told = astuple(usage)
    fresh, written, cached, said = counted = told if _are_tokens(*told) else tuple(map(_tokens, told))
    if fresh is not None or written is not None or cached is not None:
        answer.input_tokens = _larger(answer.input_tokens, (fresh or 0) + (written or 0) + (cached or 0))
    answer.cache_read_tokens = _larger(answer.cache_read_tokens, cached)
    answer.cache_write_tokens = _larger(answer.cache_write_tokens, written)
    answer.output_tokens = _larger(answer.output_tokens, said)
    if said is not None:
        least = answer.least_output
        answer.least_output = said if least is None or said < least else least
        if stopped:
            answer.final_output = _larger(answer.final_output, said)
    return counted is told or counted.count(None) == told.count(None)


def _larger(known: int | None, said: int | None) -> int | None:
    return known if said is None or (known is not None and known > said) else said


def _are_tokens(fresh: Number, written: Number, cached: Number, said: Number) -> bool:
    """Whether all are counts as they stand, as those that Claude Code writes are: the sign and high bits tell it."""
    try:
        return not (fresh | written | cached | said) >> _TOKEN_BITS  # type: ignore[operator]
    except TypeError:
        return False


def _tokens(value: Number) -> int | None:
    return value if type(value) is int and 0 <= value <= _MOST_TOKENS else count(value)


def _miss_reason(raw: Raw) -> str | None:
    if raw is NOTHING:
        return None
    reason = value_of(raw)
    return text(reason.get("type")) if isinstance(reason, dict) else None


def _take_calls(transcript: Transcript, blocks: list[Block], node: Node, answer: Answer) -> None:
    for number, block in enumerate(blocks):
        if block.type == "tool_use":
            _take_call(transcript, block, node, answer, number)


def _take_call(transcript: Transcript, block: Block, node: Node, answer: Answer, number: int) -> None:
    tool_id = block.id or f"{node.uuid}:{number}"
    known = transcript.tools.get(tool_id)
    if known is not None:
        _take_again(transcript, known, node, answer)
        return
    tool = Tool(
        tool_id, f"tool:{tool_id}", text(block.name) or NO_NAME, node.lane, answer, node.t_ns, node.place
    )
    if tool.name in AGENT_TOOLS and block.input is not NOTHING:
        try:
            asked = msgspec.json.decode(block.input, type=_Assignment)
        except (ValueError, RecursionError):
            asked = _Assignment()
        tool.agent_type, tool.prompt = text(asked.subagent_type), asked.prompt
    transcript.tools[tool_id] = tool
    transcript.tools_of[answer.key].append(tool)


def _take_again(transcript: Transcript, known: Tool, node: Node, answer: Answer) -> None:
    """A call that several lines repeat, or several answers, is of the earliest of them."""
    if (node.t_ns or NEVER, answer.key) < (known.emitted_ns or NEVER, known.answer.key):
        known.emitted_ns, known.place = node.t_ns, node.place
        if answer is not known.answer:
            transcript.tools_of[known.answer.key].remove(known)
            transcript.tools_of[answer.key].append(known)
            known.answer = answer
    if _rank(node.lane) < _rank(known.lane):
        known.lane = node.lane
