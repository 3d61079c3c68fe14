from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import mypy.api
import pytest
from pydantic import TypeAdapter, ValidationError

from scp_events.aggregates import participant, referral
from scp_events.aggregates.referral import EVENTS, ReferralDrafted, ReferralSubmitted
from scp_events.vocabulary import (
    NO_ACTION,
    Actor,
    CaseReference,
    Code,
    CommandId,
    CoreDetail,
    Decision,
    Erased,
    Event,
    Grounds,
    LegalBasis,
    Narrative,
    Provenance,
    Refused,
    Role,
    Text,
    Views,
    must_stand,
    personal_fields,
    readable,
    stored_type,
)
from tests.every_event import planted_word
from tests.words import KEY_WORKER, LEGAL_BASIS, NOON, ROBOT, SUPERVISOR, decision, event_id

pytestmark = pytest.mark.once  # pure rules

ROOT = Path(__file__).parents[1]
WHAT_AN_AUDITOR_ASKS_FOR = [
    *("reason_code", "reason_text", "legal_basis", "options_considered", "views", "policy_version", "by"),
]


def complaints(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    return [(found["loc"], found["type"]) for found in error.errors()]


def said(**changes: object) -> dict[str, object]:
    return decision().model_dump() | changes


# --- decisions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", WHAT_AN_AUDITOR_ASKS_FOR)
def test_a_decision_without_its_grounds_is_refused_and_the_missing_field_named(field: str) -> None:
    incomplete = said()
    del incomplete[field]
    with pytest.raises(ValidationError) as refused:
        Decision.model_validate(incomplete)
    assert complaints(refused.value) == [((field,), "missing")]


@pytest.mark.parametrize("field", WHAT_AN_AUDITOR_ASKS_FOR)
def test_a_stored_decision_is_held_to_the_same_grounds(field: str) -> None:
    incomplete = said()
    del incomplete[field]
    with pytest.raises(ValidationError) as refused:
        ReferralSubmitted.model_validate({"decision": incomplete})
    assert complaints(refused.value) == [(("decision", field), "missing")]


@pytest.mark.parametrize("field", ["reason_code", "reason_text"])
@pytest.mark.parametrize("nothing", ["", "   ", "\n\t"])
def test_an_empty_reason_is_no_reason(field: str, nothing: str) -> None:
    with pytest.raises(ValidationError, match=field):
        Decision.model_validate(said(**{field: nothing}))


@pytest.mark.parametrize("options", [(), (NO_ACTION,), ("proceed",)])
def test_one_option_is_no_choice(options: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError, match="options_considered"):
        Decision.model_validate(said(options_considered=options))


def test_doing_nothing_is_always_an_option() -> None:
    with pytest.raises(ValidationError, match=NO_ACTION):
        Decision.model_validate(said(options_considered=("proceed", "wait")))
    assert Decision.model_validate(said(options_considered=("wait", NO_ACTION)))


def test_a_system_never_decides() -> None:
    with pytest.raises(ValidationError, match="name the person") as refused:
        Decision.model_validate(said(by=ROBOT))
    assert complaints(refused.value) == [(("by",), "value_error")]


def test_grounds_alone_name_nobody_answerable() -> None:
    anonymous = said()
    del anonymous["by"]
    assert Grounds.model_validate(anonymous)
    with pytest.raises(ValidationError, match="by"):
        Decision.model_validate(anonymous)


def test_a_decision_says_nothing_it_was_not_asked() -> None:
    with pytest.raises(ValidationError, match="risk_score"):
        Decision.model_validate(said(risk_score=7))


def test_a_decision_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        decision().reason_code = "other"  # type: ignore[misc]  # what the test is about


def test_the_log_a_decision_was_seen_through_has_no_negative_position() -> None:
    assert Decision.model_validate(said(known_through=0)).known_through == 0
    with pytest.raises(ValidationError, match="known_through"):
        Decision.model_validate(said(known_through=-1))


# --- the young person's views -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "views",
    [
        {},
        {"expressed": "An invented wish.", "not_obtained_because": "An invented reason."},
        {"expressed": None, "not_obtained_because": None},
        {"expressed": "  "},
    ],
)
def test_views_are_expressed_or_not_obtained_never_both_nor_neither(views: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Views.model_validate(views)


def test_views_are_expressed_or_there_is_a_reason_why_not() -> None:
    assert Views(expressed="An invented wish.").not_obtained_because is None
    assert Views(not_obtained_because="An invented reason.").expressed is None


# --- the legal basis --------------------------------------------------------------------------------------

EXPIRED = LegalBasis(
    instrument="court-order",
    act="Example Child Justice Act",
    section="s. 5",
    valid_from=date(2024, 1, 1),
    valid_to=date(2024, 12, 31),
)


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2024, 7, 1), date(2024, 12, 31)])
def test_a_decision_stands_on_a_basis_in_force(day: date) -> None:
    must_stand(decision(legal_basis=EXPIRED), day)


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2025, 1, 1)])
def test_a_decision_does_not_stand_on_a_basis_that_was_not_in_force(day: date) -> None:
    with pytest.raises(Refused, match="from 2024-01-01 until 2024-12-31") as refused:
        must_stand(decision(legal_basis=EXPIRED), day)
    assert refused.value.rule == "legal-basis-in-force"
    assert day.isoformat() in refused.value.remedy


