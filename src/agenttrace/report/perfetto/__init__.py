"""A trace for Perfetto: its UI opens it, its trace processor answers SQL about it."""
