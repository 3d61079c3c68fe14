from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scp_events.aggregates import offence
from scp_events.aggregates.offence import events
from scp_events.aggregates.offence.commands import (
    EstablishProof,
    OffenceCommand,
    QuashConviction,
    RecordAllegation,
    RecordCharge,
    RecordNotProven,
    WithdrawAllegation,
)
from scp_events.aggregates.offence.events import Source, proven
from scp_events.aggregates.offence.rules import Status
from scp_events.history import effective
from scp_events.scenario import Given, Happened, given, on
from scp_events.vocabulary import Correct, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.participant import DIED, REGISTERED
from tests.words import ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

ALLEGED_AS, CHARGED_AS, PROVEN_AS, NOT_PROVEN_AS, WITHDRAWN_AS, QUASHED_AS = map(event_id, range(911, 917))
POLICE, COURT = Source(name="example-police"), Source(name="example-court-register", latency_days=42)

ALLEGE = RecordAllegation(
    event_id=ALLEGED_AS,
    offence_code="example-theft",
    severity="lesser",
    recordable=True,
    source=POLICE,
    particulars="An invented bicycle.",
    committed_on=date(2025, 2, 1),
)
CHARGE = RecordCharge(**dict(ALLEGE) | {"event_id": CHARGED_AS})
PROVE = EstablishProof(
    event_id=PROVEN_AS,
    decision=grounds(),
    offence_code="example-taking",
    severity="least",
    recordable=True,
    source=COURT,
    committed_on=date(2025, 2, 2),
    proven_on=date(2025, 5, 5),
    disposal="conviction",
)
NOT_PROVEN = RecordNotProven(event_id=NOT_PROVEN_AS, source=COURT)
WITHDRAW = WithdrawAllegation(event_id=WITHDRAWN_AS, source=POLICE)
QUASH = QuashConviction(event_id=QUASHED_AS, decision=grounds(), quashed_on=date(2025, 8, 8), source=COURT)
EVERY_COMMAND: tuple[OffenceCommand, ...] = (ALLEGE, CHARGE, PROVE, NOT_PROVEN, WITHDRAW, QUASH)

ALLEGED = on("2025-02-10", events.OffenceAlleged(**dict(ALLEGE)))
CHARGED = on("2025-03-10", events.ChargeRecorded(**dict(CHARGE)))
PROVEN = on("2025-06-10", PROVE.fact(SUPERVISOR))
NOT_SO = on("2025-06-10", events.OffenceNotProven(event_id=NOT_PROVEN_AS, source=COURT))
WITHDRAWN = on("2025-06-10", events.AllegationWithdrawn(event_id=WITHDRAWN_AS, source=POLICE))
QUASHED = on("2025-09-10", QUASH.fact(SUPERVISOR))
DECIDED = (PROVEN, NOT_SO, WITHDRAWN)


def told(*happened: Happened) -> Given:
    return given(offence, *happened).knowing(on("2025-03-01", REGISTERED))


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


def seen(*happened: Happened) -> Any:
    return offence.view(told(*happened).state)


# --- alleged and charged ----------------------------------------------------------------------------------


def test_an_offence_is_alleged_with_the_day_it_was_committed_and_by_whom() -> None:
    """It may be older than the registration, for it is often what brings somebody here."""
    told().when(ALLEGE, on="2025-02-10").then(
        events.OffenceAlleged(
            event_id=ALLEGED_AS,
            offence_code="example-theft",
            severity="lesser",
            recordable=True,
            source=POLICE,
            particulars="An invented bicycle.",
            committed_on=date(2025, 2, 1),
        )
    )


def test_an_offence_is_alleged_once_and_charged_once() -> None:
    told(ALLEGED).when(ALLEGE, on="2025-02-10").then_nothing_new()
    told(ALLEGED).when(but(ALLEGE, event_id=None)).then_refused("already-alleged")
    told(ALLEGED).when(CHARGE).then(events.ChargeRecorded(**dict(CHARGE)))
    told(ALLEGED, CHARGED).when(but(CHARGE, event_id=None)).then_refused("already-charged")


@pytest.mark.parametrize("command", [ALLEGE, CHARGE], ids=lambda c: type(c).__name__)
def test_nothing_is_alleged_before_it_was_committed(command: OffenceCommand) -> None:
    known = told() if command is ALLEGE else told(on("2025-02-01", ALLEGED.event))
    assert known.when(but(command, committed_on="2025-02-10"), on="2025-02-10").events
    known.when(but(command, committed_on="2025-02-11"), on="2025-02-10").then_refused("date-out-of-bounds")


