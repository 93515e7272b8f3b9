"""What a format can tell and what it cannot, in words: for `agenttrace formats` and its reference document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormatFacts:
    """One format, told to its users.

    `measured`: stated by the source; `derived`: follows from what is; `untold`: stays unknown.
    `seen`: the reader was tried on files that the program itself wrote, not only on its documents.
    `timed`: the source states when things happened; without that it is a workload, which only `replay` can use.
    """

    about: str
    containers: tuple[str, ...]
    measured: tuple[str, ...]
    derived: tuple[str, ...]
    untold: tuple[str, ...]
    seen: bool = True
    timed: bool = True

    def told(self) -> list[tuple[str, str]]:
        """The facts as named lines, those that there are."""
        lines = [
            ("in", self.containers),
            ("measured", self.measured),
            ("derived", self.derived),
            ("unknown", self.untold),
            ("standing", () if self.seen else ("documented, not yet seen",)),
            ("use", () if self.timed else ("a workload without timings, for replay",)),
        ]
        return [(name, ", ".join(words)) for name, words in lines if words]
