"""The same sessions on other servers: what the agents did stays, how long the model took is simulated."""
