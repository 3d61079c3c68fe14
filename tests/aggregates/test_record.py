from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from scp_events.aggregates import record
from scp_events.aggregates.feedback import events as told
from scp_events.aggregates.record.commands import RecordCommand
from scp_events.aggregates.record.events import (
    ErasureApproved,
    ErasureBegun,
    ErasureOrigin,
    ErasureRefused,
    ErasureRequested,
    LegalHoldPlaced,
    LegalHoldReleased,
    PersonalDataErased,
)
from scp_events.history import every_event
from scp_events.scenario import Given, Outcome, given
from scp_events.vocabulary import Act, Calendar, Correct, OrganisationId, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.record import (
    APPROVE,
    APPROVED_AS,
    BEGIN,
    DESTROYED,
    ERASE,
    EVERY_COMMAND,
    HOLD,
    REFUSE,
    RELEASE,
    REQUEST,
    by,
    history,
)
from tests.words import KEY_WORKER, NOON, ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

PLACED = LegalHoldPlaced(
    decision=decision(),
    reference="Order 12/2024",
    ordered_on=date(2024, 12, 20),
    expires_on=date(2025, 6, 30),
)


def after(*commands: RecordCommand) -> Given:
    """A record of which all this was asked, on the first of January 2025."""
    return given(record, *history(*commands))


def asked(before: tuple[RecordCommand, ...], command: RecordCommand, now: datetime = NOON) -> Outcome:
    """Return what came of a command after others, by default on the third of March."""
    return after(*before).when(command, by=by(command), now=now)


def but(command: Any, **changes: object) -> Any:
    return type(command).model_validate({**dict(command), **changes})


# --- legal holds ------------------------------------------------------------------------------------------


def test_a_hold_is_placed_and_released_once() -> None:
    asked((), HOLD).then(PLACED)
    asked((HOLD,), HOLD).then_nothing_new()
    asked((HOLD,), RELEASE).then(LegalHoldReleased(decision=decision(), reference="Order 12/2024"))
    asked((HOLD, RELEASE), RELEASE).then_nothing_new()
    asked((HOLD, RELEASE), HOLD).then(PLACED)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"expires_on": "2025-03-03"}, False),
        ({"expires_on": "2025-03-04"}, True),
        ({"ordered_on": "2025-03-03"}, True),
        ({"ordered_on": "2025-03-04"}, False),
    ],
    ids=str,
)
def test_a_hold_was_ordered_and_lasts_beyond_the_day_it_is_placed(
    changes: dict[str, object], *, fits: bool
) -> None:
    outcome = asked((), but(HOLD, **changes))
    if fits:
        assert outcome.events
    else:
        outcome.then_refused("date-out-of-bounds")


def test_a_hold_placed_again_lasts_until_the_other_day() -> None:
    for day in (date(2025, 5, 31), date(2026, 6, 30)):
        state = after(HOLD, but(HOLD, expires_on=day)).state
        assert [hold.expires_on for hold in record.view(state).holds] == [day]


def test_a_hold_is_placed_before_it_is_released() -> None:
    asked((), RELEASE).then_refused("no-such-hold")
    refusal = asked((HOLD,), but(RELEASE, reference="Order 13/2024")).refusal
    assert refusal is not None
    assert "Order 12/2024" in refusal.remedy


# --- erasure ----------------------------------------------------------------------------------------------


def test_one_erasure_request_is_open_at_a_time() -> None:
    requested = ErasureRequested(origin=ErasureOrigin.PARTICIPANT, requested_by=KEY_WORKER)
    asked((), REQUEST).then(requested)
    asked((REQUEST,), but(REQUEST, origin="guardian")).then_nothing_new()
    asked((REQUEST, REFUSE), REQUEST).then(requested)


def test_an_erasure_is_refused_once() -> None:
    asked((REQUEST,), REFUSE).then(ErasureRefused(decision=decision()))
    asked((REQUEST, REFUSE), REFUSE).then_nothing_new()


def test_an_approved_erasure_is_refused_until_it_begins() -> None:
    """A hold that is placed after the approval leaves nothing else to do."""
    asked((REQUEST, APPROVE, HOLD), REFUSE).then(ErasureRefused(decision=decision()))
    asked((REQUEST, APPROVE, REFUSE), BEGIN).then_refused("erasure-not-approved")
    asked((REQUEST, APPROVE, REFUSE), REQUEST).then(
        ErasureRequested(origin=ErasureOrigin.PARTICIPANT, requested_by=KEY_WORKER)
    )


