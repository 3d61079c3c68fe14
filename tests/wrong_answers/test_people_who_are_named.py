"""A second person acts by themselves, and one question has one answer."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.wrong_answers.asking import Place, person

pytestmark = pytest.mark.once  # the doors are opened from the wheel in tests of services


def case_id(place: Place, case: str) -> str:
    return str(place.history(case)["case_id"])


def test_two_records_are_linked_by_two_people_who_both_say_so(place: Place) -> None:
    one, other = place.registered(place.reference()), place.registered(place.reference())
    named = place.lead.decide(
        f"{one}/participant/propose-identity-link", other=case_id(place, other), approved_by="sv-rowan"
    )
    assert named.status == 422
    place.lead.decided(f"{one}/participant/propose-identity-link", other=case_id(place, other))
    alone = place.lead.decide(f"{one}/participant/confirm-identity-link", other=case_id(place, other))
    assert not alone.ok
    assert place.second.decide(f"{one}/participant/confirm-identity-link", other=case_id(place, other)).ok
    assert (place.state(one, "participant") or {})["linked"] == [case_id(place, other)]
    assert (place.state(other, "participant") or {})["linked"] == [case_id(place, one)]


def test_a_record_that_is_not_there_is_not_linked(place: Place) -> None:
    one = place.registered(place.reference())
    assert not place.lead.decide(f"{one}/participant/propose-identity-link", other=str(uuid4())).ok


def test_the_dead_are_in_nobodys_caseload(place: Place) -> None:
    for _ in range(12):
        case = place.engaged(place.reference(), worker="kw-full")
    place.lead.done(f"{case}/participant/record-death", {}, "2025-05-20")
    assert len(place.caseload("kw-full", case)) == 11


def test_met_before_they_were_referred_on_the_same_day_is_met_on_that_day(place: Place) -> None:
    """Both read models say so: none waited for a fortnight."""
    case = place.reference()
    path = place.accepted(case, "2025-03-01", "2025-03-01")
    referral = path.rpartition("/")[2]
    place.lead.done(f"/cases/{case}/participant/register", person() | {"referral_id": referral}, "2025-03-01")
    here = f"/cases/{case}"
    place.worker.decided(f"{here}/engagement/agree-boundaries", "2025-03-01", boundaries="x")
    assert place.contact(here, "2025-03-01T09:30:00Z").ok
    last = place.contact(here, "2025-03-15T09:30:00Z").json["last_position"]
    police = place.police.get(f"/referrals?min_position={last}", Prefer="wait=20")
    assert police.ok, police.text
    [found] = [each for each in police.json["referrals"] if each["case_reference"] == case]
    assert found["first_contact_on"] == "2025-03-01"
