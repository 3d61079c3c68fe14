"""When something counts as entered late."""

LATE_FROM = 7
"""Days from which a delay stands out: writing up the week on a Friday is not late."""
