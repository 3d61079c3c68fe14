from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import uuid4

import pytest
from pydantic import BaseModel, StringConstraints

from scp_events.aggregates.assessment.events import AssessmentCompleted
from scp_events.aggregates.consent.events import ConsentWithdrawn
from scp_events.aggregates.engagement.events import StoryConfirmed
from scp_events.aggregates.participant.events import IdentityLinkProposed, ParticipantRegistered
from scp_events.aggregates.referral.events import ReferralAcknowledged, ReferralDeclined
from scp_events.event_log import Envelope
from scp_events.privacy import excluding, marks_of, shares_of, subjects_of
from scp_events.vocabulary import (
    Erased,
    Event,
    Impersonal,
    Narrative,
    Personal,
    Text,
    Word,
    correction_of,
)
from tests.every_event import STORED_CLASSES, personal_texts, planted
from tests.words import decision, event_id


def paths(event: type[Event]) -> dict[str, str]:
    return {".".join(mark.path): mark.personal.group for mark in marks_of(event)}


def test_personal_fields_are_found_at_whatever_depth() -> None:
    assert paths(ParticipantRegistered) == {
        "name": "core",
        "date_of_birth": "core",
        "preferred_language": "core",
        "guardian": "core",
        "gender": "core",
    }
    assert paths(AssessmentCompleted) == {
        "domain_scores": "narrative",
        "needs_identified": "narrative",
        "risk_level": "narrative",
        "inputs.*.finding": "narrative",
    }
    assert paths(ReferralDeclined) == {
        "decision.reason_text": "narrative",
        "decision.legal_basis.reference": "core",
        "decision.views.expressed": "narrative",
        "decision.views.not_obtained_because": "narrative",
    }
    assert paths(StoryConfirmed) == {}


def test_what_is_left_out_of_the_clear_is_what_is_marked() -> None:
    assert excluding(AssessmentCompleted) == {
        "domain_scores": True,
        "needs_identified": True,
        "risk_level": True,
        "inputs": {"__all__": {"finding": True}},
    }


@pytest.mark.parametrize("event", STORED_CLASSES)
def test_nothing_of_a_personal_text_is_written_in_the_clear(event: type[Event]) -> None:
    said = planted(event)
    written = said.model_dump_json(exclude=excluding(event))
    assert not [text for text in personal_texts(said) if text in written]


@pytest.mark.parametrize("event", STORED_CLASSES)
def test_every_personal_field_says_that_it_may_read_as_erased(event: type[Event]) -> None:
    """As its type says, and as it can be built."""
    erased = Erased(key_id=uuid4(), at="2025-03-03T00:00:00Z")
    said = planted(event)
    for share in shares_of(event):
        assert share.values(said)
    shown = event.model_json_schema(mode="serialization")
    asked = event.model_json_schema(mode="validation")
    assert ("Erased" in shown.get("$defs", {})) is bool(marks_of(event))
    assert "Erased" not in asked.get("$defs", {})
    whole = said.model_dump()
    for mark in marks_of(event):
        _put(whole, mark.path, erased)
    read = event.model_validate(whole)
    assert {value for mark in marks_of(event) for _, value in mark.values(read)} <= {erased}


def _put(said: Any, path: tuple[str, ...], value: object) -> None:
    if path[0] == "*":
        for each in said:
            _put(each, path[1:], value)
    elif len(path) == 1:
        if said[path[0]] is not None:
            said[path[0]] = value
    else:
        _put(said[path[0]], path[1:], value)


# --- nothing is left undeclared ---------------------------------------------------------------------------


def free_texts(model: type[BaseModel]) -> Iterator[str]:
    """Yield every field in which anything can be written, and of which nobody has said whom it tells of."""
    for name, field in model.model_fields.items():
        for way in _free(field.annotation, tuple(field.metadata)):
            yield ".".join((name, *way))


def _free(annotation: Any, marks: tuple[Any, ...]) -> Iterator[tuple[str, ...]]:
    if any(isinstance(mark, Personal | Impersonal) for mark in marks):
        return
    origin, inner = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__supertype__"):
        yield from _free(annotation.__supertype__, marks)
    elif origin is Annotated:
        yield from _free(inner[0], (*inner[1:], *marks))
    elif origin in (Union, types.UnionType, tuple, list, dict, Mapping):
        for choice in inner:
            yield from _free(choice, ())
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from ((way,) for way in free_texts(annotation))
    elif (annotation is str and not any(_confines(mark) for mark in marks)) or annotation in (
        Any,
        object,
        bytes,
    ):
        yield ()


def _confines(mark: Any) -> bool:
    """Whether a constraint leaves room for codes only: no spaces, so no sentence and no full name."""
    return isinstance(mark, StringConstraints) and bool(mark.pattern) and "\\x00" not in str(mark.pattern)


@pytest.mark.parametrize("event", STORED_CLASSES)
def test_every_free_text_of_an_event_says_whether_it_tells_of_a_person(event: type[Event]) -> None:
    assert [name for name in free_texts(event) if name != "type"] == []


def test_the_clear_part_of_the_envelope_has_no_room_for_a_sentence() -> None:
    assert [*free_texts(Envelope[ReferralAcknowledged])] == []


class Undeclared(Event):
    """An event with a text nobody has thought about."""

    note: Text
    notes: tuple[str, ...] = ()
    inner: Mapping[str, Text] | None = None


def test_an_undeclared_text_is_found() -> None:
    assert {*free_texts(Undeclared)} == {"type", "note", "notes", "inner"}


class Kept(Word):
    """Words where no path leads."""

    by_topic: Mapping[str, Narrative]


def test_what_is_personal_and_could_not_be_encrypted_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Kept\.by_topic holds something personal"):
        marks_of(Kept)


class Many(Word):
    """A list of words, each marked for itself."""

    words: tuple[Narrative, ...]


def test_a_list_is_encrypted_as_one() -> None:
    with pytest.raises(TypeError, match=r"Many\.words has personal members: mark the whole list"):
        marks_of(Many)


# --- whose ------------------------------------------------------------------------------------------------


def test_an_event_may_hold_data_of_another_person() -> None:
    other, case = uuid4(), uuid4()
    proposed = IdentityLinkProposed(
        decision=decision(), other=other, recognised_by="The same aunt collects them."
    )
    assert subjects_of(proposed, case) == (case, other)
    assert subjects_of(proposed.model_copy(update={"recognised_by": None}), case) == (case,)
    corrected = correction_of(IdentityLinkProposed)(corrects=event_id(1), fact=proposed, decision=decision())
    assert subjects_of(corrected, case) == (case, other)
    assert subjects_of(ConsentWithdrawn.model_construct(), case) == ()
