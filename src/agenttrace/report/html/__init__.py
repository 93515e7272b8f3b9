"""The report as one HTML file: offline, readable without JavaScript, the same bytes for the same input.

`page.py` puts it together out of sections (those of the terminal, `sections.py`, and some of its own) and of the
sessions that are drawn (`drawn_sessions.py`, `session_data.py`). Text from traces goes through `escape.py`, and
nothing else may write any. `assets/` has the page's style and its program, in files of one idea each, which are put one
after the other in the order of `assets.py`.
"""
