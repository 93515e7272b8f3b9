"""What a session would take if something in it took another time: the changes, and what they do to the graph.

`parse` (parsing.py) reads a SPEC of changes (spec.py). `StretchGaps` (selection.py) knows whose time every gap of
the graph is, `changed_gaps` (changing.py) puts other lengths in their place; `cache=1.0` (caching.py) and
`fanout<=N` (fan_out.py) are changes of their own kind. `what_ifs` (answers.py) runs the graph forward with them, and
`recommendations` (ranking.py) tries a standard set of changes.
"""
