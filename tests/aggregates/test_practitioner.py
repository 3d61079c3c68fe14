from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scp_events.aggregates import practitioner
from scp_events.aggregates.practitioner import events
from scp_events.aggregates.practitioner.commands import PractitionerCommand
from scp_events.aggregates.practitioner.events import (
    Areas,
    Credentials,
    Requirements,
    Standing,
    stands_after,
    stream_of,
)
from scp_events.history import effective
from scp_events.scenario import Given, Happened, given
from scp_events.vocabulary import Actor, Command, Correct, PersonId, Retract, Role
from tests.aggregates.laws import machine, one_of_these
from tests.examples.practitioner import (
    AWARD,
    AWARDED,
    CREDENTIAL,
    EVERY_COMMAND,
    FAIL,
    FIRST_AS,
    FIRST_MODULE,
    LOG,
    LOG_AGAIN,
    LOGGED_AS,
    PASS,
    PASSED_AS,
    REGISTER,
    REINSTATE,
    RENEW,
    REVOKE,
    SAT_AS,
    SECOND_AS,
    SECOND_MODULE,
    SIT,
    STUDYING,
    SUSPEND,
    VERIFIED_AGAIN_AS,
    VERIFIED_AS,
    VERIFY,
    VERIFY_AGAIN,
)
from tests.words import KEY_WORKER, ROBOT, SUPERVISOR, decision, event_id, grounds, person

pytestmark = pytest.mark.once

CANDIDATE = person("practitioner")
"""A scenario calls what belongs to no case as its kind."""


def sender(command: Command) -> Actor:
    """Candidates say what they did; a supervisor says what it is worth."""
    return CANDIDATE if type(command).__name__ in {"CompleteModule", "LogPractice"} else SUPERVISOR


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), "event_id": None, **changes})


def told(*happened: Happened) -> Given:
    return given(practitioner, *happened)


def after(*commands: PractitionerCommand) -> Given:
    """Return what has come of commands, each sent by whose it is to send, a minute after the other."""
    place = told()
    for command in commands:
        place = place.then_so(place.when(command, by=sender(command), now=place.next_minute))
    return place


def studied(without: PractitionerCommand | None = None) -> Given:
    return after(*(command for command in STUDYING if command is not without))


def seen(place: Given) -> Any:
    return practitioner.view(place.state).credentials[0]


# --- candidates -------------------------------------------------------------------------------------------


def test_a_candidate_is_registered_with_what_their_provider_asks_for() -> None:
    """S1.4, S1.11: providers vary."""
    told().when(REGISTER, by=SUPERVISOR).then(
        events.CandidateRegistered(**dict(REGISTER), code=PersonId("practitioner"))
    )
    another = but(REGISTER, credential="crisis-intervention", provider="another-college")
    assert studied().when(another, by=SUPERVISOR).events, "each credential stands for itself"


def test_a_candidate_is_registered_once_for_a_credential_and_not_by_themselves() -> None:
    after(REGISTER).when(but(REGISTER)).then_nothing_new()
    more = Requirements(modules=(), practice_minutes=0)
    after(REGISTER).when(but(REGISTER, requires=more)).then_refused("already-registered")
    after(REGISTER).when(but(REGISTER, provider="another-college")).then_refused("already-registered")
    told().when(REGISTER, by=CANDIDATE).then_refused("own-credential")


def test_modules_that_are_asked_for_are_completed_once() -> None:
    """S1.5: online learning is one of two parts."""
    after(REGISTER).when(FIRST_MODULE, by=CANDIDATE).then(events.ModuleCompleted(**dict(FIRST_MODULE)))
    after(REGISTER, FIRST_MODULE).when(but(FIRST_MODULE)).then_nothing_new()
    after(REGISTER).when(but(FIRST_MODULE, module="weaving")).then_refused("no-such-module")


def test_practice_counts_once_somebody_else_has_verified_it() -> None:
    """S1.5: practical experience is the other part."""
    logged = after(REGISTER, LOG)
    assert logged.facts()[-1].event == events.PracticeLogged(**dict(LOG), logged_by=CANDIDATE)
    assert seen(logged).verified_minutes == 0
    assert seen(after(REGISTER, LOG, LOG_AGAIN, VERIFY)).verified_minutes == 400
    logged.when(VERIFY, by=CANDIDATE).then_refused("own-credential")
    after(REGISTER, LOG, VERIFY).when(but(VERIFY), by=SUPERVISOR).then_nothing_new()


