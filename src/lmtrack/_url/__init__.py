"""URLs: one grammar, destinations, and which URLs are ours."""
