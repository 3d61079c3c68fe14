"""A case for people: its story, what a bundle holds of it, and the printed form."""
