"""The plan (IRP): made with them, agreed by them, looked at again and closed."""

from __future__ import annotations

from datetime import date, timedelta

from examples.generate.book import Cell
from examples.generate.way import Way, assessed

_NEEDS = (
    ("work", "Has never had paid work and would like to.", "Finish a taster week at the bakery"),
    ("debts", "Owes for a phone that is gone.", "Keep to the instalments for three months"),
    ("housing", "Sleeps at three places in turn.", "Stay at one address"),
    ("education", "Left school a year early.", "Sit in on two classes"),
)
_STEPS = ("Ask for a first appointment together", "Write down what is needed")


def planned(way: Way, *, agreed_late: bool = False) -> None:
    """A plan is drafted, agreed, approved and started."""
    by: dict[str, Cell] = {"staff": (way.key_worker,)}
    plan = way.add("plans", way.day(46), kind="draft", **by)
    way.rows["plan"] = plan
    for number in range(3):
        _need(way, number)
    way.add("plans", way.day(52), kind="proposed", plan=plan, **by)
    if way.number % 11 == 3:  # noqa: PLR2004 - some of them
        way.add(
            "plans", way.day(53), kind="declined", plan=plan, text="Not like this: too much at once.", **by
        )
        way.add("plans", way.day(54), kind="proposed", plan=plan, **by)
    agreed = way.group.ends + timedelta(days=20) if agreed_late else way.day(55)
    way.rows["agreed"] = way.add(
        "plans", agreed, kind="agreed", plan=plan, text="This is what I want to do.", **by
    )
    way.agreed_on, later = agreed, agreed + timedelta(days=2)
    reason = way.because(
        "cm-gorse", "complete", "Every goal comes from a need.", relied_on=(way.rows["assessment"],)
    )
    way.add("plans", later, kind="approved", plan=plan, **by, **reason)
    review = later + timedelta(days=80)
    way.add("plans", later + timedelta(days=1), kind="started", plan=plan, due_on=review, **by)


def _need(way: Way, number: int) -> None:
    domain, need, goal = _NEEDS[(way.number + number) % len(_NEEDS)]
    plan = way.rows["plan"]
    by: dict[str, Cell] = {"staff": (way.key_worker,)}
    evidence = (way.rows["story"], way.rows["assessment"])
    priority = ("key", "important", "later")[number]
    way.rows[f"need-{number}"] = way.add(
        "plans",
        way.day(47),
        kind="need",
        plan=plan,
        domain=domain,
        priority=priority,
        text=need,
        evidence=evidence,
        **by,
    )
    way.rows[f"goal-{number}"] = way.add(
        "plans",
        way.day(48),
        kind="goal",
        plan=plan,
        about=way.rows[f"need-{number}"],
        text=goal,
        due_on=way.day(180),
        **by,
    )
    for place, step in enumerate(_STEPS):
        way.rows[f"step-{number}-{place}"] = way.add(
            "plans",
            way.day(49),
            kind="step",
            plan=plan,
            about=way.rows[f"goal-{number}"],
            text=step,
            due_on=way.day(80),
            responsible="participant" if place else "key worker",
            responsible_person=None if place else way.key_worker,
            **by,
        )


def reviewed(way: Way, last: date) -> None:
    """Steps are taken, progress is noted, and every two months or so the plan is looked at."""
    plan, day = way.rows["plan"], way.day(75)
    for number in range(3):
        for place in range(2):
            on = day + timedelta(days=6 * number + place)
            if way.agreed_on < on < last:
                _step(way, on, number, place)
    round_ = 0
    while (on := way.day(110 + 55 * round_)) < last - timedelta(days=30):
        if on > way.agreed_on + timedelta(days=5):
            _round(way, plan, on, round_)
        round_ += 1


def _step(way: Way, on: date, number: int, place: int) -> None:
    way.add(
        "reviews",
        on,
        kind="step-status",
        staff=way.key_worker,
        plan=way.rows["plan"],
        about=way.rows[f"step-{number}-{place}"],
        outcome=("done", "in-progress", "dropped")[(number + place + way.number) % 3],
    )


def _round(way: Way, plan: str, on: date, number: int) -> None:
    by: dict[str, Cell] = {"staff": way.key_worker, "plan": plan}
    for goal in range(3):
        outcome = ("not", "partial", "achieved")[min(number, 2)]
        about = way.rows[f"goal-{goal}"]
        way.add(
            "reviews",
            on,
            kind="progress",
            **by,
            about=about,
            outcome=outcome,
            text=f"Looked at it, time {number + 1}.",
        )
    seen = assessed(way, on + timedelta(days=1), way.chance.choice(("low", "medium", "high")))
    way.add("reviews", on + timedelta(days=3), kind="review-started", **by, outcome="regular")
    why = way.because(
        way.key_worker, "regular-review", "Looked at every goal.", relied_on=(seen, *_late(way, on))
    )
    next_on = on + timedelta(days=60)
    way.add(
        "reviews",
        on + timedelta(days=5),
        kind="reviewed",
        **by,
        outcome="kept",
        next_review_on=next_on,
        **why,
    )


def _late(way: Way, on: date) -> tuple[str, ...]:
    """Return the contact that was found in a notebook, if it was by then."""
    return (way.found_late[0],) if way.found_late and way.found_late[1] <= on else ()


def closed(way: Way, day: date, *, achieved: bool) -> None:
    """The plan is closed: as achieved where every goal was."""
    by: dict[str, Cell] = {"staff": way.key_worker, "plan": way.rows["plan"]}
    if achieved:
        for goal in range(3):
            why = way.because(way.key_worker, "goal-reached", "It was done, and it lasted.")
            way.add("reviews", day, kind="goal-achieved", **by, about=way.rows[f"goal-{goal}"], **why)
    why = way.because(way.key_worker, "closing", "As was agreed at the last meeting.")
    way.add(
        "reviews",
        day + timedelta(days=1),
        kind="closed",
        **by,
        outcome="achieved" if achieved else "ended",
        **why,
    )
