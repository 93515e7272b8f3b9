"""What formats of workloads share: they say what is asked for, in which order, but not how long it took."""
