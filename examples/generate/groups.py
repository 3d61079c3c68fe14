"""Groups that go through a programme together, and their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from examples.generate.book import Book, Cell
from examples.generate.chances import chances
from examples.generate.people import KEY_WORKERS

CHANGES_PLACE, IS_CANCELLED, IS_SHORT = 4, 7, 9
"""Which session of a group is moved, before which one is cancelled, and which one ends early."""


@dataclass(frozen=True)
class Course:
    """What a group goes through."""

    programme: str
    variant: str
    sessions: int
    minutes: int
    """Of a session, at least."""
    ages: tuple[float, float]
    venue_kind: str
    modules: tuple[str, ...]
    phases: tuple[str, ...] = ()

    @property
    def required(self) -> int:
        """How many minutes complete it."""
        return self.sessions * self.minutes


@dataclass(frozen=True)
class Held:
    """A session that was held."""

    name: str
    on: date
    minutes: int


@dataclass(frozen=True)
class Group:
    """People who meet for one course."""

    code: str
    course: Course
    starts: date
    size: int
    sessions: tuple[Held, ...]

    @property
    def ends(self) -> date:
        """The day of the last session."""
        return self.sessions[-1].on


_TOPICS = ("competences", "responsibility", "environment", "debt", "work", "sanction")
_THEMES = (
    "victim-empathy",
    "emotional-well-being",
    "risk-factors",
    "rules",
    "moral-reasoning",
    "communication-skills",
    "social-skills",
    "managing-emotions",
)
_PHASES = ("anamnesis", "focus", "evaluation")
MINORS = Course("resocialisation", "minors", 14, 150, (14.2, 17.2), "hall", _TOPICS)
ADULTS = Course("resocialisation", "adults", 15, 120, (18.5, 23.5), "hall", _TOPICS, _PHASES)
WOMEN = Course("weekly-themes", "women", 8, 120, (18.5, 25.5), "library", _THEMES)
CREW = Course("boatyard", "crew", 10, 90, (16.2, 21.5), "workshop", ("ropes", "hull", "trade"))
LONGER_CREW = Course("boatyard", "crew", 12, 90, (16.2, 21.5), "workshop", ("ropes", "hull", "trade"))

PLAN = (
    ("minors-1", MINORS, date(2024, 4, 2), 9),
    ("adults-1", ADULTS, date(2024, 4, 4), 9),
    ("women-1", WOMEN, date(2024, 5, 8), 8),
    ("crew-1", CREW, date(2024, 6, 3), 7),
    ("minors-2", MINORS, date(2024, 8, 6), 9),
    ("adults-2", ADULTS, date(2024, 9, 5), 9),
    ("women-2", WOMEN, date(2024, 11, 6), 8),
    ("minors-3", MINORS, date(2025, 1, 7), 9),
    ("crew-2", LONGER_CREW, date(2025, 3, 31), 7),
    ("adults-3", ADULTS, date(2025, 2, 6), 9),
    ("minors-4", MINORS, date(2025, 5, 6), 9),
    ("women-3", WOMEN, date(2025, 6, 4), 8),
    ("adults-4", ADULTS, date(2025, 8, 7), 9),
    ("minors-5", MINORS, date(2025, 9, 2), 10),
)
"""120 people in all."""


def groups(book: Book, seed: str) -> list[Group]:
    """Write the sessions of every group; return the groups."""
    return [
        _group(book, chances(seed, code), code, course, starts, size) for code, course, starts, size in PLAN
    ]


def _group(  # noqa: PLR0913, PLR0917 - a line of `PLAN`
    book: Book, chance: Random, code: str, course: Course, starts: date, size: int
) -> Group:
    facilitators = tuple(chance.sample(KEY_WORKERS, 2))
    held = tuple(
        _session(book, chance, code, course, number, starts + timedelta(days=7 * number), facilitators)
        for number in range(course.sessions)
    )
    return Group(code, course, starts, size, held)


def _session(  # noqa: PLR0913, PLR0917 - a session is all of it
    book: Book,
    chance: Random,
    group: str,
    course: Course,
    number: int,
    day: date,
    facilitators: tuple[str, ...],
) -> Held:
    name = f"{group}-{number + 1:02}"
    by: dict[str, Cell] = {"staff": facilitators[0]}
    planned_at, planned = "17:30", day - timedelta(days=21)
    setting: dict[str, Cell] = {
        "medium": "in-person",
        "venue_kind": course.venue_kind,
        "facilitators": facilitators,
        "module": course.modules[number % len(course.modules)],
    }
    plan: dict[str, Cell] = {
        **setting,
        "planned_at": planned_at,
        "planned_minutes": course.minutes,
        "programme": course.programme,
        "group": group,
    }
    if number == IS_CANCELLED:
        off = f"{name}x"
        before = day - timedelta(days=4)
        book.add("sessions", off, planned, **by, event="scheduled", **plan, planned_on=before)
        reason = "storm-warning"
        book.add(
            "sessions", off, before - timedelta(days=1), **by, event="cancelled", session_reason_code=reason
        )
    moved = number == CHANGES_PLACE
    first = day - timedelta(days=2) if moved else day
    book.add("sessions", name, planned, **by, event="scheduled", **plan, planned_on=first)
    if moved:
        book.add(
            "sessions",
            name,
            first - timedelta(days=5),
            **by,
            event="rescheduled",
            planned_on=day,
            planned_at=planned_at,
            planned_minutes=course.minutes,
        )
    minutes = course.minutes + (-20 if number == IS_SHORT else chance.choice((0, 0, 5, 10, 15)))
    entered = day + timedelta(days=chance.choice((0, 0, 1, 2)))
    book.add("sessions", name, day, entered=entered, **by, event="held", **setting, actual_minutes=minutes)
    book.add(
        "sessions",
        name,
        day,
        entered=entered,
        **by,
        event="cost-recorded",
        cost_kind="room-hire",
        amount="35.00",
        currency="XCD",
    )
    return Held(name, day, minutes)
