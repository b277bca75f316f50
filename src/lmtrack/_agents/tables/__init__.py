"""Facts about agents and networks, without rules."""
