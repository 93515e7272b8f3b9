"""The grammar of `--what-if`.

    SPEC     = CHANGE ("," CHANGE)*
    CHANGE   = SELECTOR OP | "cache=1.0" | "fanout<=" N
    SELECTOR = TERM ("&" TERM)*
    TERM     = PHASE | "tool:" GLOB | "agent:" GLOB | "model:" GLOB | "purpose:" NAME | "session:" GLOB
    OP       = "*" NUMBER | "=" DURATION | "=0" | "+" DURATION | "-" DURATION

The operator is the last one that the rest of a CHANGE fits, so that a GLOB may hold `*`, `-`, `+` and `=`; for a
`,` or a `&` in a name its pattern has a `?`.
"""

from __future__ import annotations

import re
from fractions import Fraction

from agenttrace.critical_path.what_if.spec import (
    AnyChange,
    Change,
    FanOut,
    FullCache,
    Operator,
    Spec,
    Subject,
    Term,
)
from agenttrace.errors import UsageError, near_names
from agenttrace.model.vocabulary import Phase, Purpose
from agenttrace.units import parse_duration

_NUMBER = r"\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}"
_DURATION = r"(?:\d+(?:\.\d{1,18})?(?:ns|us|µs|ms|s|min|m|h|d))+"
_CHANGE = re.compile(
    rf"(?P<selector>.+)(?:(?P<scale>\*)\s*(?P<factor>{_NUMBER})|(?P<other>[=+-])\s*(?P<time>{_DURATION}|0))"
)
_FAN_OUT = re.compile(r"fanout\s*<=\s*(\d{1,9})")
_PATTERNS = (Subject.TOOL, Subject.AGENT, Subject.MODEL, Subject.PURPOSE, Subject.SESSION)
_NOT_NEGATIVE, _TAKEN = "expected a number that is not negative", "tool-1s takes a second from each call"
_OPERATORS = "*0.5, =200ms, =0, +1s or -1s"


def parse(text: str) -> Spec:
    """Raises UsageError, with the place in the text and what was expected there."""
    changes = []
    at = 0
    for part in text.split(","):
        changes.append(_Part(text, part, at).change())
        at += len(part) + 1
    return Spec(text, tuple(changes))


class _Part:
    """One change in its text, from the character `at` on."""

    def __init__(self, text: str, part: str, at: int) -> None:
        self._text = text
        self._at = at + len(part) - len(part.lstrip())
        self._part = part.strip()

    def change(self) -> AnyChange:
        if not self._part:
            raise self._error(0, "expected a change", "for example tool*0.5")
        if self._part.startswith("fanout"):
            return self._fan_out()
        if re.match(r"cache\b", self._part):
            return self._cache()
        found = _CHANGE.fullmatch(self._part)
        if found is None:
            raise self._no_operator()
        terms = self._terms(found["selector"])
        if found["scale"]:
            return Change(terms, Operator.SCALE, factor=Fraction(found["factor"]))
        return Change(terms, Operator(found["other"]), duration_ns=self._duration(found))

    def _error(self, place: int, message: str, hint: str | None = None) -> UsageError:
        where = self._at + place + 1
        rest = self._part[place:]
        seen = f", not {rest!r}" if rest else ", but nothing follows"
        return UsageError(f"--what-if {self._text}: at character {where}: {message}{seen}", hint=hint)

    def _fan_out(self) -> FanOut:
        found = _FAN_OUT.fullmatch(self._part)
        if found is None or not int(found[1]):
            raise self._error(
                len("fanout"), "expected <= and a number of branches, 1 at least", "for example fanout<=4"
            )
        return FanOut(int(found[1]))

    def _cache(self) -> FullCache:
        found = re.fullmatch(rf"cache\s*=\s*({_NUMBER})", self._part)
        if found is None or Fraction(found[1]) != 1:
            raise self._error(
                len("cache"), "expected =1.0", "cache=1.0: every token that could come from the cache does"
            )
        return FullCache()

    def _no_operator(self) -> UsageError:
        for place in range(len(self._part) - 1, 0, -1):
            if self._part[place] in "*=+-<>/" and self._part[:place].strip():
                given = self._part[place + 1 :].strip()
                if self._part[place] == "-" and self._part[:place].rstrip()[-1] in "*=+-":
                    return self._error(place, _NOT_NEGATIVE, _TAKEN)
                spaced = re.fullmatch(rf"({_NUMBER})\s+([a-zµ]+)", given)
                if spaced:
                    return self._error(place + 1, "expected a duration in one word", "".join(spaced.groups()))
                if re.fullmatch(_NUMBER, given) and self._part[place] in "=+-":
                    return self._error(
                        place + 1, "expected a duration with a unit", f"{given}ms, or {given}s?"
                    )
                if self._part[place] in "=+-*":
                    return self._error(place, f"expected one of {_OPERATORS}")
                return self._error(place, f"expected one of {_OPERATORS}", "to halve a time, write *0.5")
        return self._error(len(self._part), f"expected one of {_OPERATORS} after what is to be changed")

    def _terms(self, selector: str) -> tuple[Term, ...]:
        terms = []
        place = 0
        for text in selector.split("&"):
            terms.append(self._term(text.strip(), place + len(text) - len(text.lstrip())))
            place += len(text) + 1
        return tuple(terms)

    def _term(self, text: str, place: int) -> Term:
        subject, colon, value = text.partition(":")
        if colon and subject in _PATTERNS:
            return self._named(Subject(subject), value.strip(), place + len(subject) + 1)
        if text in tuple(Phase):
            return Term(Subject.PHASE, text)
        if text[:-1] in tuple(Phase) and text[-1] in "*=+-":
            raise self._error(place + len(text), _NOT_NEGATIVE, _TAKEN)
        known = [
            *(phase.value for phase in Phase),
            *(f"{name.value}:" for name in _PATTERNS),
            "cache",
            "fanout",
        ]
        near = near_names(f"{subject}:" if colon else text, known)
        if text in tuple(Purpose):
            near = [f"purpose:{text}"]
        expected = f"expected a phase ({', '.join(Phase)}), or tool:, agent:, model:, purpose: or session: and a name"
        raise self._error(place, expected, f"did you mean {near[0]}?" if near else None)

    def _named(self, subject: Subject, value: str, place: int) -> Term:
        if not value:
            raise self._error(place, f"expected a name after {subject.value}:", "* stands for any")
        if subject is Subject.PURPOSE and value[-1] in "*=+-":
            at = place + len(value)
            raise self._error(at, _NOT_NEGATIVE, _TAKEN)
        if subject is Subject.PURPOSE and value not in tuple(Purpose):
            near = near_names(value, Purpose)
            hint = f"did you mean {near[0]}?" if near else None
            raise self._error(place, f"expected a purpose ({', '.join(Purpose)})", hint)
        return Term(subject, value)

    def _duration(self, found: re.Match[str]) -> int:
        if found["time"] == "0":
            return 0
        try:
            return parse_duration(found["time"])
        except ValueError as error:
            raise self._error(found.start("time"), str(error)) from error
