"""Where the time went: one graph of events for a chunk of sessions, and the questions to it."""