@pytest.mark.parametrize("before", [(REQUEST, APPROVE, BEGIN), (REQUEST, APPROVE, BEGIN, ERASE)], ids=len)
def test_an_erasure_that_has_begun_is_refused_no_longer(before: tuple[RecordCommand, ...]) -> None:
    outcome = asked(before, REFUSE)
    outcome.then_refused("erasure-begun")
    assert "request-erasure" not in str(outcome.refusal)


@pytest.mark.parametrize(
    ("before", "command"),
    [((), APPROVE), ((), REFUSE), ((REQUEST, REFUSE), APPROVE), ((REQUEST, APPROVE, REFUSE), APPROVE)],
    ids=["approve", "refuse", "approve what was refused", "approve again what was refused"],
)
def test_only_what_is_requested_is_answered(
    before: tuple[RecordCommand, ...], command: RecordCommand
) -> None:
    asked(before, command).then_refused("erasure-not-requested")


def test_two_people_decide_an_erasure() -> None:
    after(REQUEST).when(APPROVE, by=KEY_WORKER).then_refused("own-request")
    after(REQUEST).when(APPROVE, by=ROBOT).then_refused("a-person-decides")
    after(REQUEST).when(APPROVE, by=SUPERVISOR).then(ErasureApproved(decision=decision()))
    asked((REQUEST, APPROVE), APPROVE).then_nothing_new()


@pytest.mark.parametrize("before", [(), (REQUEST,), (REQUEST, REFUSE)], ids=len)
def test_an_erasure_is_approved_before_it_begins(before: tuple[RecordCommand, ...]) -> None:
    asked(before, BEGIN).then_refused("erasure-not-approved")


@pytest.mark.parametrize("before", [(), (REQUEST,), (REQUEST, REFUSE), (REQUEST, APPROVE)], ids=len)
def test_an_erasure_begins_before_it_is_done(before: tuple[RecordCommand, ...]) -> None:
    asked(before, ERASE).then_refused("erasure-not-begun")


def test_an_approved_erasure_begins_once() -> None:
    asked((REQUEST, APPROVE), BEGIN).then(ErasureBegun())
    for again in (BEGIN, APPROVE, REQUEST):
        asked((REQUEST, APPROVE, BEGIN), again).then_nothing_new()


def test_personal_data_is_erased_once_on_the_grounds_it_was_approved_on() -> None:
    asked((REQUEST, APPROVE, BEGIN), ERASE).then(
        PersonalDataErased(
            decision=decision(),
            approved_as=APPROVED_AS,
            destroyed=DESTROYED,
            stores=("keyring", "caseload"),
        )
    )
    for again in (ERASE, BEGIN, APPROVE, REQUEST):
        asked((REQUEST, APPROVE, BEGIN, ERASE), again).then_nothing_new()


def test_the_program_says_itself_that_it_begins_and_that_data_was_erased() -> None:
    assert {type(BEGIN), type(ERASE)} & set(record.MAY) == set()
    assert after(REQUEST, APPROVE).when(BEGIN, by=ROBOT).events
    assert after(REQUEST, APPROVE, BEGIN).when(ERASE, by=ROBOT).events


def test_an_erasure_is_not_said_to_be_done_without_the_keys() -> None:
    with pytest.raises(ValidationError, match="destroyed"):
        but(ERASE, destroyed=())


# --- a hold and an erasure --------------------------------------------------------------------------------


def test_a_legal_hold_wins_over_erasure_until_its_last_day_is_over() -> None:
    held = (HOLD, REQUEST)
    asked(held, APPROVE).then_refused("legal-hold")
    asked(held, APPROVE, now=datetime(2025, 6, 30, 12, tzinfo=UTC)).then_refused("legal-hold")
    assert asked(held, APPROVE, now=datetime(2025, 7, 1, 12, tzinfo=UTC)).events
    assert asked((*held, RELEASE), APPROVE).events


def test_the_last_day_of_a_hold_is_a_day_of_the_organisation() -> None:
    island = Calendar(ZoneInfo("America/Antigua"))
    held = after(HOLD, REQUEST).in_days_of(island)
    evening = datetime(2025, 7, 1, 2, tzinfo=UTC)
    held.when(APPROVE, by=SUPERVISOR, now=evening).then_refused("legal-hold")


