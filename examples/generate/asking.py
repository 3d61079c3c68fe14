"""What they say of the programme: satisfaction at set intervals, and testimony that may be taken back."""

from __future__ import annotations

from datetime import date

from examples.generate.book import Cell
from examples.generate.people import JUVENILE_COURT
from examples.generate.way import Way

WORDS = (
    "Somebody asked me what I wanted. That was new.",
    "I came because I had to, and stayed because of the boats.",
    "It helped that nobody shouted.",
    "I would tell my cousin to go.",
)


def asked(way: Way, last: date) -> None:
    """They are asked every two months; a partner now and then."""
    for days in (80, 140, 200):
        if way.day(days) < last:
            _satisfaction(way, way.day(days), said_by="participant")
    if way.number % 6 == 0:
        _satisfaction(way, way.day(90), said_by="community-organisation", organisation=JUVENILE_COURT)
    day = way.day(150)
    if way.number % 3 == 0 and day < last:
        by: dict[str, Cell] = {"staff": way.key_worker}
        words = way.chance.choice(WORDS)
        told = way.add("feedback", day, event="testimony-given", **by, words=words, shown_as="a young person")
        if way.number % 9 == 0:
            way.add("feedback", way.day(155), event="testimony-withdrawn", **by, testimony=told)


def _satisfaction(way: Way, day: date, **said_by: Cell) -> None:
    way.add(
        "feedback",
        day,
        event="satisfaction-recorded",
        staff=way.key_worker,
        instrument="example-questions",
        instrument_version="1.0",
        lowest=1,
        highest=10,
        score=way.chance.randint(3, 10),
        collected="on-paper",
        **said_by,
    )
