"""Help with what stands in the way: support episodes, from the request to the closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from examples.generate.book import Cell
from examples.generate.people import JUVENILE_COURT, MINISTRY
from examples.generate.way import Way

KINDS = (
    ("debt", "debts", "Too many bills."),
    ("accompanying-in-court", "criminal-law", "Does not want to go there alone."),
    ("dealing-with-authorities", "work", "Needs papers to be hired."),
    ("preventive-work", "mental-health", "Cannot sleep, and walks at night."),
    ("explaining-legal-terms", "criminal-law", "Has a letter nobody understands."),
    ("life-with-a-sentence", "housing", "Has to be out by the end of the month."),
    ("reporting-and-statements", "criminal-law", "Has to make a statement."),
    ("parole-application", "criminal-law", "Wants to write it well."),
    ("social-training", "finance", "Wants to learn to save."),
)
"""All nine kinds."""


def helped(way: Way, last: date) -> None:
    """Tell two episodes, one after the other, as far as there is time."""
    for number in range(2):
        first = way.day(64 + 45 * number)
        if first + timedelta(days=110) < last:
            _episode(way, KINDS[(way.number + 4 * number) % len(KINDS)], first, number)


def _episode(way: Way, kind: tuple[str, str, str], first: date, number: int) -> None:
    name, area, request = kind
    by: dict[str, Cell] = {"staff": way.key_worker}
    need = way.rows["need-0"] if number == 0 else None
    of = way.add(
        "support-episodes",
        first,
        event="requested",
        **by,
        kind=name,
        areas=(area,),
        request=request,
        need=need,
    )
    opened = way.because(way.key_worker, "needed", "Nothing else helps before this is seen to.")
    way.add("support-episodes", first + timedelta(days=2), event="opened", of=of, **opened)

    def add(days: int, event: str, **cells: Cell) -> None:
        day = first + timedelta(days=days)
        entered = day + timedelta(days=way.chance.choice((0, 0, 1)))
        way.add("support-episodes", day, entered=entered, event=event, of=of, **by, **cells)

    for action in range(way.chance.randint(3, 5)):
        add(
            5 + 14 * action,
            "action-recorded",
            minutes=10 * way.chance.randint(2, 9),
            medium=way.chance.choice(("in-person", "phone")),
            done_by=way.key_worker,
            account=f"Went through it together, part {action + 1}.",
        )
    _positions(way, name, area, add)
    _over(way, of, first + timedelta(days=80), add)


def _positions(way: Way, kind: str, area: str, add: Callable[..., None]) -> None:
    """What stood how, over time: debts, work, housing; and what the day asked for."""
    if kind == "accompanying-in-court":
        hearing = way.day(64 + 30)
        add(
            40,
            "court-accompanied",
            court=JUVENILE_COURT,
            hearing_on=hearing,
            hearing_outcome="adjourned",
            accompanied_by=way.key_worker,
        )
    if area in {"debts", "finance"}:
        owed = 100 * way.chance.randint(5, 30)
        for month in range(3):
            means = ("instalment-calendar",) if month == 0 else ("debt-reduced",)
            cells: dict[str, Cell] = {"currency": "XCD", "owed": owed - 60 * month, "monthly_instalment": 60}
            add(10 + 22 * month, "debt-position-recorded", means=means, **cells)
    if area in {"work", "mental-health"}:
        add(12, "employment-status-recorded", employment="neither")
        add(60, "employment-status-recorded", employment=way.chance.choice(("found-job", "short-term-work")))
    if area == "housing":
        add(12, "housing-status-recorded", housing="with-friends")
        add(60, "housing-status-recorded", housing=way.chance.choice(("own-home", "supported-housing")))
    if area == "mental-health":
        add(
            20,
            "crisis-intervention-recorded",
            minutes=50,
            medium="in-person",
            done_by=way.key_worker,
            account="Sat on the quay until it was over.",
            afterwards="at-home",
        )


def _over(way: Way, of: str, day: date, add: Callable[..., None]) -> None:
    turn = way.number % 7
    outcome = "not" if turn == 3 else way.chance.choice(("achieved", "partial"))  # noqa: PLR2004 - one in seven
    add(76, "outcome-recorded", outcome=outcome)
    closing: dict[str, Cell] = {"closed_as": "resolved"}
    if turn == 3:  # noqa: PLR2004 - as above
        closing = {"closed_as": "unresolved"}
    if turn == 5:  # noqa: PLR2004 - another one
        closing = {"closed_as": "transferred", "transferred_to": MINISTRY, "agreement": "with-ministry"}
    why = way.because(way.key_worker, "closing", "There is no more to do here.")
    way.add("support-episodes", day, event="closed", of=of, **closing, **why)
    if turn == 3:  # noqa: PLR2004 - as above
        again = way.because(way.key_worker, "again", "It came up again.")
        way.add("support-episodes", day + timedelta(days=12), event="reopened", of=of, **again)
