"""Whether a rewriting changed nothing but what it may change. Imports nothing of our own HTML reader."""
