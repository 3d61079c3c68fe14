from __future__ import annotations

import json
from uuid import UUID

import pytest
from pydantic import ValidationError

from scp_events.aggregates.consent.events import ConsentWithdrawn
from scp_events.aggregates.engagement.commands import Pause, RecordStory
from scp_events.aggregates.engagement.events import ContactRecorded
from scp_events.aggregates.referral.events import ReferralAccepted, ReferralAcknowledged, ReferralDrafted
from scp_events.vocabulary import Erased, Event, Views, personal_fields
from tests.words import NOON, grounds

pytestmark = pytest.mark.once


def complaints(error: ValidationError) -> list[tuple[tuple[int | str, ...], str]]:
    return [(found["loc"], found["type"]) for found in error.errors()]


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
    with pytest.raises(ValidationError, match="cannot say what was erased"):
        RecordStory(story=ERASED)
    with pytest.raises(ValidationError, match="cannot say what was erased"):
        Pause(decision=grounds(reason_text=ERASED))
    RecordStory(story="Told.")


@pytest.mark.parametrize(
    ("event", "tells"),
    [
        (ReferralDrafted, True),
        (ReferralAccepted, True),  # its decision has reasons
        (ReferralAcknowledged, False),
        (ContactRecorded, True),  # its note may be left out, and tells where it is not
        (ConsentWithdrawn, False),
    ],
)
def test_an_event_tells_of_a_person_wherever_the_mark_stands(event: type[Event], *, tells: bool) -> None:
    assert bool(personal_fields(event)) is tells