def test_a_basis_without_an_end_stays_in_force() -> None:
    must_stand(decision(), date(2099, 1, 1))
    with pytest.raises(Refused, match="until further notice"):
        must_stand(decision(), date(2014, 12, 31))
    assert LEGAL_BASIS.valid_to is None


# --- provenance -------------------------------------------------------------------------------------------


def provenance(occurred_at: datetime) -> Provenance:
    command_id = CommandId(UUID("88888888-8888-4888-8888-888888888888"))
    return Provenance(by=KEY_WORKER, command_id=command_id, occurred_at=occurred_at, purpose="casework")


def test_a_time_without_a_zone_is_no_time() -> None:
    assert provenance(NOON).occurred_at == NOON
    with pytest.raises(ValueError, match="2025-03-03T12:00:00 has no time zone"):
        provenance(NOON.replace(tzinfo=None))


# --- text -------------------------------------------------------------------------------------------------


def test_a_refused_word_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ValidationError) as refused:
        ReferralDrafted.model_validate({"circumstances": "", "route": "LIVES-AT-12-EXAMPLE-ROAD"})
    assert "route" in str(refused.value)
    assert "EXAMPLE-ROAD" not in str(refused.value)


def test_a_refused_system_is_not_repeated_in_the_error() -> None:
    named = {"kind": "robot", "id": "anna-example", "role": "service", "organisation": "x"}
    with pytest.raises(ValidationError) as refused:
        Actor.model_validate(named)
    assert "anna-example" not in str(refused.value)


