"""How raw rows become sessions: which belong together, which are copies, whose lane they are in."""
