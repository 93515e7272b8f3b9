"""What a process of this program need not do: load what nobody uses, look for cycles all the time."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_SPARED = "pandas"
_OBJECTS_BETWEEN_LOOKS = 200_000


def seldom_look_for_cycles() -> None:
    """Python looks for them after so many new objects, not after 700: loading alone would have it look 180 times."""
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS, *gc.get_threshold()[1:])


def spare_pandas() -> None:
    """Lets pyarrow do without pandas, which it loads with its first array wherever it is installed.

    That takes a fifth of a second and 100 MB, and nothing here makes or reads its frames.
    """
    if _SPARED not in sys.modules and not any(isinstance(one, _NotHere) for one in sys.meta_path):
        sys.meta_path.insert(0, _NotHere())


class _NotHere(MetaPathFinder, Loader):
    """Finds it, for polars asks where it is and does not load it; whoever loads it is told that it is not there."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  # what finders are asked
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        return ModuleSpec(_SPARED, self) if fullname == _SPARED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        message = f"{spec.name} is spared"
        raise ModuleNotFoundError(message, name=spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Never called."""
