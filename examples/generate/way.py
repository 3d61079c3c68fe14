"""A young person's way from the referral to the exit: what every case has, and its row ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from random import Random

from examples.generate.book import Book, Cell
from examples.generate.grounds import CONSENT, COURT, DIVERSION, RULES, VIEWS, grounds
from examples.generate.groups import Group
from examples.generate.people import (
    JUVENILE_COURT,
    KEY_WORKERS,
    MANAGER,
    REFERRERS,
    SUPERVISOR,
    Person,
)

BEFORE = 70
"""Days from the referral to the first session."""
AFTER = 150
"""Days from the last session to the exit."""
BEFORE_THE_STORY = 4
"""Meetings, before somebody tells their story."""
LATE = 19
"""Every so many contacts, one was found weeks later in a notebook."""


@dataclass
class Way:
    """A case while it is told."""

    book: Book
    chance: Random
    number: int
    person: Person
    group: Group
    key_worker: str
    rows: dict[str, str] = field(default_factory=dict)
    """Row ids that later rows name, by what they say."""
    agreed_on: date = date.max
    """When they agreed to the plan."""
    found_late: tuple[str, date] | None = None
    """A contact that was written down long after it happened, and when."""

    def day(self, days: int) -> date:
        """Return a day counted from the referral."""
        return self.group.starts + timedelta(days=days - BEFORE)

    def add(self, sheet: str, day: date, /, *, entered: date | None = None, **cells: Cell) -> str:
        """Write a row about this case."""
        return self.book.add(sheet, self.person.case, day, entered=entered, **cells)

    def says(self) -> str:
        """Return what they say when asked."""
        return self.chance.choice(VIEWS)

    def because(
        self, by: str, code: str, reason: str, *, law: str = RULES, relied_on: tuple[str, ...] = ()
    ) -> dict[str, Cell]:
        """Return the grounds of a decision about them, of which they were asked."""
        return grounds(by, code, reason, law=law, views=self.says(), relied_on=relied_on)


# --- coming to the programme ------------------------------------------------------------------------------

_LAWS = {"court-order": COURT, "diversion": DIVERSION, "ministry": RULES}
_DEEDS = (
    "Rode a bicycle that was not theirs.",
    "Took a boat out at night.",
    "Painted a wall of the customs house.",
    "Missed school for two months.",
    "Sold what was found on the quay.",
)


def referred(way: Way) -> None:
    """An agency refers them, and the programme confirms it."""
    route = way.chance.choice(tuple(_LAWS))
    reason = way.because(
        REFERRERS[route], route, "A programme suits better than a hearing.", law=_LAWS[route]
    )
    way.rows["referral"] = way.add(
        "referrals",
        way.day(0),
        entered=way.day(2),
        referred_by=REFERRERS[route],
        programme=way.group.course.programme,
        route=route,
        circumstances=way.chance.choice(_DEEDS),
        received_on=way.day(2),
        received_by=MANAGER,
        **(reason | {"options": ("programme", "formal-caution", "no-action")}),
    )


def answered(way: Way, outcome: str, days: int = 8, **more: Cell) -> None:
    """The programme answers a referral."""
    found: dict[str, Cell] = {"eligible": "yes", "suitability": "suitable"}
    if outcome != "accepted":
        found = {"eligible": "yes", "suitability": "suitable-not-ready"}
    reason = way.because(SUPERVISOR, "criteria", "As the criteria say.")
    options = {"options": ("accept", "waitlist", "decline", "no-action")}
    way.add(
        "referral-decisions",
        way.day(days),
        referral=way.rows["referral"],
        **found,
        outcome=outcome,
        **more,
        **(reason | options),
    )


def registered(way: Way) -> None:
    """They are taken on; a key worker answers for them, and boundaries are agreed at the onset."""
    person, worker = way.person, way.key_worker
    way.rows["registration"] = way.add(
        "people",
        way.day(10),
        registered_by=MANAGER,
        referral=way.rows.get("referral"),
        name=person.name,
        date_of_birth=person.born,
        preferred_language=person.language,
        guardian=person.guardian,
    )
    first = way.because(SUPERVISOR, "first-assignment", "Has a place free and knows the area.")
    way.add("key-workers", way.day(10), kind="assigned", key_worker=worker, **first)
    if way.number % 19 == 7:  # noqa: PLR2004 - some of them
        why = way.because(worker, "not-yet", "Wanted to sleep on it.", law=CONSENT)
        way.add("milestones", way.day(11), kind="boundaries declined", staff=worker, **why)
    agreed = way.because(worker, "onset-of-engagement", "Agreed at the first meeting.", law=CONSENT)
    way.rows["boundaries"] = way.add(
        "milestones",
        way.day(12),
        kind="boundaries agreed",
        staff=worker,
        words="We are on time, and what is said stays here unless somebody is in danger.",
        **agreed,
    )
    _consents(way)


def _consents(way: Way) -> None:
    day = way.day(12)
    by_whom = "guardian" if way.group.course.variant == "minors" else "participant"
    given: dict[str, Cell] = {
        "kind": "given",
        "by_whom": by_whom,
        "capacity_noted": "yes",
        "staff": way.key_worker,
    }
    way.add("consents", day, **given, scope="progress-report", recipient=JUVENILE_COURT)
    way.add("consents", day, **given, scope="publish-testimony", recipient="harbour-lights")
    if way.number % 13 == 5:  # noqa: PLR2004 - some of them
        back: dict[str, Cell] = {"kind": "withdrawn", "by_whom": "participant", "staff": way.key_worker}
        way.add("consents", way.day(130), **back, scope="publish-testimony", recipient="harbour-lights")


# --- being met --------------------------------------------------------------------------------------------

_NOTES = (
    "Counted the instalments that are paid.",
    "Looked at the calendar for the month together.",
    "Walked along the quay and talked about school.",
    "Filled in the form for the football club.",
    "Spoke about the evening it all went wrong.",
    "Wrote a letter and did not send it.",
    "Cooked, and talked about money.",
    "Rang the landlord together.",
)
_MEDIA = ("in person", "in person", "in person", "phone", "video", "message")


def met(way: Way, first: int, last: date) -> None:
    """Somebody meets them every week, or tries to, and writes it down the same day or some days later."""
    day, number = way.day(first), 0
    while day < last:
        _contact(way, day, number)
        number += 1
        early = first < BEFORE - 20 and number <= BEFORE_THE_STORY
        day += timedelta(days=7 if early else way.chance.choice((8, 9, 10, 11, 13)))


def _contact(way: Way, day: date, number: int) -> None:
    chance = way.chance
    first = number < BEFORE_THE_STORY
    outcome = "held" if first else chance.choice(("held",) * 8 + ("did not attend", "cancelled"))
    late = number > 2 * BEFORE_THE_STORY and (number + way.number) % LATE == 0
    entered = day + timedelta(
        days=chance.randint(24, 40) if late else chance.choice((0, 0, 0, 1, 3)) * (not first)
    )
    at = time(chance.randint(9, 18), chance.choice((0, 15, 30, 45)))
    row = way.add(
        "contacts",
        day,
        entered=entered,
        time=chance.choice((at, at, None)),
        made_by=way.key_worker,
        medium=chance.choice(_MEDIA),
        outcome=outcome,
        minutes=5 * chance.randint(3, 14) if outcome == "held" else None,
        others_present=("guardian",) if chance.random() < 0.2 else None,  # noqa: PLR2004 - one in five
        note=f"{chance.choice(_NOTES)} ({number + 1})" if outcome == "held" else None,
    )
    if late:
        way.found_late = (row, entered)


def understood(way: Way) -> None:
    """The story is told, and confirmed; an assessment follows."""
    worker = way.key_worker
    told = "Told how the last year went, from the move to the evening it all went wrong."
    way.rows["story"] = way.add("milestones", way.day(38), kind="story told", staff=worker, words=told)
    way.add("milestones", way.day(40), kind="story confirmed", staff=worker)
    way.add(
        "milestones",
        way.day(41),
        kind="choice",
        staff=worker,
        about="start",
        words="Wants to begin in the morning.",
    )
    way.rows["assessment"] = assessed(way, way.day(42), "medium")


def assessed(way: Way, day: date, risk: str, entered: date | None = None) -> str:
    """They are assessed."""
    needs = way.chance.sample(("work", "debts", "housing", "peers", "education", "family"), 2)
    return way.add(
        "assessments",
        day,
        entered=entered,
        assessed_by=way.key_worker,
        instrument="example-inventory",
        instrument_version="2.1",
        risk_level=risk,
        needs=needs,
        scores=tuple(f"{need}={way.chance.randint(2, 9) / 2}" for need in needs),
    )


def changes(way: Way) -> None:
    """Some are handed over, and some take a break."""
    if way.number % 9 == 2:  # noqa: PLR2004 - some of them
        others = [each for each in KEY_WORKERS if each != way.key_worker]
        way.key_worker = way.chance.choice(others)
        reason = way.because(SUPERVISOR, "caseload", "The caseload of the one before is full.")
        note = "Trust comes with time; keep to what was agreed."
        way.add(
            "key-workers",
            way.day(66),
            kind="handed-over",
            key_worker=way.key_worker,
            handover_note=note,
            **reason,
        )


def left(way: Way, day: date, reason: str) -> None:
    """They leave, with a plan for afterwards or without one."""
    planned = reason == "completed"
    if way.number % 15 == 6:  # noqa: PLR2004 - some of them
        why = way.because(way.key_worker, "break", "Asked for some days off.")
        way.add("milestones", day - timedelta(days=4), kind="paused", staff=way.key_worker, **why)
        why = way.because(way.key_worker, "break-over", "Came back as agreed.")
        way.add("milestones", day - timedelta(days=2), kind="resumed", staff=way.key_worker, **why)
    why = way.because(way.key_worker, reason, "As was agreed at the last meeting.")
    words: dict[str, Cell] = {"words": "Keep to the week's plan; ring before it gets difficult."}
    if not planned:
        words = {"no_exit_plan_because": "Did not come to the last meeting."}
    way.add("milestones", day, kind="exited", staff=way.key_worker, exit_reason=reason, **words, **why)
    if way.number % 17 == 4:  # noqa: PLR2004 - some of them
        back = day + timedelta(days=30)
        why = way.because(way.key_worker, "came-back", "Stood at the door and asked.")
        way.add("milestones", back, kind="re-engaged", staff=way.key_worker, **why)
