"""What a person or a script sees of an analysis: the terminal, JSON, CSV, Markdown. Nothing is computed here."""
