from __future__ import annotations

import pytest
from pydantic import ValidationError

from scp_events.aggregates.concern.events import ConcernRaised
from scp_events.aggregates.engagement.commands import RecordStory
from scp_events.aggregates.engagement.events import StoryRecorded
from scp_events.vocabulary import (
    Act,
    Correct,
    Retract,
    correction_of,
    personal_fields,
    retraction_of,
    stored_type,
)
from tests.words import KEY_WORKER, decision, event_id, grounds

pytestmark = pytest.mark.once

CORRECTED, RETRACTED = correction_of(StoryRecorded), retraction_of(StoryRecorded)
STORY = StoryRecorded(event_id=event_id(1), story="An invented story.", told_to=KEY_WORKER)


def test_a_correction_is_stored_under_the_name_of_what_it_corrects() -> None:
    assert stored_type(CORRECTED) == "engagement.story-recorded.corrected"
    assert stored_type(RETRACTED) == "engagement.story-recorded.retracted"
    assert CORRECTED.TITLE == "Corrected: Story told"
    assert RETRACTED.TITLE == "Retracted, because it never was so: story recorded"


def test_there_is_one_class_for_each_fact() -> None:
    assert correction_of(StoryRecorded) is CORRECTED
    assert retraction_of(StoryRecorded) is RETRACTED
    assert (StoryRecorded, StoryRecorded) == (CORRECTED.OF, RETRACTED.OF)


def test_a_correction_holds_the_whole_fact_and_reads_back() -> None:
    said = CORRECTED(corrects=event_id(1), fact=STORY, decision=decision())
    assert CORRECTED.model_validate_json(said.model_dump_json()) == said
    with pytest.raises(ValidationError, match="fact"):
        CORRECTED(corrects=event_id(1), fact={"type": "engagement.exited"}, decision=decision())


def test_what_is_personal_in_a_fact_is_personal_in_its_correction() -> None:
    assert personal_fields(StoryRecorded) == {"story"}
    assert personal_fields(CORRECTED) == {"fact", "decision"}


def test_a_correction_is_as_confidential_as_its_fact() -> None:
    assert correction_of(ConcernRaised).confidentiality == "restricted"
    assert retraction_of(ConcernRaised).confidentiality == "restricted"
    assert CORRECTED.confidentiality == "standard"


def test_correcting_takes_effect_by_being_recorded() -> None:
    assert issubclass(Correct, Act)
    assert issubclass(Retract, Act)


def test_a_correction_says_the_command_that_should_have_been_sent() -> None:
    correct = Correct(decision=grounds(), corrects=event_id(1), instead=RecordStory(story="Another."))
    assert correct.model_dump()["instead"]["story"] == "Another."