def test_whoever_logged_practice_for_somebody_does_not_verify_it() -> None:
    logged = after(REGISTER).then_so(after(REGISTER).when(LOG, by=SUPERVISOR))
    logged.when(VERIFY, by=SUPERVISOR).then_refused("own-entry")
    assert logged.when(VERIFY, by=person("sv-alder", Role.SUPERVISOR)).events


def test_only_practice_that_was_logged_is_verified() -> None:
    after(REGISTER).when(VERIFY, by=SUPERVISOR).then_refused("no-such-practice")


# --- the exam ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("area", ["programme_development", "client_interaction", "community_collaboration"])
def test_an_exam_is_passed_in_all_three_areas_and_failed_in_one(area: str) -> None:
    """S1.6: programme development, client interaction, community collaboration."""
    one_missing = but(SIT, event_id=SAT_AS, areas=dict(SIT.areas) | {area: False})
    failed = after(REGISTER, one_missing)
    failed.when(PASS, by=SUPERVISOR).then_refused("areas-say-otherwise")
    assert failed.when(FAIL, by=SUPERVISOR).events == [
        events.ExamFailed(
            event_id=FAIL.event_id, decision=decision(relied_on=(SAT_AS,)), credential=CREDENTIAL, exam=SAT_AS
        )
    ]
    passed = after(REGISTER, SIT)
    passed.when(FAIL, by=SUPERVISOR).then_refused("areas-say-otherwise")
    assert passed.when(PASS, by=SUPERVISOR).events == [
        events.ExamPassed(
            event_id=PASSED_AS, decision=decision(relied_on=(SAT_AS,)), credential=CREDENTIAL, exam=SAT_AS
        )
    ]


def test_an_exam_is_judged_once_and_sat_again_where_it_was_failed() -> None:
    none = Areas(programme_development=False, client_interaction=False, community_collaboration=False)
    failed = after(REGISTER, but(SIT, event_id=event_id(1), areas=none), but(FAIL, exam=event_id(1)))
    failed.when(but(FAIL, exam=event_id(1)), by=SUPERVISOR).then_nothing_new()
    again = failed.then_so(failed.when(SIT, by=SUPERVISOR))
    assert again.when(PASS, by=SUPERVISOR).events
    after(REGISTER, SIT, PASS).when(but(PASS), by=SUPERVISOR).then_nothing_new()
    assert not seen(failed).exam_passed
    assert seen(studied()).exam_passed


def test_only_an_exam_that_was_sat_is_judged() -> None:
    after(REGISTER).when(PASS, by=SUPERVISOR).then_refused("no-such-exam")
    after(REGISTER).when(FAIL, by=SUPERVISOR).then_refused("no-such-exam")


# --- awarded ----------------------------------------------------------------------------------------------


def test_a_credential_is_awarded_on_all_that_was_asked_for_and_rests_on_it() -> None:
    proof = (FIRST_AS, SECOND_AS, VERIFIED_AS, VERIFIED_AGAIN_AS, PASSED_AS)
    studied().when(AWARD, by=SUPERVISOR).then(
        events.CredentialAwarded(
            event_id=AWARD.event_id,
            decision=decision(relied_on=proof),
            credential=CREDENTIAL,
            valid_from=date(2025, 1, 1),
            valid_until=date(2025, 12, 31),
        )
    )


