"""Who is in it: 120 young people named after plants and places, and staff who are codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_FIRST = """
    Fig Basil Clover Pepper Linnet Juniper Teasel Wren Bracken Saffron Tansy Heron Burdock Cicely Plover
    Fern Quillwort Marram Thrift Sorrel Pimpernel Campion Larch Mallow Rowan Yarrow Comfrey Dunlin Speedwell
    Orache
""".split()  # noqa: SIM905 - a list of words reads best as text
_SECOND = """
    Applegate Underhill Fieldmouse Willowbrook Saltmarsh Lanternby Kettlewick Driftwood Mossbank Puddlefoot
    Thistledown Oxbow Cobblestone Rookery Seagrass Millrace Tumbledown Hayrick Gullswing Pebblecombe
""".split()  # noqa: SIM905 - as above
_LANGUAGES = ("en", "en", "en", "es", "fr")
AREAS = ("harbour", "hillside", "old-town")
INTERESTS = ("football", "boats", "cooking", "music", "drawing", "gardening")


@dataclass(frozen=True)
class Person:
    """A young person, as a sheet knows them."""

    case: str
    name: str
    born: date
    guardian: str
    language: str
    area: str
    interests: tuple[str, ...]


def person(number: int, age: float, on: date, chance: Random) -> Person:
    """Return the person of a number, who is of an age on a day."""
    first = _FIRST[number % len(_FIRST)]
    second = _SECOND[(number * 7 + number // len(_FIRST)) % len(_SECOND)]
    return Person(
        case=f"HL-{on.year}-{number + 1:03}",
        name=f"{first} {second}",
        born=on - timedelta(days=round(age * 365.25)),
        guardian=f"{chance.choice(('Aunt', 'Uncle', 'Grandmother'))} {chance.choice(_FIRST)}",
        language=chance.choice(_LANGUAGES),
        area=chance.choice(AREAS),
        interests=tuple(chance.sample(INTERESTS, 2)),
    )


NGO, JUVENILE_COURT, POLICE, MINISTRY, WORKSHOP = (
    "harbour-lights",
    "lantern-bay-court",
    "lantern-bay-police",
    "ministry-of-second-starts",
    "driftwood-workshop",
)
KEY_WORKERS = tuple(f"kw-{name}" for name in ("avens", "bistort", "catmint", "dock", "elder", "fennel"))
MANAGER, SUPERVISOR = "cm-gorse", "sv-hazel"
REFERRERS = {"court-order": "co-iris", "diversion": "po-jasmine", "ministry": "mo-knapweed"}
_ASSESSES = ("needs-assessment", "crisis-intervention")
STAFF = (
    *((worker, "key-worker", NGO, _ASSESSES) for worker in KEY_WORKERS),
    (MANAGER, "case-manager", NGO, _ASSESSES),
    (SUPERVISOR, "supervisor", NGO, ()),
    (REFERRERS["court-order"], "court-officer", JUVENILE_COURT, ()),
    (REFERRERS["diversion"], "police-officer", POLICE, ()),
    (REFERRERS["ministry"], "ministry-officer", MINISTRY, ()),
)
"""Code, role, organisation, credentials."""
