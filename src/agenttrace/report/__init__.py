"""What a person or a script sees of an analysis: terminal, JSON, CSV, Markdown."""
