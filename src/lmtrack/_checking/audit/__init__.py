"""Whether a page or a message tracks anyone."""
