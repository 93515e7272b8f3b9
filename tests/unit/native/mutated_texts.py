"""A program: cuts damaged texts with the kernels that its first argument names, as many as its second says."""

import sys
from pathlib import Path
from random import Random

import numpy as np

from agenttrace import native

native.FILE = Path(sys.argv[1])

from agenttrace.native import gathering, shredding  # noqa: E402  # with these kernels

WISH: dict[str, shredding.Wish] = {
    "a": [shredding.Tagged({"key": None, "value": {"intValue": shredding.Integer, "stringValue": None}})],
    "b": shredding.Integer,
    "c": [None],
}
TEXT = (
    '{"a":[{"key":"x","value":{"intValue":"12"}},{"key":"ü","value":{"stringValue":"\\u00e9\\ud83d\\ude00é"}}],'
    '"b":-1.5e3,"c":["a text that is longer than what is looked at in one step, \\"é"]}\r\n'
    ' {"c": [true, false,\tnull, 0, {"d":[[]]}], "b" : 7}\n'
).encode()
PARTS = [bytes([byte]) for byte in b'"\\{}[],:\n0-e.'] + [
    b"\\ud83d",
    b"\xf0\x9f",
    b'"key":"x"',
    b"[" * 100,
    b"",
]


def main() -> int:
    """Fails where no text was cut."""
    random, plan, accepted = Random(0), shredding.Plan(WISH), 0
    for _ in range(int(sys.argv[2])):
        text = TEXT
        for _ in range(random.randrange(4)):
            at = random.randrange(len(text) + 1)
            text = text[:at] + random.choice(PARTS) + text[at + random.randrange(3) :]
        shreds = plan.shred(text[: random.choice((len(text), random.randrange(len(text) + 1)))])
        if shreds is not None:
            accepted += 1
            column = shreds["c[]"]
            places = np.arange(len(column))[::-1]
            gathering.gather(text, column.begin[places], column.end[places])
        if random.random() < 0.001:
            plan = shredding.Plan(WISH)
    return 0 if accepted else 1


if __name__ == "__main__":
    sys.exit(main())
