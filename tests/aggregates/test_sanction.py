from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scp_events.aggregates import sanction
from scp_events.aggregates.sanction import events
from scp_events.aggregates.sanction.commands import (
    DischargeSanction,
    RecordSanction,
    RevokeSanction,
    SanctionCommand,
    StartServing,
)
from scp_events.aggregates.sanction.events import Discharged, SanctionKind
from scp_events.aggregates.sanction.rules import Status
from scp_events.scenario import Given, Happened, given, on
from scp_events.vocabulary import Correct, OrganisationId, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.participant import DIED
from tests.words import ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

IMPOSED_AS, BEGUN_AS, ENDED_AS = map(event_id, range(901, 904))

RECORD = RecordSanction(
    event_id=IMPOSED_AS,
    kind=SanctionKind.ALTERNATIVE_PUNISHMENT,
    instrument="community-service-order",
    imposed_by=OrganisationId("example-youth-court"),
    imposed_as="magistrate",
    to_be_done="Forty invented hours in an invented garden.",
    due_on=date(2025, 9, 30),
    ends_on=date(2025, 12, 31),
    reference="YC 2025 / 17",
)
SERVE = StartServing()
DISCHARGE = DischargeSanction(decision=grounds(), outcome=Discharged.SUCCESSFULLY)
FAIL = DischargeSanction(decision=grounds(), outcome=Discharged.UNSUCCESSFULLY)
REVOKE = RevokeSanction(decision=grounds())
EVERY_COMMAND: tuple[SanctionCommand, ...] = (RECORD, SERVE, DISCHARGE, FAIL, REVOKE)

IMPOSED = events.SanctionImposed(**dict(RECORD))
SERVING = events.ServingStarted()
DISCHARGED = events.SanctionDischarged(decision=decision(), outcome=Discharged.SUCCESSFULLY)
FAILED = events.SanctionDischarged(decision=decision(), outcome=Discharged.UNSUCCESSFULLY)
REVOKED = events.SanctionRevoked(decision=decision())


def told(*happened: Happened) -> Given:
    return given(sanction, *happened)


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


def status(*happened: Happened) -> Status:
    return sanction.view(told(*happened).state).status


# --- imposed ----------------------------------------------------------------------------------------------


def test_a_sanction_says_what_has_to_be_done_and_who_imposed_it() -> None:
    """S2.8: it may be older than the registration, for it is often what brings somebody here."""
    told().when(RECORD, on="2025-03-10").then(
        events.SanctionImposed(
            event_id=IMPOSED_AS,
            kind=SanctionKind.ALTERNATIVE_PUNISHMENT,
            instrument="community-service-order",
            imposed_by=OrganisationId("example-youth-court"),
            imposed_as="magistrate",
            to_be_done="Forty invented hours in an invented garden.",
            due_on=date(2025, 9, 30),
            ends_on=date(2025, 12, 31),
            reference="YC 2025 / 17",
        )
    )


def test_a_sanction_is_imposed_once() -> None:
    told(IMPOSED).when(RECORD).then_nothing_new()
    told(IMPOSED).when(but(RECORD, event_id=event_id(9))).then_refused("already-imposed")


@pytest.mark.parametrize("field", ["due_on", "ends_on"])
def test_a_sanction_is_not_due_before_it_was_imposed(field: str) -> None:
    assert told().when(but(RECORD, **{field: "2025-03-10"}), on="2025-03-10").events
    told().when(but(RECORD, **{field: "2025-03-09"}), on="2025-03-10").then_refused("date-out-of-bounds")


def test_nothing_is_imposed_on_the_dead_nor_begun_by_them() -> None:
    dead = told().knowing(on("2025-06-01", DIED))
    dead.when(RECORD, on="2025-06-02").then_refused("died")
    assert dead.when(RECORD, on="2025-05-31").events, "it was so before, and is told late"
    imposed = told(on("2025-03-10", IMPOSED)).knowing(on("2025-06-01", DIED))
    imposed.when(SERVE, on="2025-06-02").then_refused("died")
    assert imposed.when(SERVE, on="2025-05-31").events
    assert imposed.when(REVOKE, on="2025-06-02").events, "what the dead cannot serve is taken back"


# --- served -----------------------------------------------------------------------------------------------


def test_a_sanction_is_served_and_discharged() -> None:
    told(IMPOSED).when(SERVE).then(SERVING)
    told(IMPOSED, SERVING).when(SERVE).then_nothing_new()
    told(IMPOSED, SERVING).when(DISCHARGE, by=SUPERVISOR).then(DISCHARGED)
    told(IMPOSED, SERVING).when(FAIL, by=SUPERVISOR).then(FAILED)


