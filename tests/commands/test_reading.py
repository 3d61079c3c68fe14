"""A body is read strictly: what is wrong is told by its place, and never by what stood there."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from scp_events.aggregates.engagement.commands import RecordContact
from scp_events.aggregates.feedback.commands import RateRelationship
from scp_events.commands import MistakenError, NotJsonError, Said, offer_named, read
from scp_events.vocabulary import Correct, Refused

CANARY = "Canary Zwetschgenmus"
CONTACT: dict[str, Any] = {
    "made_by": {"id": "kw-juniper", "role": "key-worker", "organisation": "second-chance"},
    "medium": "phone",
    "outcome": "held",
    "held_minutes": 40,
}
GROUNDS: dict[str, Any] = {
    "reason_code": "example",
    "reason_text": "An invented reason.",
    "legal_basis": {"instrument": "statute", "act": "Act", "section": "1", "valid_from": "2015-01-01"},
    "options_considered": ["proceed", "no-action"],
    "views": {"expressed": "Yes."},
    "policy_version": "2025.1",
}
ID = "00000000-0000-4000-8000-000000000001"
CORRECTION: dict[str, Any] = {
    "decision": GROUNDS,
    "corrects": ID,
    "instead": {"command": "record-contact", **CONTACT},
}


def said(name: str, command: dict[str, Any], **more: Any) -> Said:
    return read(offer_named(name), json.dumps({"command": command, **more}).encode())


def places(name: str, command: dict[str, Any], **more: Any) -> set[str]:
    with pytest.raises(MistakenError) as mistaken:
        said(name, command, **more)
    assert CANARY not in str(mistaken.value)
    return {".".join(mistake.place) for mistake in mistaken.value.mistakes}


def test_a_report_may_be_of_an_instant_of_a_day_or_of_now() -> None:
    assert said("record-contact", CONTACT).occurred_at is None
    assert said("record-contact", CONTACT, occurred_at="2025-03-10").occurred_at == date(2025, 3, 10)
    instant = said("record-contact", CONTACT, occurred_at="2025-03-10T09:30:00+01:00").occurred_at
    assert instant == datetime(2025, 3, 10, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "time", ["2025-03-10T09:30:00", "1741564800", 1741564800, "2025-02-30", "10.03.2025", CANARY, ["2025"]]
)
def test_a_time_that_could_mean_several_is_told(time: Any) -> None:
    assert places("record-contact", CONTACT, occurred_at=time) == {"occurred_at"}


@pytest.mark.parametrize("time", ["2025-03-10", "2025-03-10T09:30:00Z", None, CANARY])
def test_an_act_has_no_time_of_its_own_and_says_so_where_one_was_sent(time: str | None) -> None:
    with pytest.raises(MistakenError) as mistaken:
        said("request-erasure", {"origin": "participant"}, occurred_at=time)
    assert mistaken.value.mistakes == (
        (("occurred_at",), "an act takes the time of the log's clock: leave this out"),
    )


def test_the_time_of_a_decision_about_the_past_is_no_field_of_a_correction_body() -> None:
    assert places("engagement/correct", CORRECTION, occurred_at="2025-03-10") == {"occurred_at"}
    corrected = said("engagement/correct", CORRECTION | {"occurred_at": "2025-03-10"}).command
    assert isinstance(corrected, Correct)
    assert corrected.occurred_at == date(2025, 3, 10)


def test_a_correction_says_by_its_command_what_should_have_been_recorded() -> None:
    command = said("engagement/correct", CORRECTION).command
    assert isinstance(command, Correct)
    assert command.corrects == UUID(ID)
    assert type(command.instead) is RecordContact
    assert command.instead == RecordContact.model_validate(CONTACT)


def test_a_correction_to_no_known_command_is_told_which_there_are() -> None:
    wrong = CORRECTION | {"instead": {"command": CANARY, **CONTACT}}
    assert places("engagement/correct", wrong) == {"command.instead.command"}


def test_the_content_of_a_correction_is_read_as_strictly() -> None:
    wrong = CORRECTION | {"instead": {"command": "record-contact", **CONTACT, "medium": CANARY}}
    assert places("engagement/correct", wrong) == {"command.instead.medium"}


def test_no_correction_can_say_that_something_was_erased() -> None:
    erased = {"erased": True, "key_id": ID, "at": "2025-03-03T00:00:00Z"}
    wrong = CORRECTION | {"instead": {"command": "record-contact", **CONTACT, "note": erased}}
    assert places("engagement/correct", wrong) == {"command.instead.note"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("held_minutes", "40"), ("held_minutes", True), ("held_minutes", 40.5), ("medium", CANARY), ("note", 7)],
)
def test_a_value_of_another_kind_is_told_by_its_place(name: str, value: Any) -> None:
    assert places("record-contact", CONTACT | {name: value}) == {f"command.{name}"}


def test_a_whole_number_may_be_written_with_a_point() -> None:
    command = said("record-contact", CONTACT | {"held_minutes": 40.0}).command
    assert isinstance(command, RecordContact)
    assert command.held_minutes == 40


RATING: dict[str, Any] = {
    "instrument": "example-ladder",
    "instrument_version": "1",
    "lowest": 0,
    "highest": 10,
    "score": 7,
    "collected": "in-person",
    "companion": "kw-juniper",
    "companion_is": "key-worker",
    "said_by": "participant",
}


@pytest.mark.parametrize("score", [7, 7.0, 7.5, "7", "7.50", "-0.25", "7.123456789012345678901"])
def test_a_decimal_is_a_number_or_plain_digits_so_that_none_of_it_is_lost(score: Any) -> None:
    command = said("rate-relationship", RATING | {"score": score}).command
    assert isinstance(command, RateRelationship)
    assert str(command.score) == (score if isinstance(score, str) else f"{score:g}")


@pytest.mark.parametrize(
    "score",
    ["\N{ARABIC-INDIC DIGIT SEVEN}", "1_0", " 7", "7\n", "+7", "7.", ".7", "1e1", "NaN", "", True, CANARY],
)
def test_a_decimal_in_other_signs_is_told_by_its_place(score: Any) -> None:
    assert places("rate-relationship", RATING | {"score": score}) == {"command.score"}
    instead = {"command": "rate-relationship", **RATING, "score": score}
    assert places("feedback/correct", CORRECTION | {"instead": instead}) == {"command.instead.score"}


def test_a_name_said_twice_in_one_place_is_told() -> None:
    """Others read the first, or the last: nobody could say what was meant."""
    twice = json.dumps({"command": CONTACT})[:-1] + ', "occurred_at": "2025-03-10", "occurred_at": null}'
    with pytest.raises(MistakenError) as mistaken:
        read(offer_named("record-contact"), twice.encode())
    assert mistaken.value.mistakes == ((("occurred_at",), "is there twice: say it once"),)
    inner = json.dumps({"command": CONTACT}).replace('"medium"', '"note": "x", "note": "y", "medium"')
    with pytest.raises(MistakenError, match=r"^note: is there twice"):
        read(offer_named("record-contact"), inner.encode())


def test_an_unknown_name_said_twice_is_told_without_itself() -> None:
    twice = json.dumps({"command": CONTACT})[:-1] + f', "{CANARY}": 1, "{CANARY}": 2}}'
    with pytest.raises(MistakenError) as mistaken:
        read(offer_named("record-contact"), twice.encode())
    assert CANARY not in str(mistaken.value)


def test_an_unknown_name_is_told_without_itself() -> None:
    assert places("record-contact", CONTACT | {CANARY: 1}) == {"command"}


def test_what_the_door_knows_cannot_be_said() -> None:
    assert places(
        "agree-boundaries", {"decision": GROUNDS | {"by": CONTACT["made_by"]}, "boundaries": "x"}
    ) == {"command.decision"}


@pytest.mark.parametrize("day", ["1420070400", "2015-01-01T00:00:00Z", 1420070400])
def test_a_day_is_neither_a_number_nor_an_instant(day: Any) -> None:
    basis = GROUNDS["legal_basis"] | {"valid_from": day}
    command = {"decision": GROUNDS | {"legal_basis": basis}, "boundaries": "x"}
    assert places("agree-boundaries", command) == {"command.decision.legal_basis.valid_from"}


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"legal_basis": GROUNDS["legal_basis"] | {"valid_from": "0015-01-01"}}, "days-within-reach"),
        ({"known_through": 2**63}, "numbers-within-reach"),
    ],
)
def test_what_cannot_be_recorded_is_refused(wrong: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        said("agree-boundaries", {"decision": GROUNDS | wrong, "boundaries": "x"})
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b'{"command": NaN}', b'{"command": "\\ud800"}', b"[" * 100_000]
)
def test_what_is_no_json_is_told_as_that(raw: bytes) -> None:
    with pytest.raises(NotJsonError):
        read(offer_named("record-contact"), raw)


@pytest.mark.parametrize("raw", [b"null", b"[]", b"7", b'"x"'])
def test_json_that_is_no_object_is_a_mistake(raw: bytes) -> None:
    with pytest.raises(MistakenError):
        read(offer_named("record-contact"), raw)
