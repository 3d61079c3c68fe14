from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from enum import Enum
from typing import get_origin
from uuid import uuid4

import pytest

from scp_events.aggregates.irp.events import IrpReviewed, ReviewOutcome
from scp_events.aggregates.referral.events import ReferralAcknowledged, ReferralClosed
from scp_events.event_log import Recorded
from scp_events.publishing.audiences import BY_NAME, INTERNAL, PARTNERS, Audience
from scp_events.vocabulary import UTC_CALENDAR, Event, Personal, Position, Stream, stored_type
from tests.every_event import STORED_CLASSES
from tests.publishing.filled_log import envelope
from tests.publishing.invented import invented
from tests.words import decision

each_told = pytest.mark.parametrize(
    ("audience", "event"),
    [(audience, event) for audience in BY_NAME.values() for event in audience.may_learn],
    ids=lambda each: each.name if isinstance(each, Audience) else each.__name__,
)


def recorded(event: Event, **changes: object) -> Recorded[Event]:
    made = envelope(event, **changes)
    assert made.occurred_at is not None
    return Recorded(
        position=Position(5),
        stream=Stream("referral", uuid4()),
        version=2,
        recorded_at=datetime(2025, 3, 4, tzinfo=UTC),
        when=UTC_CALENDAR.read(made.occurred_at, made.precision),
        envelope=made,
    )


def reviewed() -> IrpReviewed:
    return IrpReviewed(decision=decision(), outcome=ReviewOutcome.KEPT, next_review_on=date(2025, 9, 1))


def test_the_installations_own_services_are_told_of_everything_and_nothing_of_what() -> None:
    assert set(INTERNAL.may_learn) == set(STORED_CLASSES)
    assert set(INTERNAL.may_learn.values()) == {()}


@pytest.mark.parametrize("event", STORED_CLASSES)
def test_what_is_restricted_is_not_on_the_partners_list(event: type[Event]) -> None:
    if event.confidentiality == "restricted":
        assert event not in PARTNERS.may_learn
        assert not PARTNERS.is_told_of(recorded(invented(event)))


def test_partners_are_told_of_referrals_and_plans_and_of_nothing_else() -> None:
    streams = {stored_type(event).partition(".")[0] for event in PARTNERS.may_learn}
    assert streams == {"referral", "irp"}


@pytest.mark.parametrize("confidentiality", ["restricted", "", "of-a-kind-not-known-yet"])
def test_an_event_that_was_recorded_as_restricted_is_not_told_to_partners(confidentiality: str) -> None:
    event = ReferralAcknowledged()
    assert PARTNERS.is_told_of(recorded(event))
    assert not PARTNERS.is_told_of(recorded(event, confidentiality=confidentiality))
    assert INTERNAL.is_told_of(recorded(event, confidentiality=confidentiality))


def test_a_type_that_is_not_on_the_list_is_not_told() -> None:
    only_closing = Audience(name="few", may_learn={ReferralClosed: ()})
    assert not only_closing.is_told_of(recorded(ReferralAcknowledged()))


def test_a_field_that_is_not_on_the_list_is_not_told() -> None:
    review = recorded(reviewed())
    assert PARTNERS.data(review) == {"next_review_on": "2025-09-01"}
    assert INTERNAL.data(review) == {}
    nothing_more = replace(PARTNERS, may_learn={IrpReviewed: ("outcome",)})
    assert nothing_more.data(review) == {"outcome": "kept"}


@each_told
def test_a_field_that_is_told_exists_and_is_neither_personal_nor_an_id(
    audience: Audience, event: type[Event]
) -> None:
    for name in audience.may_learn[event]:
        field = event.model_fields[name]
        assert name != "type"
        assert not any(isinstance(mark, Personal) for mark in field.metadata)
        assert get_origin(field.annotation) is None, f"{name}: what it may hold is not plain to see"
        assert issubclass(field.annotation, date | bool | int | Enum), (
            f"{name} could name or tell of somebody"
        )