def test_what_was_never_begun_is_not_discharged_successfully() -> None:
    """S2.8."""
    told(IMPOSED).when(DISCHARGE).then_refused("not-served")
    told(IMPOSED).when(FAIL, by=SUPERVISOR).then(FAILED)


def test_a_discharge_is_decided_as_of_its_own_day() -> None:
    begun_in_may = told(on("2025-03-10", IMPOSED), on("2025-05-01", SERVING))
    begun_in_may.when(DISCHARGE, on="2025-04-30").then_refused("not-served")
    assert begun_in_may.when(DISCHARGE, on="2025-05-02").events


def test_how_a_sanction_was_discharged_is_decided_once() -> None:
    told(IMPOSED, SERVING, DISCHARGED).when(DISCHARGE).then_nothing_new()
    told(IMPOSED, SERVING, DISCHARGED).when(FAIL).then_refused("sanction-ended")
    told(IMPOSED, SERVING, FAILED).when(DISCHARGE).then_refused("sanction-ended")


def test_a_sanction_is_revoked_once_served_or_not() -> None:
    told(IMPOSED).when(REVOKE, by=SUPERVISOR).then(REVOKED)
    told(IMPOSED, SERVING).when(REVOKE, by=SUPERVISOR).then(REVOKED)
    told(IMPOSED, REVOKED).when(REVOKE).then_nothing_new()


@pytest.mark.parametrize("command", [SERVE, DISCHARGE, FAIL, REVOKE], ids=lambda c: type(c).__name__)
def test_nothing_becomes_of_a_sanction_that_was_not_imposed(command: SanctionCommand) -> None:
    told().when(command).then_refused("not-imposed")
    told(on("2025-03-10", IMPOSED)).when(command, on="2025-03-09").then_refused("not-imposed")


@pytest.mark.parametrize("command", [SERVE, DISCHARGE, FAIL], ids=lambda c: type(c).__name__)
def test_a_revoked_sanction_stays_so(command: SanctionCommand) -> None:
    told(IMPOSED, SERVING, REVOKED).when(command).then_refused("sanction-ended")


def test_a_discharged_sanction_is_neither_served_nor_revoked() -> None:
    told(IMPOSED, SERVING, DISCHARGED).when(SERVE).then_refused("sanction-ended")
    told(IMPOSED, SERVING, DISCHARGED).when(REVOKE).then_refused("sanction-ended")


@pytest.mark.parametrize("command", [DISCHARGE, REVOKE], ids=lambda c: type(c).__name__)
def test_a_system_ends_no_sanction(command: SanctionCommand) -> None:
    told(IMPOSED, SERVING).when(command, by=ROBOT).then_refused("a-person-decides")


# --- what others may read, and corrections ----------------------------------------------------------------


def test_a_sanction_says_where_it_stands_and_nothing_personal() -> None:
    assert status() is Status.NOT_IMPOSED
    assert status(IMPOSED) is Status.IMPOSED
    assert status(IMPOSED, SERVING) is Status.SERVING
    assert status(IMPOSED, REVOKED) is Status.REVOKED
    seen = sanction.view(told(IMPOSED, SERVING, FAILED).state)
    assert (seen.status, seen.outcome) == (Status.DISCHARGED, Discharged.UNSUCCESSFULLY)


def test_a_discharge_is_not_corrected_into_a_success_that_was_never_begun() -> None:
    failed = told(IMPOSED, on("2025-05-01", FAILED))
    ended_as = failed.facts()[-1].event_id
    correction = Correct(decision=grounds(), corrects=ended_as, instead=DISCHARGE)
    failed.when(correction).then_refused("not-served")
    served = told(IMPOSED, SERVING, on("2025-05-01", FAILED))
    ended_as = served.facts()[-1].event_id
    [corrected] = served.when(correction.model_copy(update={"corrects": ended_as})).events
    assert corrected.model_dump()["fact"]["outcome"] == "successfully"


def test_a_sanction_is_not_corrected_to_be_due_before_it_was_imposed() -> None:
    known = told(on("2025-03-10", IMPOSED))
    early = Correct(
        decision=grounds(), corrects=IMPOSED_AS, instead=but(RECORD, due_on="2025-03-01", event_id=None)
    )
    known.when(early).then_refused("date-out-of-bounds")


def test_a_sanction_that_never_was_is_retracted() -> None:
    known = told(IMPOSED)
    retracted = known.then_so(known.when(Retract(decision=grounds(), corrects=IMPOSED_AS)))
    assert sanction.view(retracted.state).status is Status.NOT_IMPOSED
    retracted.when(SERVE).then_refused("not-imposed")


ASKED = one_of_these(*EVERY_COMMAND, but(RECORD, event_id=event_id(905)))
TestLaws = machine(sanction, ASKED).TestCase
