from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from scp_events.aggregates.referral.events import ReferralSubmitted
from scp_events.vocabulary import NO_ACTION, Decision, Grounds, LegalBasis, Refused, Views, must_be_in_force
from tests.words import LEGAL_BASIS, ROBOT, decision, event_id, grounds

pytestmark = pytest.mark.once

WHAT_AN_AUDITOR_ASKS_FOR = [
    *("reason_code", "reason_text", "legal_basis", "options_considered", "views", "policy_version", "by"),
]


def complaints(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    return [(found["loc"], found["type"]) for found in error.errors()]


def said(**changes: object) -> dict[str, object]:
    return decision().model_dump() | changes


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


def test_what_a_decision_relies_on_is_added_to_and_said_once() -> None:
    named = grounds(relied_on=(event_id(1), event_id(2)))
    assert named.relying_on([event_id(2), event_id(3)]).relied_on == (event_id(1), event_id(2), event_id(3))


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
    must_be_in_force(decision(legal_basis=EXPIRED), day)


@pytest.mark.parametrize("day", [date(2023, 12, 31), date(2025, 1, 1)])
def test_a_decision_does_not_stand_on_a_basis_that_was_not_in_force(day: date) -> None:
    with pytest.raises(Refused, match="from 2024-01-01 until 2024-12-31") as refused:
        must_be_in_force(decision(legal_basis=EXPIRED), day)
    assert refused.value.rule == "legal-basis-not-in-force"
    assert day.isoformat() in refused.value.remedy


def test_a_basis_without_an_end_stays_in_force() -> None:
    must_be_in_force(decision(), date(2099, 1, 1))
    with pytest.raises(Refused, match="until further notice"):
        must_be_in_force(decision(), date(2014, 12, 31))
    assert LEGAL_BASIS.valid_to is None
