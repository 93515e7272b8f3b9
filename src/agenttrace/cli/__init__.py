"""The command line: one file per command. `application.main` runs it, `agenttrace.__main__` as a process."""
