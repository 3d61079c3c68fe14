"""What courts and police say: sanctions, offences, and whether somebody can be observed."""

from __future__ import annotations

from datetime import date, timedelta

from examples.generate.book import Cell
from examples.generate.grounds import COURT
from examples.generate.people import MANAGER, REFERRERS, SUPERVISOR
from examples.generate.way import Way


def sanctioned(way: Way, last: date, *, fulfilled: bool) -> None:
    """A court had something done."""
    by: dict[str, Cell] = {"staff": MANAGER}
    imposed = way.day(12)
    of = way.add(
        "sanctions",
        imposed,
        event="imposed",
        **by,
        kind="alternative-punishment" if way.number % 2 else "educational-measure",
        instrument="service-order",
        imposed_by="lantern-bay-court",
        imposed_as="juvenile-panel",
        to_be_done="Forty hours on the quay.",
        due_on=way.day(400),
    )
    way.add("sanctions", way.day(60), event="serving-started", of=of, **by)
    if way.number % 14 == 8:  # noqa: PLR2004 - some of them
        why = way.because(REFERRERS["court-order"], "appeal", "The appeal was heard.", law=COURT)
        way.add("sanctions", last - timedelta(days=9), event="revoked", of=of, **why)
        return
    outcome = "successfully" if fulfilled else "unsuccessfully"
    why = way.because(MANAGER, "hours-done" if fulfilled else "hours-missing", "As the list says.", law=COURT)
    way.add("sanctions", last - timedelta(days=9), event="discharged", of=of, outcome=outcome, **why)


def offended(way: Way, last: date) -> None:
    """Some are said to have done something again; it is proven, or it is not."""
    committed, turn = way.day(120), way.number % 5
    offence: dict[str, Cell] = {
        "offence_code": way.chance.choice(("theft", "damage", "trespass")),
        "severity": way.chance.choice(("minor", "serious")),
        "recordable": "yes",
        "committed_on": committed,
    }
    source: dict[str, Cell] = {"source_name": "police-log", "source_latency_days": 30}
    by: dict[str, Cell] = {"staff": MANAGER}
    of = way.add("offences", way.day(126), event="alleged", **by, **offence, **source)
    if turn == 4:  # noqa: PLR2004 - one in five
        way.add("offences", way.day(140), event="withdrawn", of=of, **by, **source)
        return
    way.add("offences", way.day(140), event="charge-recorded", of=of, **by, **offence, **source)
    if turn == 3:  # noqa: PLR2004 - another
        way.add("offences", way.day(160), event="not-proven", of=of, **by, **source)
        return
    proven = min(way.day(165), last - timedelta(days=3))
    why = way.because(SUPERVISOR, "court-record", "As the court's record says.", law=COURT)
    way.add(
        "offences",
        proven,
        event="proven",
        of=of,
        **offence,
        **source,
        proven_on=proven,
        disposal="conviction",
        **why,
    )
    if turn == 2:  # noqa: PLR2004 - and another
        day = proven + timedelta(days=40)
        why = way.because(SUPERVISOR, "appeal", "The appeal court's letter.", law=COURT)
        way.add("offences", day, event="conviction-quashed", of=of, **source, quashed_on=day, **why)


def observed(way: Way) -> None:
    """Some are held for a while, and some move away and back."""
    by: dict[str, Cell] = {"staff": MANAGER}
    if way.number % 12 == 8:  # noqa: PLR2004 - some of them
        held: dict[str, Cell] = {"custody_kind": "remand", "held_by": "lantern-bay-police"}
        way.add("observation", way.day(128), event="custody-started", **by, **held)
        way.add("observation", way.day(133), event="custody-ended", **by)
    if way.number % 10 == 3:  # noqa: PLR2004 - others
        way.add(
            "observation",
            way.day(30),
            event="residence-changed",
            **by,
            area="north-island",
            moved="out-of-area-observed",
        )
        way.add(
            "observation",
            way.day(90),
            event="residence-changed",
            **by,
            area="hillside",
            moved="into-area-observed",
        )
