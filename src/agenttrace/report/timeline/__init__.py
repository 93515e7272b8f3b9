"""One session as it is drawn: lanes of agents, rows of spans, slices of phases, and the path through them."""
