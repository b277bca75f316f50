"""Keys, and the bytes and text of signed tokens."""
