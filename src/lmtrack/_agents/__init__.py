"""Who made a request: user agents, networks, headers, timing and the other requests of the same message."""
