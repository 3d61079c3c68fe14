"""Whose story goes how: 120 people, one after the other, each from chances of their own."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from examples.generate import asking, attending, helping, law, mentoring, planning, way
from examples.generate.book import Book, Cell
from examples.generate.chances import chances
from examples.generate.groups import Group
from examples.generate.mentors import Mentor
from examples.generate.people import KEY_WORKERS, MINISTRY, person
from examples.generate.way import Way

FATES = (
    "completed",
    "continued",
    "completed",
    "withdrawn",
    "completed",
    "breached",
    "suspended",
    "completed",
    "removed",
    "completed",
    "overridden",
    "transferred",
    "completed",
)
"""In turn; 13, so that no group is like another."""
OF_THEIR_OWN = {
    3: "not-started",
    4: "lapsed",
    31: "announced",
    45: "not-started",
    60: "of age",
    78: "lapsed",
}
"""By number: what happens to few."""
NOT_TAKEN_ON = {
    9: "declined",
    27: "redirected",
    50: "waitlisted",
    62: "withdrawn",
    90: "declined",
    111: "redirected",
}
WAITED, BY_THEMSELVES = 36, frozenset({20, 71, 104})
TURN_EIGHTEEN = frozenset({2, 35, 60, 112})
"""In the middle of the programme, in the variant for minors."""
STILL_HERE = date(2025, 8, 1)
"""Whoever completed a programme of a group that began since then is with the organisation to this day."""
EXITS = {"withdrawn": "withdrew"}


def stories(book: Book, groups: list[Group], mentors: list[Mentor], seed: str) -> None:
    """Tell everybody's."""
    number = 0
    for group in groups:
        for _ in range(group.size):
            _story(_begin(book, group, number, chances(seed, number)), mentors)
            number += 1


def _begin(book: Book, group: Group, number: int, chance: Random) -> Way:
    age = chance.uniform(*group.course.ages)
    referred = group.starts - timedelta(days=way.BEFORE)
    if number in TURN_EIGHTEEN:
        age = 18 - (way.BEFORE + 45) / 365.25
    return Way(book, chance, number, person(number, age, referred, chance), group, chance.choice(KEY_WORKERS))


def _story(told: Way, mentors: list[Mentor]) -> None:
    if told.number not in BY_THEMSELVES:
        way.referred(told)
        if told.number in NOT_TAKEN_ON:
            _not_taken_on(told, NOT_TAKEN_ON[told.number])
            return
        if told.number == WAITED:
            way.answered(told, "waitlisted", days=4)
        way.answered(told, "accepted")
    fate = OF_THEIR_OWN.get(told.number, FATES[told.number % len(FATES)])
    way.registered(told)
    way.met(told, 14, told.day(66))
    way.understood(told)
    planning.planned(told, agreed_late=fate == "announced")
    over = attending.attended(told, fate)
    way.changes(told)
    _besides(told, mentors, over, fate)


def _not_taken_on(told: Way, outcome: str) -> None:
    more: dict[str, dict[str, Cell]] = {
        "redirected": {"redirected_to": MINISTRY},
        "withdrawn": {"withdrawn_by": "guardian"},
    }
    way.answered(told, outcome, **more.get(outcome, {}))


def _besides(told: Way, mentors: list[Mentor], over: date, fate: str) -> None:
    """Tell what goes on beside the sessions, and the exit."""
    stayed = fate not in attending.BROKEN_OFF
    last = max(over, told.group.ends) + timedelta(days=way.AFTER if stayed else 40)
    if fate == "not-started":
        last = over + timedelta(days=40)
    way.met(told, 67, last - timedelta(days=5))
    planning.reviewed(told, last - timedelta(days=20))
    helping.helped(told, last)
    if told.number % 4 != 1 and stayed:
        mentoring.mentored(told, mentors, last)
    if told.number % 2 == 0:
        law.sanctioned(told, last, fulfilled=stayed)
    if told.number % 4 == 2:  # noqa: PLR2004 - one in four
        law.offended(told, last)
    law.observed(told)
    asking.asked(told, last)
    if stayed and told.group.starts >= STILL_HERE:
        return
    planning.closed(told, last - timedelta(days=8), achieved=stayed and told.number % 3 != 0)
    way.left(told, last, "completed" if stayed else EXITS.get(fate, fate))
