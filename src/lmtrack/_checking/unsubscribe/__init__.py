"""Whether people can leave: List-Unsubscribe, the one click, a visible link."""
