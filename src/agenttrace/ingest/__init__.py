"""The outside world comes in: files of many formats become the tables of one trace."""
