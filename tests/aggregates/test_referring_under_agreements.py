"""A referral, or the transfer of an episode, to another organisation rests on an agreement with it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scp_events.aggregates import referral, support
from scp_events.aggregates.agreement.events import (
    AgreementAmended,
    AgreementEnded,
    AgreementResumed,
    AgreementSuspended,
)
from scp_events.aggregates.referral.events import ReferralDrafted, ReferralSubmitted
from scp_events.aggregates.support import events as of_support
from scp_events.aggregates.support.commands import CloseSupport
from scp_events.history import contradictions_of, effective
from scp_events.policy import POLICIES
from scp_events.scenario import CASE, Given, Happened, given, known_as, on
from scp_events.vocabulary import Actor, Correct, OrganisationId
from tests.examples.agreement import SIGNED, SIGNED_AS, of_agreement
from tests.examples.referral import ADMITTED, REDIRECT, SUBMIT, history
from tests.words import NOON, REFERRER, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

OURS, STRANGER = SUPERVISOR.organisation, OrganisationId("river-trust")
ASKED_FOR = grounds(policy_version="2025.2")

SEND = SUBMIT.model_copy(update={"decision": ASKED_FOR, "to": OURS, "agreement": "youth-police"})
DRAFTED = ReferralDrafted.model_validate(
    {
        "event_id": event_id(1),
        "case_reference": "SC-2025-001",
        "programme": "second-chance",
        "route": "diversion",
        "referred_by": REFERRER,
        "circumstances": "An invented account.",
        "policy_version": "2025.1",
        "expires_on": "2031-12-31",
    }
)
HELD = of_agreement("2025-01-15", SIGNED)
SUSPENDED = AgreementSuspended(event_id=event_id(1131), reason_code="data-breach")
RESUMED = AgreementResumed(event_id=event_id(1132))
ENDED = AgreementEnded(event_id=event_id(1133), last_day="2025-05-31", reason_code="notice-given")
NARROWED = AgreementAmended.model_validate(
    {name: said for name, said in dict(SIGNED).items() if name not in {"code", "type"}}
    | {"event_id": event_id(1134), "scopes": ("support",), "valid_from": "2025-04-01"}
)


def drafted(*agreed: Happened) -> Given:
    """A draft of New Year's Day, and so much of an agreement."""
    return given(referral, on("2025-01-01", DRAFTED)).knowing(*agreed)


def but(said: Any, **changes: object) -> Any:
    return said.model_copy(update=changes)


# --- submitting -------------------------------------------------------------------------------------------


def test_a_referral_rests_on_the_agreement_in_force_that_day() -> None:
    drafted(HELD).when(SEND, by=REFERRER, on="2025-06-01").then(
        ReferralSubmitted(
            decision=decision(by=REFERRER, policy_version="2025.2", relied_on=(SIGNED_AS,)),
            to=OURS,
            agreement="youth-police",
        )
    )


@pytest.mark.parametrize(
    ("agreed", "day", "rule"),
    [
        ((HELD,), "2025-01-31", "agreement-not-in-force"),
        ((HELD,), "2026-01-01", "agreement-not-in-force"),
        ((HELD, of_agreement("2025-05-01", ENDED)), "2025-06-01", "agreement-not-in-force"),
        ((HELD, of_agreement("2025-06-01", SUSPENDED)), "2025-06-01", "agreement-not-in-force"),
        ((), "2025-06-01", "agreement-not-in-force"),
        ((of_agreement("2025-01-15", SIGNED, "another"),), "2025-06-01", "agreement-not-in-force"),
        ((HELD, of_agreement("2025-03-01", NARROWED)), "2025-06-01", "outside-the-scope"),
    ],
    ids=["not yet", "expired", "ended", "suspended that day", "never signed", "another", "wrong scope"],
)
def test_a_referral_outside_a_valid_agreement_is_refused(
    agreed: tuple[Happened, ...], day: str, rule: str
) -> None:
    drafted(*agreed).when(SEND, by=REFERRER, on=day).then_refused(rule)


@pytest.mark.parametrize("day", ["2025-02-01", "2025-12-31"])
def test_the_first_and_the_last_day_belong_to_an_agreement(day: str) -> None:
    assert drafted(HELD).when(SEND, by=REFERRER, on=day).events


def test_a_referral_from_or_to_somebody_who_is_no_party_is_refused() -> None:
    stranger = REFERRER.model_copy(update={"organisation": STRANGER})
    drafted(HELD).when(SEND, by=stranger, on="2025-06-01").then_refused("not-a-party")
    drafted(HELD).when(but(SEND, to=STRANGER), by=REFERRER, on="2025-06-01").then_refused("not-a-party")


@pytest.mark.parametrize("to", [OURS, None])
def test_a_referral_that_names_no_agreement_is_refused(to: OrganisationId | None) -> None:
    drafted(HELD).when(but(SEND, agreement=None, to=to), by=REFERRER).then_refused("no-agreement-named")


def test_a_referral_within_an_organisation_needs_no_agreement() -> None:
    assert drafted().when(but(SEND, agreement=None), by=SUPERVISOR).events


