"""OTLP documents as strangers write them: mostly sound, and of any part something else may stand there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

Member: TypeAlias = tuple[str, str]
"""A name and a value, both as JSON."""

KEYS = (
    "gen_ai.operation.name",
    "gen_ai.usage.input_tokens",
    "gen_ai.request.model",
    "session.id",
    "ttft_ms",
    "success",
    "gen_ai.prompt.3.tool_call_id",
    "x",
    "y",
    "",
    "ü",
)
TEXTS = ('"chat"', '"12"', '""', '"ü"', r'"a\"b\u00e9\ud83d\ude00"', '"null"', '"true"', '"a\x7f"', '"1e3"')
INTEGERS = (
    "0",
    "1",
    "7",
    "-1",
    "1700000000000000000",
    '"12"',
    '"1700000000000000001"',
    "9223372036854775807",
)
EVENTS = (
    '"exception"',
    '"ai.stream.firstChunk"',
    '"First Token Stream Event"',
    '"other"',
    r'"exceptio\u006e"',
)
ODD = (
    "null",
    "true",
    "false",
    "5",
    "-1",
    "1.5",
    "1.0",
    "1E2",
    "-0",
    "-0.0",
    "1e999",
    "NaN",
    "Infinity",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "1" * 40,
    '"x"',
    '""',
    '"12"',
    '"-0"',
    '"007"',
    '" 12"',
    '"1.0"',
    '"+1"',
    '"1e3"',
    '"null"',
    '"true"',
    '"NaN"',
    '"-9223372036854775808"',
    '"9223372036854775808"',
    r'"\ud83d"',
    r'"\u0031"',
    '"ABCDEF"',
    '"STATUS_CODE_OK"',
    "[]",
    "{}",
    "[null]",
    "[5]",
    "[[]]",
    "[{}]",
    '{"a":1}',
    '{"name":"a","name":"b"}',
    '{"attributes":[5]}',
    '{"attributes":[{"key":"service.name","value":{"stringValue":"odd"}}]}',
    '{"code":2}',
    '{"code":"2"}',
    '{"stringValue":"x"}',
    '{"values":[]}',
    '{"values":[{"intValue":"3"}]}',
    '{"spans":[{}]}',
    "[" * 120 + "]" * 120,
)
STRANGERS = (
    '"traceState"',
    '"kind"',
    '"flags"',
    '"resource"',
    '"scope"',
    '"spans"',
    '"scopeSpans"',
    '"key"',
    '"value"',
    '"name"',
    '"code"',
    '"attributes"',
    '"instrumentationLibrary"',
    '"instrumentationLibrarySpans"',
    '"scopeLogs"',
    '"resourceMetrics"',
    '"resourceLogs"',
    '"NAME"',
    r'"nam\u0065"',
    r'"k\u0065y"',
    '""',
    '"schemaUrl"',
    '"ü"',
)


class OddDocuments:
    """Writes documents; each part is another than the standard's with the probability `oddity`."""

    def __init__(self, random: Random, oddity: float) -> None:
        self._random, self._oddity = random, oddity

    def text(self) -> bytes:
        """Some lines, not all of which are documents."""
        written = [self._line() for _ in range(self._random.randrange(1, 5))]
        end = self._random.choice(("\n", "\n", "\r\n"))
        return (end.join(written) + self._random.choice((end, ""))).encode(errors="surrogatepass")

    def _line(self) -> str:
        if self._odd():
            return self._random.choice(
                ("", " \t", "\r", "{}", "[]", "null", "\ufeff{}", '{"resourceSpans":', "\0")
            )
        return " " * (self._random.random() < 0.1) + self._document()

    def _document(self) -> str:
        return self._object(("resourceSpans", self._list(self._resource, 3)))

    def _resource(self) -> str:
        facts = self._object(("attributes", self._list(lambda: self._attribute(("service.name", "x")), 2)))
        return self._object(("resource", facts), ("scopeSpans", self._list(self._group, 2)))

    def _group(self) -> str:
        scope = self._object(("name", self._random.choice(('"langfuse-sdk"', '"hand"', '"ü"', '""'))))
        return self._object(("scope", scope), ("spans", self._list(self._span, 4)))

    def _span(self) -> str:
        pick = self._random.choice
        return self._object(
            (
                "traceId",
                pick(('"0af7651916cd43dd8448eb211c80319c"', '"0AF7651916CD43DD8448EB211C80319C"', '""')),
            ),
            ("spanId", pick(('"00f067aa0ba902b7"', '"00F067AA0BA902B8"', '"short"', '"ü"'))),
            ("parentSpanId", pick(('""', '"00f067aa0ba902b7"'))),
            ("name", pick(TEXTS)),
            ("startTimeUnixNano", pick(INTEGERS)),
            ("endTimeUnixNano", pick(INTEGERS)),
            ("attributes", self._list(lambda: self._attribute(KEYS), 5)),
            ("events", self._list(self._event, 2)),
            ("links", self._list(self._link, 1)),
            (
                "status",
                self._object(("code", pick(("0", "1", "2", "7", '"STATUS_CODE_ERROR"', '"2"', '"OK"')))),
            ),
            ("droppedAttributesCount", pick(("0", "0", "3", '"2"'))),
            ("droppedLinksCount", pick(("0", "0", "4294967295"))),
        )

    def _event(self) -> str:
        detail = ("exception.type", "ai.response.msToFirstChunk", "x")
        return self._object(
            ("timeUnixNano", self._random.choice(INTEGERS)),
            ("name", self._random.choice(EVENTS)),
            ("attributes", self._list(lambda: self._attribute(detail), 2)),
        )

    def _link(self) -> str:
        keys = ("follows_from", "agenttrace.link_kind", "x")
        return self._object(
            ("traceId", '"0af7651916cd43dd8448eb211c80319c"'),
            ("spanId", self._random.choice(TEXTS)),
            ("attributes", self._list(lambda: self._attribute(keys), 2)),
        )

    def _attribute(self, keys: Sequence[str]) -> str:
        return self._object(
            ("key", json.dumps(self._random.choice(keys), ensure_ascii=False)), ("value", self._value())
        )

    def _value(self, depth: int = 0) -> str:
        kind = self._random.randrange(9 if depth < 2 else 5)
        pick = self._random.choice
        scalars: tuple[Member, ...] = (
            ("stringValue", pick(TEXTS)),
            ("stringValue", pick(TEXTS)),
            ("intValue", pick(INTEGERS)),
            ("doubleValue", pick(("0", "1.5", "-0.0", "1e250", "12", "3e-400", "123456789012345678901"))),
            ("boolValue", pick(("true", "false"))),
            ("bytesValue", pick(TEXTS)),
        )
        if kind < len(scalars):
            return self._object(scalars[kind])
        if kind == len(scalars):
            return self._object(
                ("arrayValue", self._object(("values", self._list(lambda: self._value(depth + 1), 2))))
            )
        if kind == len(scalars) + 1:
            pairs = self._list(lambda: self._object(("key", '"k"'), ("value", self._value(depth + 1))), 2)
            return self._object(("kvlistValue", self._object(("values", pairs))))
        return "{}"

    def _odd(self) -> bool:
        return self._random.random() < self._oddity

    def _list(self, item: Callable[[], str], most: int) -> str:
        items = [item() for _ in range(self._random.randrange(most + 1))]
        if items and self._odd():
            items[self._random.randrange(len(items))] = self._random.choice(ODD)
        return self._random.choice(ODD) if self._odd() else f"[{','.join(items)}]"

    def _object(self, *members: Member) -> str:
        found = [
            (f'"{name}"', value)
            for name, value in members
            if self._random.random() > 0.05 or (name == "key" and not self._odd())
        ]
        if found and self._odd():
            place = self._random.randrange(len(found))
            found[place] = found[place][0], self._random.choice(ODD)
        if found and self._odd():
            found.append(
                (self._random.choice(found)[0], self._random.choice([self._random.choice(ODD), found[0][1]]))
            )
        if self._odd():
            found.append((self._random.choice(STRANGERS), self._random.choice(ODD)))
        if self._odd():
            self._random.shuffle(found)
        colon, comma = (":", ",") if self._random.random() < 0.8 else (" : ", " ,\t")
        return (
            self._random.choice(("{", "{ "))
            + comma.join(f"{name}{colon}{value}" for name, value in found)
            + "}"
        )
