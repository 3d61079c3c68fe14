from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from scp_events.aggregates import participant
from scp_events.aggregates.participant.commands import ParticipantCommand
from scp_events.aggregates.participant.events import (
    IdentityLinked,
    IdentityLinkProposed,
    IdentityUnlinked,
    IdentityUnlinkProposed,
    ParticipantDied,
    ParticipantRegistered,
)
from scp_events.aggregates.referral.events import ReferralAccepted
from scp_events.history import contradictions_of
from scp_events.scenario import CASE, Given, Happened, Outcome, elsewhere, given, known_as, on
from scp_events.vocabulary import Act, CaseId, Correct, ReferralId, Retract, Stream, the_one
from tests.aggregates.laws import machine, one_of_these
from tests.examples.participant import (
    CONFIRM_LINK,
    CONFIRM_UNLINK,
    DIED,
    EVERY_COMMAND,
    OTHER_CASE,
    PROPOSE_LINK,
    PROPOSE_UNLINK,
    RECORD_DEATH,
    REGISTER,
    REGISTERED,
    REGISTERED_AS,
    SECOND_SUPERVISOR,
    registered_under,
)
from tests.words import REFERRAL, ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


# --- registration -----------------------------------------------------------------------------------------

ACCEPTED_AS = event_id(499)
REFERRED = but(REGISTER, referral_id=REFERRAL)


def accepted(referral: UUID = REFERRAL, day: str = "2025-03-05") -> Happened:
    """Return that a referral was accepted."""
    acceptance = ReferralAccepted(decision=decision())
    return known_as(ACCEPTED_AS, elsewhere(Stream("referral", referral), on(day, acceptance)))


def test_a_participant_may_come_by_themselves() -> None:
    given(participant).when(REGISTER).then(
        ParticipantRegistered(
            event_id=REGISTERED_AS,
            case_reference="SC-2025-001",
            name="Wren Exampleson",
            date_of_birth=date(2009, 5, 5),
            preferred_language="en",
        )
    )


def test_a_participant_may_come_through_an_accepted_referral() -> None:
    given(participant).knowing(accepted()).when(REFERRED).then(
        ParticipantRegistered(
            event_id=REGISTERED_AS,
            case_reference="SC-2025-001",
            referral_id=REFERRAL,
            accepted_as=ACCEPTED_AS,
            name="Wren Exampleson",
            date_of_birth=date(2009, 5, 5),
            preferred_language="en",
        )
    )


def test_a_referral_is_accepted_before_registration() -> None:
    given(participant).when(REFERRED).then_refused("referral-not-accepted")
    other = accepted(ReferralId(UUID(int=3)))
    given(participant).knowing(other).when(REFERRED).then_refused("referral-not-accepted")
    known = given(participant).knowing(accepted(day="2025-03-05"))
    known.when(REFERRED, on="2025-03-04").then_refused("referral-not-accepted")
    assert known.when(REFERRED, on="2025-03-05").events


def test_a_participant_is_registered_once() -> None:
    given(participant, REGISTERED).when(REGISTER).then_nothing_new()
    anew = but(REGISTER, event_id=event_id(498))
    given(participant, REGISTERED).when(anew).then_refused("already-registered")


@pytest.mark.parametrize(
    ("born", "fits"),
    [
        ("2099-01-01", False),
        ("2025-03-07", False),
        ("2025-03-06", True),
        ("1925-03-06", True),
        ("1925-03-05", False),
        ("1901-01-01", False),
    ],
)
def test_nobody_is_registered_before_their_birth_or_long_after_any_life(born: str, *, fits: bool) -> None:
    outcome = given(participant).when(but(REGISTER, date_of_birth=born), on="2025-03-06")
    if fits:
        assert outcome.events
    else:
        outcome.then_refused("date-out-of-bounds")


def test_who_somebody_is_can_be_corrected() -> None:
    known = given(participant, REGISTERED, DIED)
    instead = but(REGISTER, date_of_birth="2009-06-05", guardian="Robin Exampleson")
    correct = Correct(decision=grounds(), corrects=REGISTERED_AS, instead=instead)
    (correction,) = known.when(correct).events
    assert dict(correction)["fact"] == ParticipantRegistered(
        event_id=REGISTERED_AS,
        case_reference="SC-2025-001",
        name="Wren Exampleson",
        date_of_birth=date(2009, 6, 5),
        preferred_language="en",
        guardian="Robin Exampleson",
    )


def test_a_corrected_birth_is_as_possible_as_any() -> None:
    instead = but(REGISTER, date_of_birth="2099-01-01")
    correct = Correct(decision=grounds(), corrects=REGISTERED_AS, instead=instead)
    given(participant, REGISTERED).when(correct).then_refused("date-out-of-bounds")