def test_no_hold_is_passed_by_naming_a_day_of_approval() -> None:
    """An act is of now, whenever somebody says it was."""
    held = after(HOLD, REQUEST)
    held.when(APPROVE, on="2025-07-01", by=SUPERVISOR, now=NOON).then_refused("legal-hold")
    assert all(issubclass(command, Act) for command in record.COMMANDS)
    with pytest.raises(ValidationError, match="approved_on"):
        but(APPROVE, approved_on="2100-01-01")


def test_an_erasure_under_several_holds_is_told_of_the_longest() -> None:
    longer = but(HOLD, reference="Order 13/2024", expires_on="2025-07-09")
    for holds in ((longer, HOLD), (HOLD, longer)):
        refusal = asked((*holds, REQUEST), APPROVE).refusal
        assert refusal is not None
        assert "Order 13/2024 lasts until 2025-07-09" in refusal.remedy


def test_a_hold_placed_after_an_approval_wins_until_keys_are_being_destroyed() -> None:
    held = (REQUEST, APPROVE, HOLD)
    asked(held, BEGIN).then_refused("legal-hold")
    assert asked((*held, RELEASE), BEGIN).events
    assert asked(held, BEGIN, now=datetime(2025, 7, 1, 12, tzinfo=UTC)).events


def test_a_hold_comes_too_late_once_keys_are_being_destroyed() -> None:
    asked((REQUEST, APPROVE, BEGIN), HOLD).then_refused("erasure-begun")
    asked((REQUEST, APPROVE, BEGIN, ERASE), HOLD).then_refused("erasure-begun")


def test_somebody_who_was_never_registered_can_be_forgotten() -> None:
    """Nothing is known of any other stream."""
    assert asked((), REQUEST).events
    assert asked((REQUEST,), APPROVE).events
    assert asked((REQUEST, APPROVE), BEGIN).events
    assert asked((REQUEST, APPROVE, BEGIN), ERASE).events


# --- published testimony ----------------------------------------------------------------------------------

PAPER, RADIO = OrganisationId("example-paper"), OrganisationId("example-radio")
TOLD_AS = event_id(904)


def published(publisher: OrganisationId = PAPER) -> told.TestimonyPublished:
    return told.TestimonyPublished(decision=decision(), testimony=TOLD_AS, publisher=publisher)


def taken_down(publisher: OrganisationId = PAPER) -> told.TestimonyTakenDown:
    return told.TestimonyTakenDown(decision=decision(), testimony=TOLD_AS, publisher=publisher)


@pytest.mark.parametrize(
    ("before", "command"), [((REQUEST,), APPROVE), ((REQUEST, APPROVE), BEGIN)], ids=["approve", "begin"]
)
def test_what_is_published_is_taken_down_before_an_erasure(
    before: tuple[RecordCommand, ...], command: RecordCommand
) -> None:
    """Afterwards there is no key to write the grounds with, so it would stand as published for ever."""
    so_far = after(*before)
    out = so_far.knowing(published(RADIO), published(), taken_down()).when(command, by=by(command))
    out.then_refused("testimony-published")
    assert f"{RADIO} publishes testimony {TOLD_AS}: `take-down-testimony`" in str(out.refusal)
    for known in ((published(), published(), taken_down()), (taken_down(), published(), taken_down())):
        assert so_far.knowing(*known).when(command, by=by(command)).events
    again = so_far.knowing(published(), taken_down(), published()).when(command, by=by(command))
    again.then_refused("testimony-published")


def test_acts_are_not_corrected() -> None:
    known = given(record).then_so(asked((), HOLD))
    placed = known.facts()[0].event_id
    known.when(Retract(decision=grounds(), corrects=placed)).then_refused("not-correctable")
    known.when(Correct(decision=grounds(), corrects=placed, instead=HOLD)).then_refused("not-correctable")
    assert every_event(record) == record.EVENTS


def test_others_read_how_a_record_stands() -> None:
    assert record.view(after(HOLD, REQUEST).state).model_dump(mode="json") == {
        "erasure": "requested",
        "requested_by": "kw-juniper",
        "holds": [{"reference": "Order 12/2024", "ordered_on": "2024-12-20", "expires_on": "2025-06-30"}],
    }


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(
    *EVERY_COMMAND,
    but(HOLD, expires_on="2025-07-01"),
    but(HOLD, reference="Order 13/2024"),
    but(RELEASE, reference="Order 13/2024"),
    but(ERASE, stores=("keyring",), approved_as=event_id(999)),
)
TestLaws = machine(record, ASKED, by=by).TestCase
