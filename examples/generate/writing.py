"""The whole example, from its seed to its files."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from examples.generate.book import DAY_FIRST, Book, write_csv
from examples.generate.grounds import LEGAL_BASES
from examples.generate.groups import groups
from examples.generate.mentors import mentors
from examples.generate.mess import plant
from examples.generate.organisation import organisation
from examples.generate.people import STAFF
from examples.generate.stories import stories

SEED = "harbour-lights/1"
"""Whoever and whatever has a number or a name has chances of its own, so one story changes no other."""


def told() -> Book:
    """Return every sheet, filled in."""
    book = Book()
    organisation(book)
    stories(book, groups(book, SEED), mentors(book, SEED), SEED)
    plant(book)
    return book


def write(directory: Path, book: Book, day_first: Container[str] = DAY_FIRST) -> None:
    """Write every sheet and both registers."""
    book.write(directory, day_first)
    staff = ("code", "role", "organisation", "credentials")
    people = [dict(zip(staff, (*who, "; ".join(credentials)), strict=True)) for *who, credentials in STAFF]
    write_csv(directory / "staff.csv", people)
    laws = ("code", "instrument", "act", "section", "valid_from")
    write_csv(directory / "legal-bases.csv", [dict(zip(laws, each, strict=True)) for each in LEGAL_BASES])
