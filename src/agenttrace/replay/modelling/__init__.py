"""How long a step takes on hardware that nobody has traced: bytes, operations, links and overheads of a model."""
