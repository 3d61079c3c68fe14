"""An enrolment: who came, for how long, what was made up for, and how it ended."""

from __future__ import annotations

from datetime import date, timedelta

from examples.generate.book import Cell
from examples.generate.groups import Held
from examples.generate.way import Way

PHASES_BEGIN = (0, 5, 11)
"""Before which session each phase begins."""
BROKEN_OFF = {"withdrawn": 5, "removed": 7, "breached": 6, "transferred": 4, "not-started": 0}
"""After how many sessions an enrolment ends that is not completed."""
SUSPENDED_AFTER = 3


def attended(way: Way, fate: str) -> date:
    """Tell an enrolment; return the day on which it is over."""
    course = way.group.course
    of = way.add(
        "enrolments",
        way.day(56),
        event="offered",
        staff=way.key_worker,
        programme=course.programme,
        group=way.group.code,
    )
    way.rows["enrolment"] = of
    enrolled = way.because("cm-gorse", "place-accepted", "Wants to take part, and is of the age.")
    way.add(
        "enrolments",
        way.day(58),
        event="enrolled",
        of=of,
        programme=course.programme,
        variant=course.variant,
        referral_id=way.rows.get("referral"),
        audience_confirmed="yes" if course.variant == "women" else None,
        **enrolled,
    )
    sessions = way.group.sessions[: BROKEN_OFF.get(fate)]
    missing = {
        session.name: _session(way, of, number, session, fate) for number, session in enumerate(sessions)
    }
    if fate in BROKEN_OFF:
        return _broken_off(way, of, fate, sessions)
    return _completed(way, of, fate, missing)


# --- session by session -----------------------------------------------------------------------------------


def _session(way: Way, of: str, number: int, session: Held, fate: str) -> int:
    """Write down who came; return how many of the session's minutes were missed."""
    if way.group.course.phases and number in PHASES_BEGIN:
        phase = way.group.course.phases[PHASES_BEGIN.index(number)]
        way.add("enrolments", session.on, event="phase-entered", of=of, staff=way.key_worker, phase=phase)
    if fate == "suspended" and number == SUSPENDED_AFTER:
        _rest(way, of, session.on)
    arrived, left, absence = _presence(way, session, fate)
    row = way.add(
        "enrolments",
        session.on,
        entered=session.on + timedelta(days=way.chance.choice((0, 0, 1, 2))),
        event="attendance-recorded",
        of=of,
        staff=way.key_worker,
        session=session.name,
        arrived_minutes=arrived,
        left_minutes=left,
        absence=absence,
        explanation="Said that the bus did not come." if absence else None,
        behaviour=None if absence else way.chance.choice(("calm", "restless", "helpful")),
        engagement=None if absence else way.chance.choice(("high", "some", "little")),
    )
    if absence is None:
        way.rows["attendance"], way.rows["attended"] = row, session.name
    elif absence != "logistics":
        _judged(way, of, session, absence)
    full = max(session.minutes, way.group.course.minutes)
    return full - ((left or 0) - (arrived or 0))


def _presence(way: Way, session: Held, fate: str) -> tuple[int | None, int | None, str | None]:
    """Return when they came and went, counted from the beginning; or why they were not there."""
    chance, minutes = way.chance, session.minutes
    often_away = 0.25 if fate in {"overridden", "removed", "breached"} else 0.06
    if chance.random() < often_away and fate != "lapsed":
        return None, None, chance.choice(("acceptable", "unacceptable", "logistics"))
    late = chance.choice((0,) * 8 + (10, 25))
    early = chance.choice((0,) * 9 + (20,))
    return late, minutes - early, None


def _judged(way: Way, of: str, session: Held, absence: str) -> None:
    """Some reasons are judged anew once there is a note from somebody."""
    day = session.on + timedelta(days=4)
    about: dict[str, Cell] = {"of": of, "session": session.name}
    if absence == "unacceptable" and way.chance.random() < 0.5:  # noqa: PLR2004 - half of them
        why = way.because(way.key_worker, "note-from-clinic", "There is a note.")
        way.add("enrolments", day, event="absence-reason-accepted", **about, **why)
    elif absence == "acceptable" and way.chance.random() < 0.3:  # noqa: PLR2004 - some
        why = way.because(way.key_worker, "no-note", "There is no note.")
        way.add("enrolments", day, event="absence-reason-rejected", **about, **why)


