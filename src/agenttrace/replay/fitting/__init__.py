"""A platform learnt from traces: how long its steps take, what limits it, and how far each of that is known."""
