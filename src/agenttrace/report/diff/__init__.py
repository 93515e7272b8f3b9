"""A comparison as people and programs read it: one outline for the terminal and for Markdown, JSON, JUnit, GitHub."""
