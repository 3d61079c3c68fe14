from __future__ import annotations

from datetime import date

import pytest

from scp_events.aggregates import consent
from scp_events.aggregates.consent.commands import GiveConsent
from scp_events.aggregates.consent.events import ConsentGiven, ConsentParty, ConsentWithdrawn
from scp_events.scenario import Given, Happened, at, given, known_as, on
from scp_events.vocabulary import Correct, OrganisationId, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.consent import EVERY_COMMAND, GIVE, GIVEN, SCHOOL, WITHDRAW, WITHDRAWN
from tests.examples.participant import DIED, REGISTERED
from tests.words import event_id, grounds

pytestmark = pytest.mark.once


def told(*happened: Happened) -> Given:
    """Somebody registered in March, of whose data all this was said, recorded in this order."""
    return given(consent, *happened).knowing(on("2025-03-01", REGISTERED))


def but(command: GiveConsent, **changes: object) -> GiveConsent:
    return GiveConsent.model_validate({**dict(command), **changes})


# --- given and withdrawn ----------------------------------------------------------------------------------


def test_a_participant_consents_with_capacity() -> None:
    told().when(GIVE).then(
        ConsentGiven(
            scope="share-plan",
            recipient=SCHOOL,
            given_by=ConsentParty.PARTICIPANT,
            capacity_noted=True,
            valid_until=date(2027, 12, 31),
        )
    )


def test_consent_needs_capacity_or_a_guardian() -> None:
    without = but(GIVE, capacity_noted=False)
    told().when(without).then_refused("capacity-not-noted")
    assert told().when(but(without, given_by="guardian")).events


def test_consent_given_twice_is_already_so() -> None:
    told(GIVEN).when(GIVE).then_nothing_new()


@pytest.mark.parametrize(
    "changes", [{"valid_until": date(2028, 1, 1)}, {"valid_until": None}, {"given_by": "guardian"}], ids=str
)
def test_consent_given_otherwise_is_another_consent(changes: dict[str, object]) -> None:
    (event,) = told(GIVEN).when(but(GIVE, **changes)).events
    assert changes.items() <= event.model_dump().items()


def test_consent_is_valid_on_the_day_it_is_given() -> None:
    ends = but(GIVE, valid_until=date(2025, 4, 5))
    assert told().when(ends, on="2025-04-05").events
    told().when(ends, on="2025-04-06").then_refused("date-out-of-bounds")
    assert told().when(but(GIVE, valid_until=None), on="2025-04-06").events


def test_consent_is_given_before_it_is_withdrawn() -> None:
    told().when(WITHDRAW).then_refused("no-consent")
    told(GIVEN).when(WITHDRAW.model_copy(update={"scope": "publish"})).then_refused("no-consent")
    other = WITHDRAW.model_copy(update={"recipient": OrganisationId("police")})
    told(GIVEN).when(other).then_refused("no-consent")


def test_consent_is_withdrawn_once_and_may_be_given_again() -> None:
    told(GIVEN).when(WITHDRAW).then(
        ConsentWithdrawn(scope="share-plan", recipient=SCHOOL, withdrawn_by=ConsentParty.GUARDIAN)
    )
    told(GIVEN, WITHDRAWN).when(WITHDRAW).then_nothing_new()
    told(GIVEN, WITHDRAWN).when(GIVE).then(GIVEN)


def test_nobody_consents_who_is_not_registered_or_not_alive() -> None:
    given(consent).when(GIVE).then_refused("not-registered")
    told().knowing(DIED).when(GIVE).then_refused("died")


def test_consent_can_be_withdrawn_whatever_the_status() -> None:
    assert given(consent, GIVEN).knowing(REGISTERED, DIED).when(WITHDRAW).events
    assert given(consent, GIVEN).when(WITHDRAW).events


# --- as of its own time -----------------------------------------------------------------------------------

BEGUN = on("2025-04-01", GIVEN)
TAKEN_BACK = on("2025-04-10", WITHDRAWN)


def test_a_consent_found_late_does_not_undo_the_withdrawal_after_it() -> None:
    by_guardian = but(GIVE, given_by="guardian")
    withdrawn = told(BEGUN, TAKEN_BACK)
    found = withdrawn.then_so(withdrawn.when(by_guardian, on="2025-04-05"))
    assert len(found.history) == 3
    [seen] = consent.view(found.state).consents
    assert (seen.withdrawn, seen.given_by) == (True, ConsentParty.GUARDIAN)
    found.when(WITHDRAW, on="2025-04-20").then_nothing_new()


def test_a_withdrawal_found_late_does_not_undo_the_consent_after_it() -> None:
    again = told(BEGUN, TAKEN_BACK, on("2025-05-01", GIVEN))
    found = again.then_so(again.when(WITHDRAW, on="2025-04-05"))
    [seen] = consent.view(found.state).consents
    assert not seen.withdrawn


def test_a_withdrawal_before_the_consent_is_refused_also_once_it_was_given() -> None:
    told(BEGUN).when(WITHDRAW, on="2025-03-31").then_refused("no-consent")


def test_a_consent_before_the_death_is_recorded_after_it() -> None:
    dead = told().knowing(on("2025-06-30", DIED))
    assert dead.when(GIVE, on="2025-06-20").events
    dead.when(GIVE, on="2025-07-02").then_refused("died")


def test_within_a_day_the_last_word_counts() -> None:
    both = told(at("2025-04-01T15:00", WITHDRAWN), at("2025-04-01T09:00", GIVEN))
    [seen] = consent.view(both.state).consents
    assert seen.withdrawn


def test_each_use_is_consented_to_by_itself() -> None:
    other = GIVEN.model_copy(update={"recipient": OrganisationId("police")})
    seen = consent.view(told(GIVEN, other, WITHDRAWN).state)
    assert [(each.recipient, each.withdrawn) for each in seen.consents] == [
        ("example-school", True),
        ("police", False),
    ]


# --- corrections ------------------------------------------------------------------------------------------


def test_a_withdrawal_that_never_was_is_retracted() -> None:
    known = told(BEGUN, known_as(event_id(1), TAKEN_BACK))
    retracted = known.then_so(known.when(Retract(decision=grounds(), corrects=event_id(1))))
    [seen] = consent.view(retracted.state).consents
    assert not seen.withdrawn


def test_a_consent_is_not_corrected_into_one_that_needs_a_guardian() -> None:
    known = told(known_as(event_id(1), BEGUN))
    instead = but(GIVE, capacity_noted=False)
    correction = Correct(decision=grounds(), corrects=event_id(1), instead=instead)
    known.when(correction).then_refused("capacity-not-noted")


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(
    *EVERY_COMMAND,
    but(GIVE, given_by="guardian", capacity_noted=False, valid_until=None),
    but(GIVE, recipient="police"),
    WITHDRAW.model_copy(update={"recipient": OrganisationId("police")}),
)
TestLaws = machine(consent, ASKED, knowing=[REGISTERED]).TestCase
