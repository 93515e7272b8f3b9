"""Where the time went: one graph of events for a chunk of sessions, and the questions to it.

`build_graph` (graph.py) makes the graph, once. `find_critical_path` (path.py) and `path_segments`
(segments.py) follow it back, `plan` and `retime` (schedule.py) run it forward with other gaps,
`analyze_chunk` (analysis.py) puts into tables what people ask of it.

The model
    Times are the recorded ones, mended where clocks disagree (forest.py): a child reaches up to 2 ms beyond
    its parent, and is cut; starts before it, and is cut; does not run while it does, and goes to the nearest
    ancestor that runs when it starts. A child that outlives its parent by more is not waited for there, but
    where the nearest ancestor ends that it does not outlive, unless background work lies between, or it is of an
    attempt that was given up. Whatever is mended is counted in `found`.

    Events are the start and the end of every span, the instants that part a request into phases (instants.py,
    division.py), and marks that something hangs on (marks.py).

    Every event waits for others, and comes a gap after the last of them. A span's own instants and its end
    wait for all that happened in it before: its earlier instants, and the ends of the children that it
    waits for (blocks.py). So does the start of a child, unless the trace states what it waited for; then it
    waits for that, for its parent's start, and for the last time that its lane waited for a person or was
    compacted. Links that are inferred, and those from background work whose result is used, come on top
    (links.py). A link from what was not over yet hangs on a mark inside it.

    Of several events at one instant, ends come before instants, and these before starts. Of two ends the one
    of the later start is waited for, then what the spans are decides, never their rows (substance.py).
    Links that would make an event wait for itself are dropped, inferred ones first (cycles.py).

    The path goes from the end of a session to what it waited for longest, and on to the session's start.
    The stretch between two events belongs to the span of the later one, and for the start of a child to its
    parent, in the phase that it is then in; before another attempt it is backoff (stretches.py). What is
    known of a stretch is no better than what is known of its ends, of its own length, and `derived` if the
    ends belong to two spans. It is inferred if the way back from the end last turned off where a
    dependency was only inferred.

Arrays have a row for each span of the chunk, or for each event (nodes.py). Nothing here is an object per span,
and nothing recurs: a session may be a chain, a fan or a nest of any size.
"""
