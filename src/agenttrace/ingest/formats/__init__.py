"""One module or package for each format; none of them imports another."""
