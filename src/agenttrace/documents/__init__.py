"""`docs/reference/`, written from the code that it is about: one module a page.

Nothing imports this; it stands above everything so that it may ask everything. Tests hold what is written against
what the program does.
"""