def test_what_was_alleged_after_the_charge_was_not_charged_by_then() -> None:
    told(ALLEGED).when(CHARGE, on="2025-02-09").then_refused("not-alleged")


# --- proven, or not ---------------------------------------------------------------------------------------


def test_what_is_proven_says_when_it_was_committed_and_found_and_what_followed() -> None:
    """Section 2.2: with the source and how far behind it is."""
    told(ALLEGED, CHARGED).when(PROVE, on="2025-06-10", by=SUPERVISOR).then(
        events.OffenceProven(
            event_id=PROVEN_AS,
            decision=decision(),
            offence_code="example-taking",
            severity="least",
            recordable=True,
            source=Source(name="example-court-register", latency_days=42),
            committed_on=date(2025, 2, 2),
            proven_on=date(2025, 5, 5),
            disposal="conviction",
        )
    )


def test_a_caution_needs_no_charge() -> None:
    assert told(ALLEGED).when(but(PROVE, disposal="caution"), on="2025-06-10").events


def test_an_offence_is_committed_before_it_is_proven_and_proven_before_it_is_taken_as_such() -> None:
    known = told(ALLEGED, CHARGED)
    assert known.when(but(PROVE, committed_on="2025-05-05"), on="2025-05-05").events
    known.when(but(PROVE, committed_on="2025-05-06"), on="2025-06-10").then_refused("date-out-of-bounds")
    known.when(PROVE, on="2025-05-04").then_refused("date-out-of-bounds")


def test_only_what_was_charged_is_heard_and_not_proven() -> None:
    told(ALLEGED, CHARGED).when(NOT_PROVEN).then(NOT_SO.event)
    told(ALLEGED).when(NOT_PROVEN).then_refused("not-charged")
    told(ALLEGED, CHARGED, NOT_SO).when(but(NOT_PROVEN, event_id=None)).then_nothing_new()


def test_an_allegation_is_withdrawn_once_charged_or_not() -> None:
    told(ALLEGED).when(WITHDRAW).then(WITHDRAWN.event)
    told(ALLEGED, CHARGED).when(WITHDRAW).then(WITHDRAWN.event)
    told(ALLEGED, WITHDRAWN).when(but(WITHDRAW, event_id=None)).then_nothing_new()


@pytest.mark.parametrize("end", DECIDED, ids=lambda e: type(e.event).__name__)
@pytest.mark.parametrize("command", [CHARGE, PROVE, NOT_PROVEN, WITHDRAW], ids=lambda c: type(c).__name__)
def test_what_was_decided_is_decided_once(end: Any, command: Any) -> None:
    known = told(ALLEGED, CHARGED, end)
    outcome = known.when(but(command, event_id=None), on="2025-07-01")
    if type(end.event) is command.RECORDS and command is not PROVE:
        outcome.then_nothing_new()
    else:
        outcome.then_refused("offence-decided")


@pytest.mark.parametrize("command", [CHARGE, PROVE, NOT_PROVEN, WITHDRAW], ids=lambda c: type(c).__name__)
def test_nothing_becomes_of_what_was_not_alleged(command: OffenceCommand) -> None:
    told().when(command, on="2025-09-10").then_refused("not-alleged")


# --- quashed ----------------------------------------------------------------------------------------------


def test_what_was_proven_is_quashed_and_the_decision_rests_on_the_proof() -> None:
    quashed = events.ConvictionQuashed(
        event_id=QUASHED_AS,
        decision=decision(relied_on=(PROVEN_AS,)),
        quashed_on=date(2025, 8, 8),
        source=COURT,
    )
    told(ALLEGED, CHARGED, PROVEN).when(QUASH, by=SUPERVISOR, on="2025-09-10").then(quashed)
    told(ALLEGED, CHARGED, PROVEN, QUASHED).when(but(QUASH, event_id=None)).then_nothing_new()


@pytest.mark.parametrize("before", [(), (ALLEGED,), (ALLEGED, CHARGED), (ALLEGED, WITHDRAWN)])
def test_only_what_was_proven_is_quashed(before: tuple[Happened, ...]) -> None:
    told(*before).when(QUASH, on="2025-09-10").then_refused("not-proven")


def test_nothing_is_quashed_before_it_was_proven() -> None:
    known = told(ALLEGED, CHARGED, PROVEN)
    assert known.when(but(QUASH, quashed_on="2025-05-05"), on="2025-09-10").events
    known.when(but(QUASH, quashed_on="2025-05-04"), on="2025-09-10").then_refused("quashed-before-proven")
    known.when(QUASH, on="2025-08-07").then_refused("date-out-of-bounds")


