"""Find out whether a page or a message tracks anyone."""
