"""The nouns: tables, their columns, the vocabulary, and how a trace is kept."""
