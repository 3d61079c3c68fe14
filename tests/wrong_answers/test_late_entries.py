"""What is entered late stands where it happened: not where it was typed in."""

from __future__ import annotations

import pytest

from tests.wrong_answers.asking import (
    BECAUSE,
    Place,
    boundaries_row,
    contact_row,
    person_row,
    row,
)

pytestmark = pytest.mark.once  # the doors are opened from the wheel in tests of services


def left(place: Place, day: str = "2025-06-30") -> str:
    """Return the case of somebody who left."""
    case = place.engaged(place.reference())
    place.lead.decided(f"{case}/engagement/exit", day, reason="completed", exit_plan="Go on.")
    return case


def test_a_contact_before_an_exit_is_recorded_after_it(place: Place) -> None:
    case = left(place)
    assert place.contact(case, "2025-06-20T12:00:00Z").ok
    assert place.history(case)["contradictions"] == []


def test_a_contact_before_a_break_is_recorded_during_it_and_one_in_the_break_is_not(place: Place) -> None:
    case = place.engaged(place.reference())
    place.lead.decided(f"{case}/engagement/pause", "2025-05-20T12:00:00Z")
    assert place.contact(case, "2025-05-10T12:00:00Z").ok
    assert place.contact(case, "2025-05-25T12:00:00Z").rule == "paused"


def test_an_assessment_before_a_death_is_recorded_after_it(place: Place) -> None:
    case = place.engaged(place.reference())
    place.lead.done(f"{case}/participant/record-death", {}, "2025-06-30")
    found = {
        "instrument": "example",
        "instrument_version": "1",
        "domain_scores": [{"domain": "housing", "score": "2.5"}],
        "needs_identified": ["housing"],
        "risk_level": "medium",
        "policy_version": "2025.1",
    }
    assert place.worker.tell(f"{case}/assessments", found, "2025-06-20T12:00:00Z").ok
    assert place.worker.tell(f"{case}/assessments", found, "2025-07-20T12:00:00Z").rule == "died"


def test_a_death_entered_late_is_taken_and_what_it_contradicts_is_told(place: Place) -> None:
    case = place.engaged(place.reference())
    met = place.contact(case, "2025-06-25T12:00:00Z").json["event_ids"][0]
    place.lead.done(f"{case}/participant/record-death", {}, "2025-06-20")
    [told] = place.history(case)["contradictions"]
    assert (told["event_id"], told["rule"]) == (met, "died")


def test_rows_typed_in_after_the_exit_are_recorded(place: Place) -> None:
    case = place.reference()
    exit_row = row(
        "M", case, "2025-06-30", kind="exited", staff="kw-juniper", words="Plan.", exit_reason="completed"
    )
    recorded, rejected, told = place.imported(
        people=[person_row(case)],
        milestones=[boundaries_row(case), exit_row | BECAUSE],
        contacts=[contact_row(case, "2025-06-20", "2025-07-04")],
    )
    assert (recorded, rejected) == (4, 0), told


def test_a_consent_found_late_does_not_undo_the_withdrawal_after_it(place: Place) -> None:
    case = place.engaged(place.reference())
    given = {
        "scope": "share-progress",
        "recipient": "school",
        "given_by": "participant",
        "capacity_noted": True,
    }
    place.worker.done(f"{case}/consent/give-consent", given, "2025-04-01T12:00:00Z")
    taken_back = {"scope": "share-progress", "recipient": "school", "withdrawn_by": "participant"}
    place.worker.done(f"{case}/consent/withdraw-consent", taken_back, "2025-04-10T12:00:00Z")
    place.worker.done(f"{case}/consent/give-consent", given, "2025-04-05T12:00:00Z")
    for point in ({"as_of": "2025-04-15"}, {}):
        [consent] = (place.state(case, "consent", **point) or {})["consents"]
        assert consent["withdrawn"]
    [consent] = (place.state(case, "consent", as_of="2025-04-07") or {})["consents"]
    assert not consent["withdrawn"]


def test_a_consent_affirmed_again_is_another_act(place: Place) -> None:
    case = place.engaged(place.reference())
    given = {"scope": "share", "recipient": "school", "given_by": "guardian", "capacity_noted": False}
    place.worker.done(f"{case}/consent/give-consent", given, "2025-04-01T12:00:00Z")
    again = place.worker.done(f"{case}/consent/give-consent", given | {"capacity_noted": True}, "2026-04-01")
    assert again.json["events"] == 1
    assert [e["occurred_on"] for e in place.entries(case, "consent.given")] == ["2025-04-01", "2026-04-01"]


def test_an_approval_while_a_hold_lasts_is_refused_whatever_was_recorded_since(place: Place) -> None:
    case = left(place)
    place.lead.decided(
        f"{case}/record/place-legal-hold",
        reference="HOLD-2",
        ordered_on="2025-01-01",
        expires_on="2099-12-31",
    )
    place.worker.done(f"{case}/record/request-erasure", {"origin": "participant"})
    assert place.second.decide(f"{case}/record/approve-erasure").rule == "legal-hold"
    place.lead.decided(f"{case}/record/release-legal-hold", reference="HOLD-2")
    assert place.second.decide(f"{case}/record/approve-erasure").ok
