"""A correction is as if it had been right at once, and is judged as the fact itself."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.wrong_answers.asking import Answer, Json, Place, contact, grounds

pytestmark = pytest.mark.once  # the doors are opened from the wheel in tests of services


def correct(  # noqa: PLR0913, PLR0917 - each says one thing about the correction
    place: Place, path: str, event_id: str, command: str, said: Json, at: str | None = None
) -> Answer:
    instead = {"command": command, **said}
    words = {"decision": grounds(), "corrects": event_id, "instead": instead}
    return place.lead.tell(f"{path}/correct", words | ({"occurred_at": at} if at else {}))


def test_a_contact_moved_to_a_later_day_is_not_there_before(place: Place) -> None:
    case = place.engaged(place.reference())
    met = place.contact(case, "2025-03-10T12:00:00Z").json["event_ids"][0]
    before = str(place.history(case)["log_position"])
    moved = correct(place, f"{case}/engagement", met, "record-contact", contact(), "2025-04-10T12:00:00Z")
    assert moved.ok, moved.text
    assert met in (place.state(case, as_of="2025-03-20", known_at=before) or {})["contacts"]
    assert met not in (place.state(case, as_of="2025-03-20") or {})["contacts"]
    assert met in (place.state(case, as_of="2025-04-11") or {})["contacts"]


def test_a_second_correction_without_a_day_keeps_the_corrected_day(place: Place) -> None:
    case = place.engaged(place.reference(), worker="kw-corrected")
    met = place.contact(case, "2025-03-10T12:00:00Z").json["event_ids"][0]
    assert correct(place, f"{case}/engagement", met, "record-contact", contact(), "2025-04-10T12:00:00Z").ok
    longer = contact(held_minutes=45)
    assert correct(place, f"{case}/engagement", met, "record-contact", longer).ok
    last = max(place.entries(case, "contact-recorded.corrected"), key=lambda entry: entry["position"])
    assert last["occurred_on"] == "2025-04-10"
    [load] = place.caseload("kw-corrected", case)
    assert load["last_held_on"] == "2025-04-10"
    assert load["held_minutes"] == 45


def test_no_guard_is_passed_by_recording_something_innocent_and_correcting_it(place: Place) -> None:
    case = place.reference()
    place.submitted(case, programme="mentoring")
    second = place.submitted(case, programme="housing")
    third = place.referred(case, programme="mentoring")
    straight = place.police.decide(f"{third}/submit-referral", "2025-03-02T09:00:00Z")
    assert straight.rule == "one-open-referral"
    drafts = place.entries(f"/cases/{case}", "referral.drafted")
    draft = next(entry["event_id"] for entry in drafts if entry["says"]["programme"] == "housing")
    said = {
        "programme": "mentoring",
        "route": "diversion",
        "circumstances": "As before.",
        "policy_version": "2025.1",
    }
    assert correct(place, second, draft, "draft-referral", said).rule == "one-open-referral"


def test_a_known_event_id_with_other_content_is_refused(place: Place) -> None:
    case = place.engaged(place.reference())
    said = contact(event_id=str(uuid4()))
    path = f"{case}/engagement/record-contact"
    assert place.worker.tell(path, said, "2025-03-11T12:00:00Z").json["events"] == 1
    assert place.worker.tell(path, said, "2025-03-11T12:00:00Z").json["events"] == 0
    assert (
        place.worker.tell(path, said | {"held_minutes": 75}, "2025-03-11T12:00:00Z").rule == "event-id-taken"
    )


def test_a_known_event_id_of_another_stream_is_refused(place: Place) -> None:
    case = place.engaged(place.reference())
    concern = {"concern": "An invented worry.", "event_id": str(uuid4())}
    assert place.worker.tell(f"{case}/concerns", concern).ok
    graver = place.worker.tell(f"{case}/concerns", concern | {"concern": "A graver, invented worry."})
    assert graver.rule == "event-id-taken"


def test_an_override_stands_when_the_findings_are_corrected(place: Place) -> None:
    case = place.engaged(place.reference(), worker="kw-override")
    found = {
        "instrument": "example",
        "instrument_version": "1",
        "domain_scores": [{"domain": "housing", "score": "2.5"}],
        "needs_identified": ["housing"],
        "risk_level": "medium",
        "policy_version": "2025.1",
    }
    begun = place.worker.done(f"{case}/assessments", found, "2025-03-12T12:00:00Z")
    path, assessed = begun.headers["location"], begun.json["event_ids"][0]
    place.worker.decided(f"{path}/override-risk-level", "2025-03-13T12:00:00Z", risk_level="very-high")
    score = found | {"domain_scores": [{"domain": "housing", "score": "2.0"}]}
    said = {
        "decision": grounds(),
        "corrects": assessed,
        "instead": {"command": "complete-assessment", **score},
    }
    corrected = place.worker.tell(f"{path}/correct", said)
    assert corrected.ok, corrected.text
    assert (place.state(case, "assessment") or {})["risk_level"] == "very-high"
    assert place.caseload("kw-override", case)[0]["risk_level"] == "very-high"
