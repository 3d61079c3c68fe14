"""No rule is passed by writing another day, and no other date contradicts the time of its event."""

from __future__ import annotations

import pytest

from tests.wrong_answers.asking import Place, grounds, person

pytestmark = pytest.mark.once  # the doors are opened from the wheel in tests of services


def hold(place: Place, case: str) -> None:
    place.lead.decided(
        f"{case}/record/place-legal-hold",
        reference="HOLD-1",
        ordered_on="2026-01-01",
        expires_on="2099-12-31",
    )


def test_a_legal_hold_is_not_passed_by_naming_a_day_of_approval(place: Place) -> None:
    case = place.registered(place.reference())
    hold(place, case)
    place.worker.done(f"{case}/record/request-erasure", {"origin": "participant"})
    assert place.second.decide(f"{case}/record/approve-erasure").rule == "legal-hold"
    named = place.second.decide(f"{case}/record/approve-erasure", "2100-01-01T00:00:00Z")
    assert not named.ok
    with_field = place.second.decide(f"{case}/record/approve-erasure", approved_on="2100-01-01")
    assert with_field.status == 422
    place.cli("erase", case.rpartition("/")[2], "--by", "sv-rowan")
    assert place.entries(case, "participant.registered")[0]["says"]["name"] == "Wren Exampleson"


def test_an_expired_draft_is_not_submitted_now(place: Place) -> None:
    path = place.referred(place.reference(), "2025-03-01")
    assert place.police.decide(f"{path}/submit-referral").rule == "draft-expired"


def test_a_draft_is_submitted_on_the_day_the_event_says(place: Place) -> None:
    case = place.reference()
    path = place.referred(case, "2025-03-01")
    assert place.police.decide(f"{path}/submit-referral", "2025-03-02T09:00:00Z").ok
    assert place.entries(f"/cases/{case}", "submitted")[0]["occurred_at"].startswith("2025-03-02")


@pytest.mark.parametrize("born", ["2099-01-01", "1901-01-01", "1900-01-01"])
def test_nobody_is_registered_before_their_birth_or_long_after_any_life(place: Place, born: str) -> None:
    path = f"/cases/{place.reference()}/participant/register"
    refused = place.lead.tell(path, person(born), "2025-03-06T12:00:00Z")
    assert refused.rule == "date-out-of-bounds"
    assert "date_of_birth" in refused.text


@pytest.mark.parametrize("died", ["2000-01-01", "2099-01-01"])
def test_nobody_dies_before_they_are_registered_or_in_years_to_come(place: Place, died: str) -> None:
    case = place.engaged(place.reference())
    assert not place.lead.tell(f"{case}/participant/record-death", {}, died).ok


@pytest.mark.parametrize("day", ["2099-06-30", "1999-06-30"])
def test_nobody_leaves_in_the_future_or_before_they_came(place: Place, day: str) -> None:
    case = place.registered(place.reference())
    exit_ = {"reason": "completed", "exit_plan": "Go on."}
    assert not place.lead.decide(f"{case}/engagement/exit", day, **exit_).ok


def test_two_key_workers_never_answer_for_one_day(place: Place) -> None:
    case = place.engaged(place.reference(), "2025-03-07")
    engagement = f"{case}/engagement"
    place.lead.decided(f"{engagement}/exit", "2025-06-30", reason="completed", exit_plan="Go on.")
    place.lead.decided(f"{engagement}/re-engage", "2025-08-01")
    another = {"id": "kw-marigold", "role": "key-worker", "organisation": "second-chance"}
    refused = place.lead.decide(f"{engagement}/assign-key-worker", "2025-04-15", key_worker=another)
    assert refused.rule == "key-worker-already-assigned"


def test_no_step_of_a_referral_is_before_the_step_it_follows(place: Place) -> None:
    case = place.reference()
    path = place.submitted(case, "2025-03-10")
    assert not place.lead.tell(f"{path}/acknowledge-referral", {}, "2025-01-01T08:00:00Z").ok
    assert not place.lead.decide(f"{path}/accept-referral", "2025-01-02T09:00:00Z").ok
    stood = place.state(f"/cases/{case}", "referral", as_of="2025-01-05")
    assert stood is None


def test_a_decision_does_not_rest_on_what_happens_after_it(place: Place) -> None:
    case = place.engaged(place.reference())
    later = place.contact(case, "2025-05-01T12:00:00Z").json["event_ids"][0]

    refused = place.lead.decide(
        f"{case}/engagement/pause", "2025-04-01T12:00:00Z", why=grounds(relied_on=[later])
    )
    assert refused.rule == "evidence-not-happened-yet"


def test_nobody_knew_what_the_log_does_not_hold_yet(place: Place) -> None:

    case = place.engaged(place.reference())
    refused = place.lead.decide(f"{case}/engagement/pause", why=grounds(known_through=10**9))
    assert refused.rule == "known-through-beyond-head"
