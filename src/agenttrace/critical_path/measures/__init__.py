"""What people ask of a path: totals, turns, joins, tools, misses. Each file answers one question."""
