"""Whether a link is trackable: words, placeholders, secrets, opt-outs."""
