"""The walk that most tools do: back from the end, the child that ended last. It knows no marks, links or joins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from reading_naive import NaiveSpan

_Children = Mapping[str, Sequence[NaiveSpan]]


def plain_walk(spans: Sequence[NaiveSpan]) -> int:
    """The critical path of every trace, its stretches summed by kind; how many stretches there are."""
    traces: dict[str, list[NaiveSpan]] = defaultdict(list)
    for span in spans:
        traces[span.trace_id].append(span)
    stretches = 0
    totals: dict[str, int] = defaultdict(int)
    for members in traces.values():
        known = {span.span_id for span in members}
        children: dict[str, list[NaiveSpan]] = defaultdict(list)
        for span in members:
            children[span.parent_id].append(span)
        for below in children.values():
            below.sort(key=lambda span: span.end_ns)
        for root in members:
            if root.parent_id not in known:
                for kind, length_ns in _path(root, children):
                    totals[kind] += length_ns
                    stretches += 1
    return stretches


def _path(root: NaiveSpan, children: _Children) -> Iterator[tuple[str, int]]:
    """A span is on the path where no child of it that ended before is."""
    stack = [(root, root.end_ns, list(children.get(root.span_id, ())))]
    while stack:
        span, now_ns, below = stack.pop()
        while below and below[-1].end_ns > now_ns:
            below.pop()
        if not below or below[-1].end_ns <= span.start_ns:
            yield span.kind, now_ns - span.start_ns
            continue
        child = below.pop()
        yield span.kind, now_ns - child.end_ns
        stack.append((span, max(child.start_ns, span.start_ns), below))
        stack.append((child, child.end_ns, list(children.get(child.span_id, ()))))
