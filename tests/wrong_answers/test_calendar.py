"""A day is a day of the organisation, however an instant is written; a day without a time is no noon."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.wrong_answers.asking import (
    LAW,
    Place,
    boundaries_row,
    contact_row,
    grounds,
    person_row,
)

pytestmark = pytest.mark.once  # the doors are opened from the wheel in tests of services


def test_one_instant_written_in_two_ways_is_of_one_day(place: Place) -> None:
    law = LAW | {"valid_from": "2025-07-01"}
    answers = []
    for at in ("2025-07-01T00:30:00+01:00", "2025-06-30T23:30:00Z"):
        case = place.registered(place.reference(), "2025-06-20T12:00:00Z")
        path = f"{case}/engagement/agree-boundaries"
        answers.append(place.worker.decide(path, at, why=grounds(legal_basis=law), boundaries="x").rule)
    assert answers == ["legal-basis-not-in-force"] * 2


def test_an_evening_west_of_utc_is_of_that_day(island: Place) -> None:
    case = island.engaged(island.reference())
    met = island.contact(case, "2025-06-30T21:00:00-04:00").json["event_ids"][0]
    assert met in (island.state(case, as_of="2025-06-30") or {})["contacts"]
    assert met not in (island.state(case, as_of="2025-06-29") or {})["contacts"]


def test_an_evening_in_a_sheet_is_of_that_day(island: Place) -> None:
    case = island.reference()
    recorded, rejected, told = island.imported(
        people=[person_row(case)],
        milestones=[boundaries_row(case)],
        contacts=[contact_row(case, "2025-06-30", time="21:00")],
    )
    assert (recorded, rejected) == (3, 0), told
    [entry] = island.entries(f"/cases/{case}", "contact-recorded")
    assert entry["occurred_on"] == "2025-06-30"
    assert entry["occurred_at"].startswith("2025-07-01T01:00")


def test_rows_of_a_day_without_a_time_claim_no_noon(place: Place) -> None:
    case = place.reference()
    recorded, rejected, told = place.imported(
        people=[person_row(case, "2025-03-02")],
        milestones=[boundaries_row(case, "2025-03-02")],
        contacts=[contact_row(case, "2025-03-02", time="09:30"), contact_row(case, "2025-03-02")],
    )
    assert (recorded, rejected) == (4, 0), told
    assert {e["precision"] for e in place.entries(f"/cases/{case}", "contact-recorded")} == {"day", "minute"}


def test_a_sheet_of_which_one_day_can_only_be_month_first_is_read_so_as_a_whole(place: Place) -> None:
    case = place.reference()
    days = ["03/03/2025", "05/04/2025", "05/13/2025", "06/25/2025", "08/07/2025"]
    recorded, rejected, told = place.imported(
        people=[person_row(case)],
        milestones=[boundaries_row(case)],
        contacts=[contact_row(case, day) for day in days],
    )
    assert (recorded, rejected) == (2 + len(days), 0), told
    kept = {entry["occurred_on"] for entry in place.entries(f"/cases/{case}", "contact-recorded")}
    assert kept == {"2025-03-03", "2025-05-04", "2025-05-13", "2025-06-25", "2025-08-07"}


def test_a_sheet_of_which_nobody_can_see_the_order_is_refused_as_a_whole(place: Place) -> None:
    case = place.reference()
    recorded, _, told = place.imported(
        people=[person_row(case)],
        milestones=[boundaries_row(case)],
        contacts=[contact_row(case, day) for day in ("03/04/2025", "05/04/2025")],
    )
    assert recorded == 0
    assert "--dates" in told


def test_cells_that_cannot_be_true_are_rejected(place: Place) -> None:
    case = place.reference()
    place.imported(people=[person_row(case)], milestones=[boundaries_row(case)])
    _, rejected, _ = place.imported(contacts=[contact_row(case, "2025-03-05", time="09:30:75")])
    assert rejected == 1
    born = person_row(place.reference(), date_of_birth="1900-01-01")
    _, rejected, told = place.imported(people=[born])
    assert rejected == 1
    [why] = csv.DictReader(io.StringIO(rejected_rows(told, "people.csv")))
    assert "date_of_birth" in why["fix"] + why["why"]


def test_what_a_sheet_says_of_this_evening_has_not_happened(place: Place) -> None:
    case, now = place.reference(), datetime.now(UTC)
    ahead = now + timedelta(minutes=20)
    later = "23:59" if ahead.date() != now.date() else f"{ahead:%H:%M}"
    recorded, rejected, told = place.imported(
        people=[person_row(case)],
        milestones=[boundaries_row(case)],
        contacts=[contact_row(case, now.date().isoformat(), time=later)],
    )
    assert (recorded, rejected) == (2, 1), told


def test_what_will_be_known_nobody_knows(place: Place) -> None:
    case = place.registered(place.reference())
    assert not place.worker.get(f"{case}/history?known_at=2099-01-01T00:00:00Z").ok


def rejected_rows(told: str, sheet: str) -> str:
    """Return the file of rejected rows that an import says it wrote."""
    folder = told.split("import again: ")[1].splitlines()[0]
    return (Path(folder) / sheet).read_text(encoding="utf-8-sig")