def test_a_registration_is_not_corrected_into_one_by_a_referral_that_was_not_accepted() -> None:
    correct = Correct(decision=grounds(), corrects=REGISTERED_AS, instead=REFERRED)
    known = given(participant, on("2025-03-04", REGISTERED))
    known.when(correct).then_refused("referral-not-accepted")
    known.knowing(accepted(day="2025-03-05")).when(correct).then_refused("referral-not-accepted")
    (correction,) = known.knowing(accepted(day="2025-03-04")).when(correct).events
    assert dict(correction)["fact"].accepted_as == ACCEPTED_AS


# --- death ------------------------------------------------------------------------------------------------


def test_a_death_is_recorded_once() -> None:
    given(participant, REGISTERED).when(RECORD_DEATH).then(ParticipantDied())
    given(participant, REGISTERED, DIED).when(RECORD_DEATH).then_nothing_new()


def test_nobody_dies_before_they_were_registered() -> None:
    given(participant).when(RECORD_DEATH).then_refused("not-registered")
    known = given(participant, on("2025-03-01", REGISTERED))
    known.when(RECORD_DEATH, on="2025-02-28").then_refused("not-registered")


def test_a_death_recorded_in_error_is_retracted() -> None:
    known = given(participant, REGISTERED, known_as(event_id(497), DIED))
    retracted = known.then_so(known.when(Retract(decision=grounds(), corrects=event_id(497))))
    assert participant.view(retracted.state).died is False
    assert retracted.when(RECORD_DEATH).events


# --- one person, two records ------------------------------------------------------------------------------

PROPOSED = IdentityLinkProposed(
    decision=decision(), other=OTHER_CASE, recognised_by="An invented scar on an invented hand."
)
LINKED = IdentityLinked(decision=decision(by=SECOND_SUPERVISOR), other=OTHER_CASE, proposed_by=SUPERVISOR)
UNLINK_PROPOSED = IdentityUnlinkProposed(decision=decision(), other=OTHER_CASE)
UNLINKED = IdentityUnlinked(decision=decision(by=SECOND_SUPERVISOR), other=OTHER_CASE, proposed_by=SUPERVISOR)


def two_records(*happened: Happened) -> Given:
    """Two cases in which somebody is registered; this happened in the first."""
    return given(participant, REGISTERED, *happened).knowing(registered_under(OTHER_CASE))


def written(outcome: Outcome) -> list[tuple[Stream, CaseId | None, CaseId]]:
    """Return where links were written, and which record each names."""
    return [(each.stream, each.case_id, dict(each.event)["other"]) for each in outcome.decided]


IN_BOTH = [
    (the_one("participant", CASE), CASE, OTHER_CASE),
    (the_one("participant", OTHER_CASE), OTHER_CASE, CASE),
]


def test_somebody_proposes_a_link_in_words_that_tell_of_the_other() -> None:
    two_records().when(PROPOSE_LINK, by=SUPERVISOR).then(PROPOSED)
    two_records(PROPOSED).when(PROPOSE_LINK, by=SUPERVISOR).then_nothing_new()


def test_a_second_person_confirms_a_link_and_it_is_written_in_both_records() -> None:
    outcome = two_records(PROPOSED).when(CONFIRM_LINK, by=SECOND_SUPERVISOR)
    outcome.then(LINKED, but(LINKED, other=CASE))
    assert written(outcome) == IN_BOTH
    two_records(PROPOSED, LINKED).when(CONFIRM_LINK, by=SECOND_SUPERVISOR).then_nothing_new()


def test_nobody_confirms_what_they_proposed() -> None:
    two_records(PROPOSED).when(CONFIRM_LINK, by=SUPERVISOR).then_refused("own-proposal")
    two_records(LINKED, UNLINK_PROPOSED).when(CONFIRM_UNLINK, by=SUPERVISOR).then_refused("own-proposal")


def test_a_second_person_is_told_to_confirm_what_is_proposed() -> None:
    two_records(PROPOSED).when(PROPOSE_LINK, by=SECOND_SUPERVISOR).then_refused("already-proposed")
    two_records(LINKED, UNLINK_PROPOSED).when(PROPOSE_UNLINK, by=SECOND_SUPERVISOR).then_refused(
        "already-proposed"
    )


def test_a_link_is_proposed_before_it_is_confirmed() -> None:
    two_records().when(CONFIRM_LINK, by=SECOND_SUPERVISOR).then_refused("not-proposed")
    two_records(LINKED).when(CONFIRM_UNLINK, by=SECOND_SUPERVISOR).then_refused("not-proposed")


