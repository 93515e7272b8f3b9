"""The formats of agenttrace itself. A new one is an import and a line in the tuple."""

from __future__ import annotations

from agenttrace.ingest.format import Format
from agenttrace.ingest.formats.aiperf import AIPERF
from agenttrace.ingest.formats.atif import ATIF
from agenttrace.ingest.formats.atof import ATOF
from agenttrace.ingest.formats.claude_code import CLAUDE_CODE
from agenttrace.ingest.formats.cline import CLINE
from agenttrace.ingest.formats.codex import CODEX
from agenttrace.ingest.formats.codex_otel import CODEX_OTEL
from agenttrace.ingest.formats.dynamo import DYNAMO
from agenttrace.ingest.formats.gemini_cli import GEMINI_CLI
from agenttrace.ingest.formats.jaeger import JAEGER
from agenttrace.ingest.formats.mini_swe_agent import MINI_SWE_AGENT
from agenttrace.ingest.formats.nat import NAT
from agenttrace.ingest.formats.opencode import OPENCODE
from agenttrace.ingest.formats.openhands import OPENHANDS
from agenttrace.ingest.formats.otlp import OTLP
from agenttrace.ingest.formats.pi import PI
from agenttrace.ingest.formats.spans_jsonl import SPANS_JSONL
from agenttrace.ingest.formats.swe_agent import SWE_AGENT
from agenttrace.ingest.formats.tempo import TEMPO
from agenttrace.ingest.formats.zipkin import ZIPKIN

OWN_FORMATS: tuple[Format, ...] = (
    DYNAMO,
    CLAUDE_CODE,
    CODEX,
    CODEX_OTEL,
    OTLP,
    GEMINI_CLI,
    OPENHANDS,
    SWE_AGENT,
    MINI_SWE_AGENT,
    OPENCODE,
    CLINE,
    PI,
    AIPERF,
    ATIF,
    ATOF,
    NAT,
    JAEGER,
    ZIPKIN,
    TEMPO,
    SPANS_JSONL,
)
