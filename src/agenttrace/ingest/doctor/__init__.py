"""What lies in a folder: what each file is, what can be told from it, and what would tell more.

`listing` finds the files, `examining` looks at their heads and reads a bounded part of each format, `lacks` counts what
that part does not say, `switches` knows how the program that wrote it is made to say so.
"""
