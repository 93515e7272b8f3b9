"""One run seen by several sources: which requests and calls are the same, and what each view knows of them.

`matching` finds requests that two sources saw, by ids, or by tokens and time; `clocks` how far the clocks of
sources differ; `folding` makes one span of those that are one, once sessions are known.
"""
