"""Correcting one thing undoes nothing else, and what rested on it is told."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.wrong_answers.asking import Answer, Place, Somebody, Words, actor, contact, grounds

pytestmark = pytest.mark.once  # the doors are opened from the wheel in tests of services
ASKED = {"instrument": "how-it-was", "instrument_version": "1", "collected": "in-person"}
SCORE = ASKED | {"said_by": "participant", "score": 4, "lowest": 1, "highest": 5}
PUBLISHING = {
    "scope": "publish-testimony",
    "recipient": "second-chance",
    "given_by": "participant",
    "capacity_noted": True,
}


def first(answer: Answer) -> str:
    assert answer.ok, answer.text
    return str(answer.json["event_ids"][0])


def correct(who: Somebody, path: str, event_id: str, at: str | None = None, **instead: Any) -> Answer:
    words = {"decision": grounds(), "corrects": event_id, "instead": instead}
    return who.tell(f"{path}/correct", words | ({"occurred_at": at} if at else {}))


def contradictions(place: Place, case: str) -> set[str]:
    return {found["rule"] for found in place.history(case)["contradictions"]}


# --- what was typed in right after it ---------------------------------------------------------------------


def test_correcting_a_contact_leaves_the_death_that_was_recorded_next(place: Place) -> None:
    case = place.engaged(place.reference())
    met = first(place.contact(case, "2025-04-10T12:00:00Z"))
    place.lead.done(f"{case}/participant/record-death", {}, "2025-04-12")
    corrected = correct(
        place.worker, f"{case}/engagement", met, command="record-contact", **contact(held_minutes=50)
    )
    assert corrected.json["events"] == 1, corrected.text
    assert not place.entries(case, "participant.died.retracted")


def test_correcting_an_answer_leaves_the_withdrawal_that_was_recorded_next(place: Place) -> None:
    case = place.engaged(place.reference())
    answered = first(place.worker.tell(f"{case}/feedback/record-satisfaction", SCORE, "2025-04-01"))
    given = {"scope": "photo", "recipient": "second-chance", "given_by": "guardian", "capacity_noted": False}
    place.worker.done(f"{case}/consent/give-consent", given, "2025-04-02")
    withdrawn = {"scope": "photo", "recipient": "second-chance", "withdrawn_by": "participant"}
    place.worker.done(f"{case}/consent/withdraw-consent", withdrawn, "2025-04-03")
    better = SCORE | {"score": 5}
    path = f"{case}/feedback"
    assert correct(place.worker, path, answered, command="record-satisfaction", **better).json["events"] == 1
    [consent] = (place.state(case, "consent") or {})["consents"]
    assert consent["withdrawn"]


# --- who may say it ---------------------------------------------------------------------------------------


def test_nobody_has_anothers_report_say_what_they_may_not_report(place: Place) -> None:
    case = place.engaged(place.reference())
    other = Somebody(place, "kw-tamarind", "key-worker")
    rated: Words = ASKED | {
        "companion": "kw-juniper",
        "companion_is": "key-worker",
        "said_by": "participant",
        "score": 3,
        "lowest": 1,
        "highest": 10,
    }
    said = first(other.tell(f"{case}/feedback/rate-relationship", rated, "2025-04-01"))
    flattered = correct(
        place.worker, f"{case}/feedback", said, command="rate-relationship", **rated | {"score": 10}
    )
    assert flattered.rule == "asked-by-whom-it-is-about"
    assert correct(other, f"{case}/feedback", said, command="rate-relationship", **rated | {"score": 2}).ok


# --- what a decision rests on -----------------------------------------------------------------------------


def test_a_decision_rests_on_what_stands(place: Place) -> None:
    case = place.engaged(place.reference())
    moved, gone = (first(place.contact(case, f"2025-04-1{day}T12:00:00Z")) for day in (1, 2))
    screen = place.history(case)["log_position"]
    path = f"{case}/engagement"
    assert correct(place.lead, path, moved, "2025-06-01", command="record-contact", **contact()).ok
    place.lead.done(f"{path}/retract", {"corrects": gone, "decision": grounds()})

    def handed_over(**rests: Any) -> Answer:
        to = {"to_key_worker": actor("kw-zinnia"), "handover_note": "An invented note."}
        command: Words = to | {"decision": grounds(**rests)}
        return place.lead.tell(f"{path}/hand-over", command, "2025-05-01")

    assert handed_over(relied_on=[gone]).rule == "evidence-retracted"
    assert handed_over(relied_on=[moved]).rule == "evidence-not-happened-yet"
    later = first(place.contact(case, "2025-04-20T12:00:00Z"))
    assert handed_over(relied_on=[later], known_through=screen).rule == "evidence-after-known-through"
    assert handed_over(relied_on=[gone], known_through=screen).ok, "it stood on the screen then"
    assert "evidence-retracted" in contradictions(place, case)


def test_evidence_that_moves_behind_the_decision_is_told(place: Place) -> None:
    case = place.engaged(place.reference())
    met = first(place.contact(case, "2025-04-11T12:00:00Z"))
    path = f"{case}/engagement"
    to = {"to_key_worker": actor("kw-zinnia"), "handover_note": "An invented note."}
    place.lead.done(f"{path}/hand-over", to | {"decision": grounds(relied_on=[met])}, "2025-05-01")
    assert not contradictions(place, case)
    assert correct(place.lead, path, met, "2025-06-01", command="record-contact", **contact()).ok
    assert contradictions(place, case) == {"evidence-not-happened-yet"}
    place.lead.done(f"{path}/retract", {"corrects": met, "decision": grounds()})
    assert contradictions(place, case) == {"evidence-retracted"}


# --- an act that a late report contradicts ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("late", "said", "day", "rule"),
    [
        (
            "consent/withdraw-consent",
            {"scope": "publish-testimony", "recipient": "second-chance", "withdrawn_by": "participant"},
            "2025-05-01",
            "no-consent-to-publish",
        ),
        ("feedback/withdraw-testimony", {}, "2025-04-20", "testimony-withdrawn"),
        ("participant/record-death", {}, "2025-05-01", "died"),
    ],
)
def test_a_publication_that_should_not_have_been_is_told(
    place: Place, late: str, said: Words, day: str, rule: str
) -> None:
    case = place.engaged(place.reference())
    testimony = str(uuid4())
    place.worker.done(f"{case}/consent/give-consent", PUBLISHING, "2025-04-01")
    told = {"words": "An invented word.", "event_id": testimony}
    place.worker.done(f"{case}/feedback/give-testimony", told, "2025-04-02")
    published = {"testimony": testimony, "publisher": "second-chance"}
    place.lead.decided(f"{case}/feedback/publish-testimony", **published)
    assert not contradictions(place, case)
    named = {"testimony": testimony} if "testimony" in late else {}
    place.lead.done(f"{case}/{late}", said | named, day)
    assert rule in contradictions(place, case)


# --- a known id -------------------------------------------------------------------------------------------


def test_an_id_whose_event_was_retracted_or_is_known_less_exactly_is_refused(place: Place) -> None:
    case = place.engaged(place.reference())
    path = f"{case}/engagement"
    said = contact(event_id=str(uuid4()))
    place.worker.done(f"{path}/record-contact", said, "2025-04-10")
    assert place.worker.tell(f"{path}/record-contact", said, "2025-04-10").json["events"] == 0
    exactly = place.worker.tell(f"{path}/record-contact", said, "2025-04-10T15:00:00Z")
    assert exactly.rule == "event-id-taken"
    place.lead.done(f"{path}/retract", {"corrects": said["event_id"], "decision": grounds()})
    assert place.worker.tell(f"{path}/record-contact", said, "2025-04-10").rule == "retracted"
