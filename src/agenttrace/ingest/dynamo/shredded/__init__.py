"""Records that a kernel has cut into columns: the same rows as are made of them one by one, or nothing."""