def test_both_records_of_a_link_are_of_somebody_registered() -> None:
    known = given(participant, REGISTERED)
    known.when(PROPOSE_LINK, by=SUPERVISOR).then_refused("unknown-record")
    there = given(participant).knowing(registered_under(OTHER_CASE))
    there.when(PROPOSE_LINK, by=SUPERVISOR).then_refused("not-registered")


def test_a_record_is_not_linked_to_itself() -> None:
    two_records().when(but(PROPOSE_LINK, other=CASE), by=SUPERVISOR).then_refused("same-record")


def test_a_linked_record_is_not_proposed_again() -> None:
    two_records(LINKED).when(PROPOSE_LINK, by=SUPERVISOR).then_nothing_new()


def test_a_link_is_taken_back_by_two_people_in_both_records() -> None:
    two_records(LINKED).when(PROPOSE_UNLINK, by=SUPERVISOR).then(UNLINK_PROPOSED)
    two_records(LINKED, UNLINK_PROPOSED).when(PROPOSE_UNLINK, by=SUPERVISOR).then_nothing_new()
    outcome = two_records(LINKED, UNLINK_PROPOSED).when(CONFIRM_UNLINK, by=SECOND_SUPERVISOR)
    outcome.then(UNLINKED, but(UNLINKED, other=CASE))
    assert written(outcome) == IN_BOTH


def test_only_what_is_linked_is_unlinked() -> None:
    two_records().when(PROPOSE_UNLINK, by=SUPERVISOR).then_refused("not-linked")
    two_records(LINKED, UNLINKED).when(PROPOSE_UNLINK, by=SUPERVISOR).then_refused("not-linked")
    two_records(LINKED, UNLINKED).when(CONFIRM_UNLINK, by=SUPERVISOR).then_refused("not-proposed")


def test_what_is_not_linked_is_told_whether_others_are() -> None:
    none = two_records().when(PROPOSE_UNLINK, by=SUPERVISOR)
    assert "none is, so there is nothing to undo" in str(none.refusal)
    another = two_records(but(LINKED, other=event_id(77))).when(PROPOSE_UNLINK, by=SUPERVISOR)
    assert "name in `other` one that is" in str(another.refusal)


def test_records_unlinked_may_be_linked_again() -> None:
    two_records(LINKED, UNLINKED).when(PROPOSE_LINK, by=SUPERVISOR).then(PROPOSED)


def test_what_was_confirmed_in_the_other_record_leaves_nothing_to_confirm_in_this_one() -> None:
    linked = participant.view(two_records(PROPOSED, LINKED).state)
    assert (linked.linked, linked.links_proposed) == ((OTHER_CASE,), ())
    unlinked = participant.view(two_records(LINKED, UNLINK_PROPOSED, UNLINKED).state)
    assert (unlinked.linked, unlinked.unlinks_proposed) == ((), ())


def test_others_read_what_is_proposed() -> None:
    seen = participant.view(two_records(PROPOSED).state)
    assert (seen.registered_as, seen.links_proposed) == (REGISTERED_AS, (OTHER_CASE,))


def test_no_system_decides_who_somebody_is() -> None:
    two_records().when(PROPOSE_LINK, by=ROBOT).then_refused("a-person-decides")


def test_links_take_effect_when_they_are_recorded_and_are_not_corrected() -> None:
    """A link corrected in one of two records would be another link in the other."""
    known = two_records(known_as(event_id(496), LINKED))
    known.when(Retract(decision=grounds(), corrects=event_id(496))).then_refused("not-correctable")
    (linked, other) = two_records(PROPOSED).when(CONFIRM_LINK, by=SECOND_SUPERVISOR).decided
    assert (linked.when, other.when) == (None, None)


def test_a_link_confirmed_in_the_other_record_contradicts_nothing_in_this_one() -> None:
    linked = two_records(LINKED)
    assert contradictions_of(participant, linked.facts(), lambda _types, _others: linked.facts(), CASE) == []


# --- the laws ---------------------------------------------------------------------------------------------


def _by(command: object) -> Any:
    confirms = command in (CONFIRM_LINK, CONFIRM_UNLINK)
    return SECOND_SUPERVISOR if confirms else SUPERVISOR


ASKED: tuple[ParticipantCommand | Act, ...] = (
    *EVERY_COMMAND,
    but(REGISTER, event_id=event_id(451)),
    but(PROPOSE_LINK, other=UUID(int=8 << 60)),
    but(CONFIRM_LINK, other=UUID(int=8 << 60)),
    Correct(decision=grounds(), corrects=REGISTERED_AS, instead=but(REGISTER, guardian="Robin Exampleson")),
)
TestLaws = machine(participant, one_of_these(*ASKED), knowing=[registered_under(OTHER_CASE)], by=_by).TestCase
