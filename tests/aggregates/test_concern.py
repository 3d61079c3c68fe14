from __future__ import annotations

import pytest

from scp_events.aggregates import concern
from scp_events.aggregates.concern.commands import ConcernCommand
from scp_events.aggregates.concern.events import ConcernClosed, ConcernEscalated, ConcernRaised
from scp_events.history import every_event
from scp_events.scenario import by as told_by
from scp_events.scenario import given, on
from scp_events.vocabulary import Correct, OrganisationId, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.concern import (
    CHILD_PROTECTION,
    CLOSE,
    CLOSED,
    ESCALATE,
    ESCALATED,
    EVERY_COMMAND,
    RAISE,
    RAISED,
    RAISED_AS,
)
from tests.words import KEY_WORKER, OTHER_KEY_WORKER, ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

TO_POLICE = ESCALATE.model_copy(update={"escalated_to": OrganisationId("police")})


def test_a_concern_is_raised_by_whoever_says_so_and_waits_for_nothing() -> None:
    given(concern).when(RAISE, by=KEY_WORKER).then(
        ConcernRaised(event_id=RAISED_AS, raised_by=KEY_WORKER, concern="An invented bruise.")
    )


def test_a_concern_is_raised_once() -> None:
    given(concern, RAISED).when(RAISE, by=KEY_WORKER).then_nothing_new()
    another = RAISE.model_copy(update={"event_id": event_id(799)})
    given(concern, RAISED).when(another, by=KEY_WORKER).then_refused("already-raised")


def test_a_concern_is_escalated_once_to_each_agency() -> None:
    given(concern, RAISED).when(ESCALATE, by=SUPERVISOR).then(
        ConcernEscalated(decision=decision(), escalated_to=CHILD_PROTECTION)
    )
    given(concern, RAISED, ESCALATED).when(ESCALATE, by=SUPERVISOR).then_nothing_new()
    assert given(concern, RAISED, ESCALATED).when(TO_POLICE).events


def test_nobody_closes_their_own_concern() -> None:
    given(concern, RAISED).when(CLOSE, by=KEY_WORKER).then_refused("own-concern")


def test_somebody_else_closes_a_concern_once() -> None:
    given(concern, RAISED, ESCALATED).when(CLOSE, by=SUPERVISOR).then(
        ConcernClosed(decision=decision(), outcome="An invented fall: they are safe.")
    )
    given(concern, RAISED, CLOSED).when(CLOSE, by=SUPERVISOR).then_nothing_new()


def test_an_open_concern_is_escalated() -> None:
    given(concern, RAISED, CLOSED).when(ESCALATE).then_refused("concern-closed")
    given(concern, RAISED, ESCALATED, CLOSED).when(ESCALATE).then_nothing_new()


@pytest.mark.parametrize("command", [ESCALATE, CLOSE], ids=["escalate", "close"])
def test_a_concern_is_raised_first(command: ConcernCommand) -> None:
    given(concern).when(command).then_refused("not-raised")


def test_no_system_decides_about_a_concern() -> None:
    given(concern, RAISED).when(CLOSE, by=ROBOT).then_refused("a-person-decides")


def test_all_that_is_said_of_a_concern_is_restricted() -> None:
    assert {event.confidentiality for event in every_event(concern)} == {"restricted"}
    assert len(every_event(concern)) == 9


def test_others_read_who_raised_a_concern_and_how_it_stands() -> None:
    assert concern.view(given(concern, RAISED, ESCALATED, CLOSED).state).model_dump() == {
        "raised_by": "kw-juniper",
        "escalated_to": ("child-protection",),
        "closed": True,
    }


# --- as of its own time -----------------------------------------------------------------------------------


def test_an_escalation_before_the_closing_is_recorded_after_it() -> None:
    closed = given(concern, on("2025-05-01", RAISED), on("2025-05-10", CLOSED))
    assert closed.when(ESCALATE, on="2025-05-05").events
    closed.when(ESCALATE, on="2025-05-11").then_refused("concern-closed")


def test_nothing_is_decided_about_a_concern_before_it_was_raised() -> None:
    raised = given(concern, on("2025-05-01", RAISED))
    raised.when(ESCALATE, on="2025-04-30").then_refused("not-raised")
    raised.when(CLOSE, on="2025-04-30").then_refused("not-raised")


# --- corrections ------------------------------------------------------------------------------------------


def test_a_corrected_concern_stays_with_whoever_raised_it() -> None:
    known = given(concern, told_by(KEY_WORKER, RAISED))
    instead = RAISE.model_copy(update={"concern": "An invented scratch."})
    correct = Correct(decision=grounds(), corrects=RAISED_AS, instead=instead)
    corrected = known.then_so(known.when(correct, by=OTHER_KEY_WORKER))
    [fact] = [dict(event)["fact"] for event in known.when(correct, by=OTHER_KEY_WORKER).events]
    assert fact == ConcernRaised(event_id=RAISED_AS, raised_by=KEY_WORKER, concern="An invented scratch.")
    corrected.when(CLOSE, by=KEY_WORKER).then_refused("own-concern")
    assert corrected.when(CLOSE, by=OTHER_KEY_WORKER).events


def test_a_closing_that_never_was_is_retracted() -> None:
    known = given(concern, RAISED).then_so(given(concern, RAISED).when(CLOSE, by=SUPERVISOR))
    closing = known.facts()[-1].event_id
    again = known.then_so(known.when(Retract(decision=grounds(), corrects=closing)))
    assert again.when(CLOSE, by=SUPERVISOR).events


def test_nobody_has_the_closing_of_their_own_concern_say_something_else() -> None:
    known = given(concern, RAISED).then_so(given(concern, RAISED).when(CLOSE, by=SUPERVISOR))
    closing = known.facts()[-1].event_id
    other = CLOSE.model_copy(update={"outcome": "Invented: all is well."})
    correct = Correct(decision=grounds(), corrects=closing, instead=other)
    known.when(correct, by=KEY_WORKER).then_refused("own-concern")
    assert known.when(correct, by=OTHER_KEY_WORKER).events


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(*EVERY_COMMAND, TO_POLICE, Retract(decision=grounds(), corrects=RAISED_AS))
TestLaws = machine(concern, ASKED, [RAISED], by=lambda _command: SUPERVISOR).TestCase
