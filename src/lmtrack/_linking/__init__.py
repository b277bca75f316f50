"""Decide whether a link is trackable: words, placeholders, secrets, opt-outs."""