@pytest.mark.parametrize(
    ("missing", "rule"),
    [
        (FIRST_MODULE, "module-missing"),
        (SECOND_MODULE, "module-missing"),
        (VERIFY_AGAIN, "practice-missing"),
        (PASS, "exam-missing"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
def test_nothing_is_awarded_while_something_is_missing(missing: PractitionerCommand, rule: str) -> None:
    studied(without=missing).when(AWARD, by=SUPERVISOR).then_refused(rule)


def test_practice_is_counted_to_the_minute() -> None:
    asking = [but(REGISTER, requires=REGISTER.requires.model_copy(update={"practice_minutes": minutes}))
              for minutes in (600, 601)]  # fmt: skip
    enough, too_little = (after(command, *STUDYING[1:]) for command in asking)
    assert enough.when(AWARD, by=SUPERVISOR).events
    too_little.when(AWARD, by=SUPERVISOR).then_refused("practice-missing")


def test_a_credential_is_awarded_once_and_renewed_from_then_on() -> None:
    awarded = after(*STUDYING, AWARD)
    awarded.when(but(AWARD), by=SUPERVISOR).then_nothing_new()
    awarded.when(but(AWARD, valid_until="2029-12-31"), by=SUPERVISOR).then_refused("already-awarded")
    assert awarded.when(RENEW, by=SUPERVISOR).events
    after(*STUDYING, AWARD, RENEW).when(but(RENEW), by=SUPERVISOR).then_nothing_new()


@pytest.mark.parametrize("until", ["2025-12-31", "2025-12-30"])
def test_a_renewal_is_for_longer(until: str) -> None:
    awarded = after(*STUDYING, AWARD)
    shorter = but(RENEW, valid_from="2025-06-01", valid_until=until)
    awarded.when(shorter, by=SUPERVISOR).then_refused("not-longer")
    assert awarded.when(but(RENEW, valid_from="2025-06-01", valid_until="2026-01-01"), by=SUPERVISOR).events
    endless = after(*STUDYING, AWARD, but(RENEW, valid_until=None))
    endless.when(RENEW, by=SUPERVISOR).then_refused("not-longer")


def test_a_credential_does_not_end_before_it_begins() -> None:
    studied().when(but(AWARD, valid_until="2024-12-31"), by=SUPERVISOR).then_refused("date-out-of-bounds")


def test_what_is_suspended_once_is_reinstated_once() -> None:
    awarded = after(*STUDYING, AWARD)
    awarded.when(REINSTATE, by=SUPERVISOR).then_refused("not-suspended")
    suspended = awarded.then_so(awarded.when(SUSPEND, by=SUPERVISOR))
    suspended.when(but(SUSPEND), by=SUPERVISOR).then_nothing_new()
    assert seen(suspended).suspended
    again = suspended.then_so(suspended.when(REINSTATE, by=SUPERVISOR))
    assert not seen(again).suspended


def test_after_a_revocation_the_exam_is_passed_anew() -> None:
    revoked = after(*STUDYING, AWARD, SUSPEND, REVOKE)
    assert seen(revoked).revoked
    revoked.when(but(REVOKE), by=SUPERVISOR).then_nothing_new()
    revoked.when(but(AWARD), by=SUPERVISOR).then_refused("exam-missing")
    for command in (RENEW, SUSPEND, REINSTATE):
        revoked.when(but(command), by=SUPERVISOR).then_refused("not-awarded")
    sat = but(SIT, event_id=event_id(2))
    anew = after(*STUDYING, AWARD, REVOKE, sat, but(PASS, exam=event_id(2)), but(AWARD))
    assert (seen(anew).revoked, seen(anew).suspended, len(seen(anew).valid)) == (False, False, 1)


@pytest.mark.parametrize("command", [RENEW, SUSPEND, REINSTATE, REVOKE], ids=lambda c: type(c).__name__)
def test_nothing_becomes_of_a_credential_that_was_not_awarded(command: PractitionerCommand) -> None:
    studied().when(command, by=SUPERVISOR).then_refused("not-awarded")


@pytest.mark.parametrize(
    "command",
    [command for command in EVERY_COMMAND if command is not REGISTER],
    ids=lambda c: type(c).__name__,
)
def test_nothing_is_recorded_of_who_was_not_registered(command: PractitionerCommand) -> None:
    awarded = type(command).__name__ in {
        "RenewCredential", "SuspendCredential", "ReinstateCredential", "RevokeCredential",
    }  # fmt: skip
    rule = "not-awarded" if awarded else "not-registered"
    told().when(command, by=SUPERVISOR).then_refused(rule)
    studied().when(but(command, credential="another"), by=SUPERVISOR).then_refused(rule)


@pytest.mark.parametrize(
    ("command", "before"),
    [
        (SIT, (REGISTER,)),
        (PASS, (REGISTER, SIT)),
        (AWARD, STUDYING),
        (RENEW, (*STUDYING, AWARD)),
        (SUSPEND, (*STUDYING, AWARD)),
        (REINSTATE, (*STUDYING, AWARD, SUSPEND)),
        (REVOKE, (*STUDYING, AWARD)),
    ],
    ids=lambda each: type(each).__name__,
)
def test_nobody_decides_over_themselves(
    command: PractitionerCommand, before: tuple[PractitionerCommand, ...]
) -> None:
    after(*before).when(command, by=CANDIDATE).then_refused("own-credential")
    assert after(*before).when(command, by=SUPERVISOR).events


def test_a_system_awards_nothing() -> None:
    studied().when(AWARD, by=ROBOT).then_refused("a-person-decides")


# --- what others may read, and corrections ----------------------------------------------------------------


def test_what_others_may_read_says_what_is_missing_and_for_which_days_it_is_valid() -> None:
    place = studied(without=SECOND_MODULE)
    assert practitioner.view(place.state).person == "practitioner"
    assert (seen(place).credential, seen(place).modules_missing) == (CREDENTIAL, ("interviewing",))
    renewed = seen(after(*STUDYING, AWARD, RENEW))
    assert [(p.valid_from, p.valid_until) for p in renewed.valid] == [
        (date(2025, 1, 1), date(2025, 12, 31)),
        (date(2026, 2, 1), date(2027, 1, 31)),
    ]


def test_practice_is_not_corrected_into_a_verification_of_ones_own() -> None:
    place = studied()
    correction = Correct(decision=grounds(), corrects=VERIFIED_AS, instead=but(VERIFY))
    place.when(correction, by=CANDIDATE).then_refused("own-credential")


def test_practice_that_never_was_is_retracted_and_counts_no_more() -> None:
    place = studied()
    retracted = place.then_so(place.when(Retract(decision=grounds(), corrects=LOGGED_AS), by=SUPERVISOR))
    assert seen(retracted).verified_minutes == 200
    retracted.when(AWARD, by=SUPERVISOR).then_refused("practice-missing")


# --- who was competent when -------------------------------------------------------------------------------


def held(day: str, *happened: Happened, who: str = "practitioner", credential: str = CREDENTIAL) -> bool:
    """Return whether somebody held a credential on a day, by what had happened."""
    facts = [fact._replace(stream=stream_of(PersonId("practitioner"))) for fact in told(*happened).facts()]
    known: Credentials = events.CREDENTIALS.fold(effective(facts))
    return known.held_as(PersonId(who), credential, date.fromisoformat(day)) is not None


def test_a_credential_is_held_from_its_first_day_to_its_last_and_lapses_by_itself() -> None:
    assert [held(day, AWARDED) for day in ("2024-12-31", "2025-01-01", "2025-12-31", "2026-01-01")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert held("2099-01-01", AWARDED.model_copy(update={"valid_until": None}))


def test_a_renewal_after_a_lapse_leaves_the_gap() -> None:
    history = (AWARDED, RENEW.fact(SUPERVISOR))
    assert [held(day, *history) for day in ("2025-12-31", "2026-01-15", "2026-02-01")] == [True, False, True]


def test_a_suspended_or_revoked_credential_is_not_held() -> None:
    suspended, reinstated, revoked = (c.fact(SUPERVISOR) for c in (SUSPEND, REINSTATE, REVOKE))
    assert not held("2025-06-01", AWARDED, suspended)
    assert held("2025-06-01", AWARDED, suspended, reinstated)
    assert not held("2025-06-01", AWARDED, revoked)
    assert not held("2025-06-01", AWARDED, revoked, reinstated)
    assert not held("2026-06-01", AWARDED, suspended, RENEW.fact(SUPERVISOR)), "renewed, and still suspended"


def test_a_credential_is_held_by_whose_it_is_and_is_no_other() -> None:
    assert not held("2025-06-01", AWARDED, who=KEY_WORKER.id)
    assert not held("2025-06-01", AWARDED, credential="crisis-intervention")


def test_what_does_not_concern_a_credential_leaves_it_as_it_stands() -> None:
    standing = Standing(suspended=True)
    assert stands_after(standing, SIT.fact(SUPERVISOR)) is standing


ASKED = one_of_these(
    *EVERY_COMMAND,
    but(SIT, event_id=event_id(1020)),
    but(PASS, event_id=event_id(1021), exam=event_id(1020)),
    but(AWARD, event_id=event_id(1022), valid_until="2026-12-31"),
)
TestLaws = machine(practitioner, ASKED, by=sender).TestCase