def _rest(way: Way, of: str, before: date) -> None:
    why = way.because(way.key_worker, "illness", "Ill for some days.")
    way.add("enrolments", before - timedelta(days=6), event="suspended", of=of, **why)
    why = way.because(way.key_worker, "well-again", "Is well again.")
    way.add("enrolments", before - timedelta(days=1), event="resumed", of=of, **why)


# --- how it ends ------------------------------------------------------------------------------------------


def _broken_off(way: Way, of: str, fate: str, sessions: tuple[Held, ...]) -> date:
    day = (sessions[-1].on if sessions else way.group.starts) + timedelta(days=6)
    if fate in {"breached", "removed"}:
        way.add(
            "enrolments",
            day,
            event="non-compliance-recorded",
            of=of,
            staff=way.key_worker,
            matter="absent-again",
            note="Was not there, and did not ring.",
        )
    if fate == "breached":
        why = way.because(way.key_worker, "absent-again", "Was told twice.")
        way.add("enrolments", day + timedelta(days=2), event="breach-initiated", of=of, **why)
    over = day + timedelta(days=7)
    why = way.because("cm-gorse", fate, "As is recorded.")
    way.add("enrolments", over, event="ended", of=of, enrolment_reason=fate, **why)
    return over


def _completed(way: Way, of: str, fate: str, missing: dict[str, int]) -> date:
    course, day = way.group.course, way.group.ends + timedelta(days=7)
    credited = sum(max(s.minutes, course.minutes) for s in way.group.sessions) - sum(missing.values())
    if fate == "of age":
        why = way.because(
            "cm-gorse", "came-of-age", "Turned eighteen, works in the daytime, and does what adults do."
        )
        way.add(
            "enrolments",
            way.group.ends - timedelta(days=2),
            event="variant-changed",
            of=of,
            variant="adults",
            **why,
        )
    short = course.required - credited
    if fate == "overridden" and short > 0:
        return _overridden(way, of, day)
    for name, missed in missing.items():
        if short <= 0:
            break
        minutes = min(missed, short)
        if minutes > 0:
            day += timedelta(days=1)
            _catch_up(way, of, day, name, minutes)
            short -= minutes
    return _decided(way, of, fate, day + timedelta(days=7))


def _catch_up(way: Way, of: str, day: date, session: str, minutes: int) -> None:
    way.add(
        "enrolments",
        day,
        event="catch-up-credited",
        of=of,
        staff=way.key_worker,
        session=session,
        minutes=minutes,
        means="individual-session",
    )


def _overridden(way: Way, of: str, day: date) -> date:
    why = way.because("cm-gorse", "nearly-all", "Did the rest at the boatyard, of which there is no list.")
    way.add("enrolments", day, event="completion-overridden", of=of, outcome="completed", **why)
    return day


def _decided(way: Way, of: str, fate: str, day: date) -> date:
    if fate == "announced":
        day = way.group.ends + timedelta(days=30)
        way.add("enrolments", day, event="completion-requirements-met", of=of, staff=way.key_worker)
    why = way.because("cm-gorse", "requirements-met", "Minutes and plan are there.")
    day += timedelta(days=2)
    way.add("enrolments", day, event="programme-completed", of=of, **why)
    if fate == "continued":
        went_on: dict[str, Cell] = {"of": of, "staff": way.key_worker}
        later = day + timedelta(days=10)
        way.add(
            "enrolments", later, event="voluntary-continuation-started", **went_on, areas=("debts", "work")
        )
        way.add(
            "enrolments",
            later + timedelta(days=60),
            event="voluntary-continuation-ended",
            **went_on,
            enrolment_reason_code="found-work",
        )
    if fate == "lapsed":
        _taken_away(way, day + timedelta(days=21))
    return day


def _taken_away(way: Way, found: date) -> None:
    """The list of a session turns out to be another person's: most of its minutes were not theirs."""
    wrong = dict(way.book.find("enrolments", way.rows["attendance"]))
    why = way.because("cm-gorse", "wrong-list", "The signature is somebody else's.")
    cells = {**wrong, "left_minutes": 15, "arrived_minutes": 0, **why}
    for name in ("row", "case", "happened_on", "entered_on"):
        cells.pop(name)
    on = wrong["happened_on"]
    assert isinstance(on, date)  # noqa: S101 - we wrote it
    way.rows["lapse"] = way.add("enrolments", on, entered=found, corrects=way.rows["attendance"], **cells)