@pytest.mark.parametrize("kind", [Text, Narrative, CoreDetail])
@pytest.mark.parametrize("words", ["\x00", "before\x00after", "a line\n\x00", "at the end\x00"])
def test_no_stored_text_holds_a_nul(kind: Any, words: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(words)
    assert TypeAdapter(kind).validate_python("two\nlines") == "two\nlines"


@pytest.mark.parametrize("code", ["Court-Order", "court order", "-court", "court_order", "", "court\n"])
def test_a_code_is_a_short_plain_word(code: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Code).validate_python(code)
    assert TypeAdapter(Code).validate_python("court-order") == "court-order"


@pytest.mark.parametrize("reference", ["sc-2025-014", "SC", "SC-", "ANNA EXAMPLE", "SC-2025-014\n"])
def test_a_case_reference_looks_like_one(reference: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(CaseReference).validate_python(reference)
    assert TypeAdapter(CaseReference).validate_python("SC-2025-014") == "SC-2025-014"


def test_every_event_is_stored_under_its_own_name() -> None:
    names = [stored_type(event) for event in EVENTS]
    assert len(set(names)) == len(EVENTS)
    assert names[0] == "referral.drafted"


def test_nobody_acts_in_a_capacity_that_does_not_exist() -> None:
    with pytest.raises(ValidationError, match="role"):
        Actor.model_validate(SUPERVISOR.model_dump() | {"role": "offender-manager"})
    assert SUPERVISOR.role is Role.SUPERVISOR


# --- identities -------------------------------------------------------------------------------------------

MIXED_UP = """\
from uuid import uuid4

from scp_events.aggregates import referral
from scp_events.vocabulary import ParticipantId, ReferralId


def case_of(participant_id: ParticipantId) -> ParticipantId:
    return participant_id


case_of(ParticipantId(uuid4()))
case_of(ReferralId(uuid4()))  # wrong
referral.stream(ReferralId(uuid4()))
referral.stream(ParticipantId(uuid4()))  # wrong
"""


def test_a_referrals_id_where_a_participants_belongs_is_a_type_error(tmp_path: Path) -> None:
    snippet = tmp_path / "mixed_up.py"
    snippet.write_text(MIXED_UP, encoding="utf-8")
    config = str(ROOT / "pyproject.toml")
    report, _, status = mypy.api.run(["--config-file", config, "--follow-imports=silent", str(snippet)])
    wrong = [n for n, line in enumerate(MIXED_UP.splitlines(), start=1) if line.endswith("# wrong")]
    complained_of = [
        int(line.split(":")[1])
        for line in report.splitlines()
        if "mixed_up.py" in line and "arg-type" in line
    ]
    assert complained_of == wrong, report
    assert status == 1


# --- what tells of a person -------------------------------------------------------------------------------

ERASED = Erased(key_id=UUID(int=7), at=NOON)


def test_what_was_erased_can_be_read_and_written_and_never_be_parsed() -> None:
    read = Views(expressed=ERASED)
    assert read.expressed is ERASED
    written = read.model_dump_json()
    assert json.loads(written)["expressed"] == {
        "erased": True,
        "key_id": str(UUID(int=7)),
        "at": "2025-03-03T12:00:00Z",
    }
    for parse in (Views.model_validate_json, lambda said: Views.model_validate(json.loads(said))):
        with pytest.raises(ValidationError) as refused:
            parse(written)
        assert complaints(refused.value) == [(("expressed",), "string_type")]


def test_a_command_cannot_say_what_was_erased_however_deep() -> None:
    story = {"event_id": event_id(1), "told_to": KEY_WORKER}
    with pytest.raises(ValidationError, match="cannot say what was erased"):
        participant.RecordStory(**story, story=ERASED)
    with pytest.raises(ValidationError, match="cannot say what was erased"):
        participant.Pause(decision=decision(reason_text=ERASED))
    with pytest.raises(ValidationError, match="cannot say what was erased"):
        participant.RecordAssessment.model_validate(
            planted_word(participant.RecordAssessment).model_dump() | {"domain_scores": ERASED}
        )
    participant.RecordStory(**story, story="Told.")


def test_what_was_erased_decides_nothing() -> None:
    assert readable("said", "the story") == "said"
    with pytest.raises(Refused) as refused:
        readable(ERASED, "the story")
    assert refused.value.rule == "nothing-is-decided-on-what-was-erased"
    assert "the story was erased on 2025-03-03" in refused.value.remedy


@pytest.mark.parametrize("purpose", ["", "Ash Example's review", "case management", "casework\n", "x" * 64])
def test_a_purpose_is_a_code(purpose: str) -> None:
    with pytest.raises(ValueError, match="is no code"):
        Provenance(by=SUPERVISOR, command_id=CommandId(UUID(int=1)), occurred_at=NOON, purpose=purpose)


@pytest.mark.parametrize(
    ("event", "tells"),
    [
        (referral.ReferralDrafted, True),
        (referral.ReferralAccepted, True),  # its decision has reasons
        (referral.ReferralAcknowledged, False),
        (participant.ContactRecorded, True),  # its note may be left out, and tells where it is not
        (participant.ConsentWithdrawn, False),
    ],
)
def test_an_event_tells_of_a_person_wherever_the_mark_stands(event: type[Event], *, tells: bool) -> None:
    assert bool(personal_fields(event)) is tells
