"""What makes the tail: the slow sessions against the middle ones, and what all sessions have in common.

`session_parts` (parts.py) cuts each session's path into named parts, `compare_tail` (comparison.py) divides the
difference in mean active time over them exactly, with intervals (resampling.py), `turn_positions` and
`branch_positions` (positions.py) add paths up by turn and by place in a fan-out.
"""
