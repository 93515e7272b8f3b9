"""Union-find over session keys: small, one entry for each chain, trace or transcript."""

from __future__ import annotations

from collections.abc import Iterable


class KeySets:
    """Disjoint sets of keys. A set's name is its smallest key, so the order of joining is irrelevant."""

    def __init__(self) -> None:
        """No keys yet; keys appear when they are first asked for."""
        self._parent: dict[str, str] = {}

    def find(self, key: str) -> str:
        """The smallest key of the set that holds `key`."""
        parent = self._parent
        root = key
        while (above := parent.setdefault(root, root)) != root:
            root = above
        while parent[key] != root:
            parent[key], key = root, parent[key]
        return root

    def join(self, key_a: str, key_b: str) -> None:
        """Makes one set of two."""
        a, b = self.find(key_a), self.find(key_b)
        if a != b:
            low, high = (a, b) if a < b else (b, a)
            self._parent[high] = low

    def join_all(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Joins every pair."""
        for key_a, key_b in pairs:
            self.join(key_a, key_b)
