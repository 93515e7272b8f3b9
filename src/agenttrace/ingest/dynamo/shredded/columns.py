"""A block of rows that a kernel has cut into columns: the same as `Columns` makes of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.dynamo.columns import Columns, Ints, Mask, Values, instants_of_ms
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.shredded_fields import Numbers
from agenttrace.ingest.text_columns import are_empty


class ShreddedColumns(Columns):
    """`values` as in rows; `texts`: those that are columns already.

    `numbers`: integers, -1 where there is none, and floats, NaN where there is none.
    """

    def __init__(
        self,
        what: str,
        values: dict[str, Sequence[Any]],
        texts: Mapping[str, pa.Array[Any]],
        numbers: Mapping[str, Numbers],
        recorder: Recorder,
    ) -> None:
        """`what` names their records in findings; one of the values is `line`."""
        self._begin(what, values, recorder)
        self._texts, self._numbers = texts, numbers

    def raw(self, name: str) -> Values:
        """The values as they were read."""
        return self._texts[name] if name in self._texts else super().raw(name)

    def texts(self, name: str) -> Values:
        """Strings that are not empty: where one is, all are looked at as in rows."""
        found = self._texts.get(name)
        if found is None or not are_empty(found).any():
            return super().texts(name) if found is None else found
        self._values.setdefault(name, found.to_pylist())
        return super().texts(name)

    def _present(self, name: str) -> Mask:
        return self._numbers[name].present if name in self._numbers else super()._present(name)

    def _integers(self, name: str) -> Ints:
        return self._numbers[name].values if name in self._numbers else super()._integers(name)

    def _instants(self, name: str) -> Ints:
        return instants_of_ms(self._numbers[name].values)

    def _floats(self, name: str) -> NDArray[np.float64]:
        found = self._numbers[name].values
        return np.where(np.isfinite(found), found, np.nan)
