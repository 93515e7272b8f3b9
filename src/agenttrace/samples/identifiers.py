"""Names as the sources write them, drawn from a seed, apart from the draws that decide on durations."""

from __future__ import annotations

from random import Random
from uuid import UUID

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Identifiers:
    """A stream of ids; the same seed gives the same ids in the same order."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - reproducible, not secret

    def uuid(self) -> str:
        """A random-looking UUID of version 4."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def hexadecimal(self, digits: int) -> str:
        """So many lower-case hexadecimal digits, not all of them zero."""
        return f"{self._random.randrange(1, 16**digits):0{digits}x}"

    def request(self) -> str:
        """A request id, as in the header of an answer."""
        return "req_011C" + self._base58(20)

    def message(self) -> str:
        """A message id, as in the body of an answer."""
        return "msg_01" + self._base58(22)

    def tool_use(self) -> str:
        """The id of a tool call."""
        return "toolu_01" + self._base58(22)

    def agent(self) -> str:
        """The id of a subagent: unique in its session only."""
        return "a" + self.hexadecimal(16)

    def _base58(self, length: int) -> str:
        return "".join(self._random.choices(_BASE58, k=length))
