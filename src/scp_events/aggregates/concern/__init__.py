"""concern."""
