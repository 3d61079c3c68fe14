"""A mentor is found for somebody: ranked, proposed, accepted, met, reviewed, closed."""

from __future__ import annotations

from datetime import date, timedelta

from examples.generate.book import Cell
from examples.generate.mentors import Mentor
from examples.generate.way import Way

EVERY = 80
"""Days from one review to the next."""


def mentored(way: Way, mentors: list[Mentor], last: date) -> None:
    """Tell a match, if a mentor has a place for so long."""
    first = way.day(72)
    over = min(last - timedelta(days=12), first + timedelta(days=230))
    free = [mentor for mentor in mentors if mentor.is_free(first, over)]
    if not free or over < first + timedelta(days=40):
        return
    ranked = sorted(free, key=lambda mentor: (-sum(mentor.suits(way.person)), mentor.code))
    busy = [mentor.code for mentor in mentors if mentor not in free]
    of = _ranking(way, first - timedelta(days=10), ranked, busy)
    if way.number % 10 == 7:  # noqa: PLR2004 - some of them
        _declined(way, of, ranked, first)
        return
    chosen = ranked[1] if way.number % 6 == 1 and len(ranked) > 1 else ranked[0]
    _proposed(way, of, chosen, first, another=chosen is not ranked[0])
    _in_being(way, of, chosen, first, over)
    chosen.taken.append((first, over))


def _ranking(way: Way, day: date, ranked: list[Mentor], busy: list[str]) -> str:
    return way.add(
        "matches",
        day,
        event="candidates-ranked",
        staff=way.key_worker,
        algorithm="by-hand",
        algorithm_version="2025.1",
        candidates="\n".join(_candidate(way, mentor) for mentor in ranked),
        excluded="\n".join(f"mentor={code}; constraints=no-place" for code in busy) or None,
    )


def _candidate(way: Way, mentor: Mentor) -> str:
    area, interests = mentor.suits(way.person)
    factors = f"factor:area score:{area} weight:1, factor:interests score:{interests} weight:1"
    return f"mentor={mentor.code}; score={area + interests}; factors={factors}"


def _declined(way: Way, of: str, ranked: list[Mentor], first: date) -> None:
    _proposal(way, of, ranked[0], first, another=False)
    words = "Would rather have nobody for now."
    way.add(
        "matches",
        first,
        event="declined",
        of=of,
        staff=way.key_worker,
        declined_by="participant",
        match_reason=words,
    )


def _proposal(way: Way, of: str, chosen: Mentor, first: date, *, another: bool) -> None:
    why = way.because(way.key_worker, "compatible", "Of one area, and with something to talk about.")
    way.add(
        "matches",
        first - timedelta(days=8),
        event="proposed",
        of=of,
        mentor=chosen.code,
        ranking=of,
        not_the_first_because="They know each other from school." if another else None,
        **why,
    )


def _proposed(way: Way, of: str, chosen: Mentor, first: date, *, another: bool) -> None:
    _proposal(way, of, chosen, first, another=another)
    by: dict[str, Cell] = {"of": of, "staff": way.key_worker}
    way.add("matches", first - timedelta(days=5), event="accepted-by-participant", **by)
    way.add("matches", first - timedelta(days=4), event="accepted-by-mentor", **by)
    why = way.because(way.key_worker, "both-agreed", "Both have said yes.")
    review = first + timedelta(days=EVERY)
    way.add("matches", first, event="started", of=of, mentor=chosen.code, next_review_on=review, **why)


def _in_being(way: Way, of: str, chosen: Mentor, first: date, over: date) -> None:
    day = first + timedelta(days=9)
    while day < over - timedelta(days=6):
        way.add(
            "matches",
            day,
            entered=day + timedelta(days=way.chance.choice((0, 0, 2))),
            event="contact-recorded",
            of=of,
            staff=way.key_worker,
            minutes=15 * way.chance.randint(2, 8),
            medium=way.chance.choice(("in-person", "phone")),
        )
        day += timedelta(days=way.chance.choice((14, 18, 21)))
    if way.number % 12 == 6:  # noqa: PLR2004 - some of them
        _rests(way, of, chosen, first)
    _reviewed(way, of, first, over)
    _rated(way, chosen.code, first)
    early = way.number % 8 == 2  # noqa: PLR2004 - some of them
    why = way.because(way.key_worker, "match-over", "As both wished.")
    reason = "early" if early else "completed"
    way.add("matches", over, event="closed", of=of, mentor=chosen.code, match_reason=reason, **why)


def _rests(way: Way, of: str, chosen: Mentor, first: date) -> None:
    why = way.because(way.key_worker, "away", "One of the two is away.")
    way.add("matches", first + timedelta(days=20), event="paused", of=of, **why)
    why = way.because(way.key_worker, "back", "Back again.")
    way.add("matches", first + timedelta(days=34), event="resumed", of=of, mentor=chosen.code, **why)


def _reviewed(way: Way, of: str, first: date, over: date) -> None:
    day, rounds = first + timedelta(days=EVERY), ("continue", "adjust", "continue")
    for outcome in rounds:
        if day < over - timedelta(days=10):
            why = way.because(way.key_worker, "regular-review", "Asked both.")
            next_on = day + timedelta(days=EVERY)
            way.add("matches", day, event="reviewed", of=of, outcome=outcome, next_review_on=next_on, **why)
        day += timedelta(days=EVERY)
    why = way.because(way.key_worker, "last-review", "Has what they came for.")
    way.add("matches", over - timedelta(days=2), event="reviewed", of=of, outcome="end", **why)


def _rated(way: Way, mentor: str, first: date) -> None:
    for number, said_by in enumerate(("participant", "companion")):
        way.add(
            "feedback",
            first + timedelta(days=30 + number),
            event="relationship-rated",
            staff=way.key_worker,
            instrument="example-scale",
            instrument_version="1.0",
            lowest=1,
            highest=5,
            score=way.chance.randint(2, 5),
            collected="on-paper",
            companion=mentor,
            companion_is="mentor",
            said_by=said_by,
        )
