"""Figures that the source documents tell: examples, each with where it is from."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.measures.intervals import Interval, interval
from scp_events.vocabulary import Word


class Illustration(Word):
    """A figure of somebody else's."""

    id: str
    title: str
    where_from: str
    analogy: bool
    """Whether it speaks of something like what it is told for, and not of that itself."""
    caution: str
    """What keeps it from being more than an example."""


class Series(Illustration):
    """A number a year."""

    unit: str
    values: Mapping[int, int]


class Reported(Illustration):
    """So many of so many, as somebody reported it."""

    reoffended: int
    people: int
    follow_up_days: int | None
    """For how long it was looked at; None where that is not stated."""

    @property
    def rate(self) -> Interval | None:
        """Return what it says of the true rate; None where it cannot be reported as a rate."""
        return None if self.follow_up_days is None else interval(self.reoffended, self.people)


EMPLOYMENT_SUPPORT = Series(
    id="ex-offenders-in-employment-support",
    title="Ex-offenders in employment support programmes",
    where_from="a description of the certification of practitioners, which names no source of its own",
    analogy=True,
    caution="precise figures of certified practitioners are not available; the text calls these analogous",
    unit="thousand people",
    values={2020: 25, 2021: 30, 2022: 35},
)
MEDWAY = Reported(
    id="weekly-themes-in-medway",
    title="Women who took part in the original project in Medway, and reoffended",
    where_from="a report of a visit to a programme for women, Kent Probation",
    analogy=False,
    caution="no follow-up period is stated, so it is not reportable as a rate",
    reoffended=0,
    people=24,
    follow_up_days=None,
)
ILLUSTRATIONS: tuple[Series | Reported, ...] = (EMPLOYMENT_SUPPORT, MEDWAY)
