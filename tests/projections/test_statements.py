from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from scp_events.aggregates import ALL as AGGREGATES
from scp_events.aggregates import irp, referral
from scp_events.aggregates.assessment.events import AssessmentCompleted
from scp_events.aggregates.engagement.events import ContactRecorded
from scp_events.aggregates.irp.events import IrpClosed, IrpStarted
from scp_events.aggregates.participant.events import ParticipantRegistered
from scp_events.aggregates.referral.events import InformationRequested, ReferralDeclined
from scp_events.event_log.envelope import UNOPENED
from scp_events.follower.projection import Projection
from scp_events.follower.statements import Statements
from scp_events.follower.values import ENVELOPE, for_sql, names_for, names_in
from scp_events.history import every_event
from scp_events.projections import ALL, decisions
from scp_events.vocabulary import (
    Correction,
    Decision,
    Event,
    IdentifiedEvent,
    Retraction,
    correction_of,
    personal_fields,
)

EVERY_EVENT = frozenset(event for aggregate in AGGREGATES for event in every_event(aggregate))


def mistakes(projection: Any) -> Iterator[str]:
    """Say what is wrong with a projection, as far as it can be seen without a database."""
    for event, handler in projection.ON.items():
        used = names_in(handler) if isinstance(handler, str) else frozenset()
        for name in sorted(used - names_for(event)):
            yield f"{projection.NAME}: {event.__name__} has no {name}"
        for name in sorted((used & personal(event)) - projection.PERSONAL.keys()):
            yield f"{projection.NAME}: {name} of {event.__name__} is personal and not registered"
    followed = to_be_followed(projection)
    for event in followed - set(projection.ON) - projection.IGNORES:
        yield f"{projection.NAME}: {event.__name__} is neither handled nor ignored"
    for event in set(projection.ON) & projection.IGNORES:
        yield f"{projection.NAME}: {event.__name__} is both handled and ignored"
    for event in (set(projection.ON) | projection.IGNORES) - followed:
        yield f"{projection.NAME}: {event.__name__} is no event that it is told of"


def to_be_followed(projection: Any) -> frozenset[type[Event]]:
    """Return every fact of the streams it reads; as recorded, what corrects them, too."""
    return frozenset(
        event
        for aggregate in projection.READS
        for event in (every_event(aggregate) if projection.AS_RECORDED else aggregate.EVENTS)
    )


def personal(event: type[Event]) -> frozenset[str]:
    """Return the names of an event's values that tell something about a person."""
    own = personal_fields(event) - {"decision"}
    if "decision" in event.model_fields:
        own |= {f"decision_{name}" for name in personal_fields(Decision)}
    return own


@pytest.mark.parametrize("projection", ALL, ids=lambda each: each.NAME)
def test_every_statement_uses_only_what_its_event_carries(projection: Any) -> None:
    assert list(mistakes(projection)) == []


def test_a_broken_projection_is_caught() -> None:
    broken = SimpleNamespace(
        NAME="broken",
        READS=(referral, irp),
        AS_RECORDED=False,
        PERSONAL={},
        ON={
            ReferralDeclined: "UPDATE t SET a = %(decision_reason_code)s, b = %(reason)s",
            InformationRequested: "UPDATE t SET a = %(decision_reason_code)s",
            ParticipantRegistered: "UPDATE t SET a = %(name)s, b = %(case_reference)s",
            ContactRecorded: "UPDATE t SET a = %(note)s",
            AssessmentCompleted: "UPDATE t SET a = %(inputs)s",
            IrpClosed: "UPDATE t SET a = %(decision_views)s",
        },
        IGNORES=frozenset((*referral.EVENTS, *irp.EVENTS)) - {IrpStarted},
    )
    assert {
        "broken: ReferralDeclined has no reason",
        "broken: InformationRequested has no decision_reason_code",
        "broken: name of ParticipantRegistered is personal and not registered",
        "broken: note of ContactRecorded is personal and not registered",
        "broken: inputs of AssessmentCompleted is personal and not registered",
        "broken: decision_views of IrpClosed is personal and not registered",
        "broken: IrpStarted is neither handled nor ignored",
        "broken: IrpClosed is both handled and ignored",
        "broken: ContactRecorded is no event that it is told of",
    } <= set(mistakes(broken))
    assert not [said for said in mistakes(broken) if "case_reference" in said or "reason_code of" in said]


def test_the_names_in_a_statement_are_found() -> None:
    assert names_in("SELECT %(a)s, %(b_2)s::text, %(a)s WHERE c LIKE '%%(no)s' AND d = %(e)b") == {
        "a",
        "b_2",
        "e",
    }


def test_no_field_of_an_event_hides_what_the_envelope_says() -> None:
    """Where they share a name they say the same."""
    shared = {(event, name) for event in EVERY_EVENT for name in event.model_fields.keys() & ENVELOPE.keys()}
    assert shared == {
        *((event, "type") for event in EVERY_EVENT),
        *((event, "event_id") for event in EVERY_EVENT if issubclass(event, IdentifiedEvent)),
        *((event, "corrects") for event in EVERY_EVENT if issubclass(event, Correction | Retraction)),
    }
    assert not [e for e in EVERY_EVENT for name in e.model_fields if name.startswith("decision_")]


def test_projections_have_names_of_their_own() -> None:
    assert len({projection.NAME for projection in ALL}) == len(ALL)


@pytest.mark.parametrize("projection", ALL, ids=lambda projection: projection.NAME)
def test_what_a_statement_says_of_a_person_is_opened_for_it(projection: Projection) -> None:
    unopened = set(Statements(projection)._unopened)  # noqa: SLF001 - what is opened cannot be seen from outside
    assert unopened or projection is decisions, "there is something that nobody says"
    for event, handler in projection.ON.items():
        if not isinstance(handler, str) or names_in(handler) & personal(event):
            corrected = set() if projection.AS_RECORDED else {correction_of(event)}
            assert not {event, *corrected} & unopened, event.__name__


def test_a_statement_cannot_write_what_was_not_opened() -> None:
    with pytest.raises(TypeError, match="not opened"):
        for_sql(UNOPENED)
