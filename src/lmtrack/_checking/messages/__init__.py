"""How programs read MIME."""
