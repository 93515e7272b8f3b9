"""What programs call, put together from the floors below; the command line does its work with the same.

Every name of `agenttrace.__all__` that has a home here takes plain values and traces, or the paths of them, prints
nothing, and returns tables or records with types. What goes wrong is an AgentTraceError.
"""
