"""Merge fields: their markers, the places they may be in, and one recipient's values there. Nothing here tracks."""
