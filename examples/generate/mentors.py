"""Mentors: how they came to be some, and when they have a place left."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from examples.generate.book import Book, Cell
from examples.generate.chances import chances
from examples.generate.grounds import grounds
from examples.generate.people import AREAS, INTERESTS, SUPERVISOR, Person

_NAMES = (
    ("m-alder", "Alder Tidewell"),
    ("m-bramble", "Bramble Foghorn"),
    ("m-cedar", "Cedar Quayside"),
    ("m-daisy", "Daisy Lobsterpot"),
    ("m-edel", "Edelweiss Netmender"),
    ("m-furze", "Furze Lightship"),
    ("m-garlic", "Garlic Anchorage"),
    ("m-holly", "Holly Sandbar"),
    ("m-ivy", "Ivy Mainsail"),
    ("m-kelp", "Kelp Halyard"),
    ("m-lupin", "Lupin Breakwater"),
    ("m-maple", "Maple Fairlead"),
)
CAPACITY, GIVEN = 6, 3
"""How many a mentor would take, and how many they are given: cases are imported side by side, not by date."""
FIRST_APPLIED = date(2023, 11, 6)


@dataclass
class Mentor:
    """A mentor, and the days on which places are taken."""

    code: str
    area: str
    interests: tuple[str, ...]
    trusted: tuple[date, date]
    taken: list[tuple[date, date]] = field(default_factory=list)

    def is_free(self, first: date, last: date) -> bool:
        """Whether they can have one more, all the time."""
        meanwhile = sum(begins <= last and first <= ends for begins, ends in self.taken)
        return self.trusted[0] <= first and last <= self.trusted[1] and meanwhile < GIVEN

    def suits(self, person: Person) -> tuple[int, int]:
        """Return the scores of the two factors that are looked at: area and interests."""
        return 6 if self.area == person.area else 2, 3 * len({*self.interests} & {*person.interests})


def mentors(book: Book, seed: str) -> list[Mentor]:
    """Write what happened to every mentor; return those who were approved."""
    found = [
        _mentor(book, chances(seed, code), number, code, name) for number, (code, name) in enumerate(_NAMES)
    ]
    return [mentor for mentor in found if mentor is not None]


def _mentor(book: Book, chance: Random, number: int, code: str, name: str) -> Mentor | None:
    start = FIRST_APPLIED + timedelta(days=17 * number)
    interests = tuple(chance.sample(INTERESTS, 3))
    offer: dict[str, Cell] = {
        "mentor_name": name,
        "area": AREAS[number % len(AREAS)],
        "interests": interests,
        "capabilities": ("listening", "job-search"),
        "languages": ("en", "es"),
        "communication_style": chance.choice(("calm", "lively")),
    }

    def add(days: int, event: str, **cells: Any) -> str:  # noqa: ANN401 - cells of a row
        return book.add("mentors", code, start + timedelta(days=days), event=event, **cells)

    by = {"staff": SUPERVISOR}
    add(0, "applied", **by, **offer, capacity=CAPACITY)
    add(3, "screening-begun", **by)
    if number == 6:  # noqa: PLR2004 - one of them
        add(
            20,
            "background-check-recorded",
            **grounds(SUPERVISOR, "screening", "As answered."),
            result="not-clear",
        )
        add(25, "exited", **grounds(SUPERVISOR, "screening", "Was told that it cannot be."))
        return None
    until = start + timedelta(days=18 + 1000)
    _is_trusted(add, until)
    for month in range(1, 9):
        add(
            40 + 91 * month,
            "supervision-held",
            **by,
            supervisor=SUPERVISOR,
            minutes=chance.choice((45, 60, 90)),
        )
    _what_else(add, number, offer)
    last = until if number not in {3, 9} else start + timedelta(days=690)
    return Mentor(code, str(offer["area"]), interests, (start + timedelta(days=45), last))


def _is_trusted(add: Any, until: date) -> None:  # noqa: ANN401 - a function of `_mentor`
    clear = grounds(SUPERVISOR, "screening", "Nothing speaks against it.")
    check = add(18, "background-check-recorded", **clear, result="clear", valid_until=until)
    training = add(30, "training-completed", staff=SUPERVISOR, course="mentor-induction")
    add(
        40,
        "approved",
        **grounds(
            SUPERVISOR, "cleared-and-trained", "Cleared, trained, and wanted.", relied_on=(check, training)
        ),
    )


def _what_else(add: Any, number: int, offer: dict[str, Cell]) -> None:  # noqa: ANN401 - a function of `_mentor`
    by = {"staff": SUPERVISOR}
    match number:
        case 1:
            add(200, "offer-changed", **by, **(offer | {"languages": ("en", "fr")}))
        case 2:
            add(42, "capacity-changed", **by, capacity=7)
        case 3:
            add(700, "suspended", **grounds(SUPERVISOR, "complaint", "A complaint is looked into."))
            add(721, "reinstated", **grounds(SUPERVISOR, "complaint", "It was unfounded."))
        case 9:
            add(800, "exited", **grounds(SUPERVISOR, "moved", "Moves to another island."))