# --- of whom ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [ALLEGE, CHARGE, PROVE], ids=lambda c: type(c).__name__)
def test_the_dead_commit_no_offence(command: Any) -> None:
    history = () if command is ALLEGE else (on("2025-02-02", ALLEGED.event),)
    dead = told(*history).knowing(on("2025-04-02", DIED))
    last_day, after = but(command, committed_on="2025-04-02"), but(command, committed_on="2025-04-03")
    assert dead.when(last_day, on="2025-06-10").events, "a finding may come after a death"
    dead.when(after, on="2025-06-10").then_refused("died")


def test_the_programme_takes_nothing_as_proven_of_somebody_it_does_not_know() -> None:
    nobody = given(offence, ALLEGED, CHARGED)
    nobody.when(PROVE, on="2025-06-10").then_refused("not-registered")
    later = nobody.knowing(on("2025-06-11", REGISTERED))
    later.when(PROVE, on="2025-06-10").then_refused("not-registered")
    assert later.when(PROVE, on="2025-06-11").events


@pytest.mark.parametrize("command", [PROVE, QUASH], ids=lambda c: type(c).__name__)
def test_a_system_decides_nothing(command: OffenceCommand) -> None:
    told(ALLEGED, CHARGED).when(command, by=ROBOT, on="2025-09-10").then_refused("a-person-decides")


# --- what counts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "status"),
    [
        ((), Status.UNKNOWN),
        ((ALLEGED,), Status.ALLEGED),
        ((ALLEGED, CHARGED), Status.CHARGED),
        ((ALLEGED, CHARGED, NOT_SO), Status.NOT_PROVEN),
        ((ALLEGED, WITHDRAWN), Status.WITHDRAWN),
        ((ALLEGED, CHARGED, PROVEN, QUASHED), Status.QUASHED),
    ],
    ids=["nothing", "alleged", "charged", "not proven", "withdrawn", "quashed"],
)
def test_allegations_never_count(history: tuple[Happened, ...], status: Status) -> None:
    assert seen(*history).status is status
    assert seen(*history).proven is None
    assert proven(fact.event for fact in effective(told(*history).facts())) is None


def test_what_was_proven_counts_as_the_source_found_it() -> None:
    """Not as it was alleged, nor as it was charged."""
    history = (ALLEGED, CHARGED, PROVEN)
    assert seen(*history).status is Status.PROVEN
    counts = seen(*history).proven.model_dump(exclude={"proven_as"})
    assert counts == {
        "committed_on": date(2025, 2, 2),
        "proven_on": date(2025, 5, 5),
        "disposal": "conviction",
        "severity": "least",
        "recordable": True,
    }
    found = proven(fact.event for fact in effective(told(*history).facts()))
    assert found == PROVEN.event


def test_what_others_may_read_tells_no_particulars() -> None:
    assert "bicycle" not in seen(ALLEGED, CHARGED).model_dump_json()
    assert "theft" not in seen(ALLEGED, CHARGED).model_dump_json()


# --- corrections ------------------------------------------------------------------------------------------


def test_a_proof_recorded_wrongly_is_corrected_and_judged_like_the_proof() -> None:
    known = told(ALLEGED, CHARGED, PROVEN)
    correction = Correct(
        decision=grounds(), corrects=PROVEN_AS, instead=but(PROVE, severity="grave", event_id=None)
    )
    corrected = known.then_so(known.when(correction))
    assert offence.view(corrected.state).proven.severity == "grave"
    early = correction.model_copy(update={"instead": but(PROVE, committed_on="2025-05-06")})
    known.when(early).then_refused("date-out-of-bounds")


def test_a_proof_that_never_was_is_retracted_and_counts_for_nothing() -> None:
    known = told(ALLEGED, CHARGED, PROVEN)
    retracted = known.then_so(known.when(Retract(decision=grounds(), corrects=PROVEN_AS)))
    assert offence.view(retracted.state).proven is None
    assert proven(fact.event for fact in effective(retracted.facts())) is None


ASKED = one_of_these(
    *EVERY_COMMAND,
    *(but(command, event_id=event_id(920 + n)) for n, command in enumerate(EVERY_COMMAND)),
    but(PROVE, event_id=event_id(930), proven_on="2024-12-01", committed_on="2024-11-01"),
    but(QUASH, event_id=event_id(931), quashed_on="2024-12-01"),
    but(QUASH, event_id=event_id(932), quashed_on="2024-11-30"),
    but(CHARGE, event_id=event_id(933), committed_on="2024-11-01"),
    but(ALLEGE, event_id=event_id(934), committed_on="2024-11-01"),
)
TestLaws = machine(offence, ASKED, knowing=[REGISTERED]).TestCase
