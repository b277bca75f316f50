"""Route, override and consent become a decision."""
