"""What is wrong with these sheets, on purpose."""

from __future__ import annotations

from examples.generate.book import Book


def plant(book: Book) -> None:
    """Plant it."""
