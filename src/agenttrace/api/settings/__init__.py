"""Settings from files and the environment: `[tool.agenttrace]` of pyproject.toml, agenttrace.toml, AGENTTRACE_*."""
