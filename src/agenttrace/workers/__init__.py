"""Where work is done: in this process or in several, always the same functions over the same pieces.

A piece says what it is of (a part of a file, a bucket of sessions) and travels to whoever does the work; results
come back in the order of the pieces. What a result is never depends on where, or by how many, it was made.
"""