def test_whether_an_agreement_is_asked_for_is_a_matter_of_the_policy() -> None:
    asking = [version for version, policy in POLICIES.items() if policy.agreement_to_refer]
    assert asking == ["2025.2", "2025.3"]
    assert drafted().when(but(SEND, agreement=None, decision=grounds()), by=REFERRER).events
    named = but(SEND, decision=grounds())
    drafted().when(named, by=REFERRER).then_refused("agreement-not-in-force")


# --- as of its own time -----------------------------------------------------------------------------------


def test_a_referral_entered_late_is_decided_as_of_its_own_time() -> None:
    """What was right then is taken, whatever became of the agreement; what was not is refused still."""
    stopped = drafted(HELD, of_agreement("2025-03-01", SUSPENDED), of_agreement("2025-05-01", RESUMED))
    for day, was_in_force in (("2025-02-28", True), ("2025-04-01", False), ("2025-05-02", True)):
        outcome = stopped.when(SEND, by=REFERRER, on=day)
        assert bool(outcome.events) == was_in_force, day
    amended = drafted(HELD, of_agreement("2025-05-15", NARROWED))
    assert amended.when(SEND, by=REFERRER, on="2025-05-14").events
    amended.when(SEND, by=REFERRER, on="2025-05-16").then_refused("outside-the-scope")


def test_a_suspension_reported_late_leaves_the_referral_as_a_contradiction() -> None:
    place = drafted(HELD)
    sent = place.then_so(place.when(SEND, by=REFERRER, on="2025-06-01"))
    late = given(referral).knowing(HELD, of_agreement("2025-05-01", SUSPENDED)).facts_of_others()
    facts = [fact._replace(by=REFERRER) for fact in effective(sent.facts())]
    found = contradictions_of(referral, facts, lambda _types, _others: late, CASE)
    assert [each.rule for each in found] == ["agreement-not-in-force"]


def test_nobody_passes_the_agreement_by_correcting_a_referral() -> None:
    sent_as = event_id(1141)
    submitted = ReferralSubmitted(decision=decision(by=REFERRER))
    place = given(
        referral, on("2025-01-01", DRAFTED), known_as(sent_as, on("2025-01-20", submitted, by=REFERRER))
    ).knowing(HELD)
    correct = Correct(decision=grounds(), corrects=sent_as, instead=SEND)
    place.when(correct, by=REFERRER).then_refused("agreement-not-in-force")
    in_force = but(correct, occurred_at=date(2025, 2, 1))
    assert place.when(in_force, by=REFERRER, now=NOON).events


# --- sending on, and transferring -------------------------------------------------------------------------


def test_a_referral_is_sent_on_under_an_agreement_with_whoever_receives_it() -> None:
    place = given(referral, *history(*ADMITTED)).knowing(HELD)
    onward = but(REDIRECT, decision=ASKED_FOR, to=REFERRER.organisation, agreement="youth-police")
    [event] = place.when(onward, by=SUPERVISOR, on="2025-06-01").events
    assert event.model_dump()["decision"]["relied_on"] == (SIGNED_AS,)
    place.when(onward, by=SUPERVISOR, on="2026-01-01").then_refused("agreement-not-in-force")
    place.when(but(onward, to=STRANGER), by=SUPERVISOR, on="2025-06-01").then_refused("not-a-party")
    place.when(but(onward, agreement=None), by=SUPERVISOR).then_refused("no-agreement-named")
    assert place.when(but(onward, agreement=None, decision=grounds()), by=SUPERVISOR).events


REQUESTED = of_support.SupportRequested(
    event_id=event_id(1151), kind="debt", areas=("debts",), request="An invented request."
)
OPENED = of_support.SupportOpened(decision=decision())
TRANSFER = CloseSupport(
    decision=ASKED_FOR,
    closed_as="transferred",
    transferred_to=REFERRER.organisation,
    agreement="youth-police",
)


def transferring(command: CloseSupport, day: str = "2025-06-01", by: Actor = SUPERVISOR) -> Any:
    place = given(support, on("2025-01-01", REQUESTED), on("2025-01-02", OPENED)).knowing(HELD)
    return place.when(command, by=by, on=day)


def test_an_episode_is_transferred_under_an_agreement_with_whoever_goes_on() -> None:
    [closed] = transferring(TRANSFER).events
    assert closed.decision.relied_on == (SIGNED_AS,)
    transferring(TRANSFER, day="2026-01-01").then_refused("agreement-not-in-force")
    transferring(but(TRANSFER, transferred_to=STRANGER)).then_refused("not-a-party")
    transferring(TRANSFER, by=SUPERVISOR.model_copy(update={"organisation": STRANGER})).then_refused(
        "not-a-party"
    )
    transferring(but(TRANSFER, agreement=None)).then_refused("no-agreement-named")
    assert transferring(but(TRANSFER, agreement=None, decision=grounds())).events


def test_a_transfer_is_within_the_scope_of_support() -> None:
    place = given(support, on("2025-01-01", REQUESTED), on("2025-01-02", OPENED))
    only_referrals = SIGNED.model_copy(update={"scopes": ("referral",)})
    place.knowing(of_agreement("2025-01-15", only_referrals)).when(
        TRANSFER, by=SUPERVISOR, on="2025-06-01"
    ).then_refused("outside-the-scope")


def test_an_episode_that_stays_here_discloses_nothing() -> None:
    assert transferring(but(TRANSFER, closed_as="unresolved", transferred_to=None, agreement=None)).events
