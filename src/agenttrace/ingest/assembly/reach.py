"""Which session keys buckets have to do with, so that it shows when something that comes later belongs to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from hashlib import blake2b

from agenttrace.ingest.assembly.membership import Edge


def hashed(key: str) -> int:
    """A number for a session key, the same everywhere and for ever: 63 bits."""
    digest = blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def keys_of_buckets(bucket_of: Mapping[str, int], edges: Iterable[Edge]) -> dict[int, set[int]]:
    """Of each bucket, hashes of the keys of its rows, and of those that edges name beside them."""
    found: dict[int, set[int]] = defaultdict(set)
    for key, number in bucket_of.items():
        found[number].add(hashed(key))
    for edge in edges:
        for key, other in (edge, edge[::-1]):
            if key in bucket_of:
                found[bucket_of[key]].add(hashed(other))
    return found


def edges_of_buckets(bucket_of: Mapping[str, int], edges: Iterable[Edge]) -> dict[int, set[Edge]]:
    """Of each bucket the edges that one of its keys is an end of; the other may be a key without rows so far."""
    found: dict[int, set[Edge]] = defaultdict(set)
    for edge in edges:
        for key in edge:
            if key in bucket_of:
                found[bucket_of[key]].add(edge)
    return found
