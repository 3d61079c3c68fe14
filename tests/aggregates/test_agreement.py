from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from scp_events.aggregates import agreement
from scp_events.aggregates.agreement.commands import (
    AgreementCommand,
    AmendAgreement,
    EndAgreement,
    RecordContribution,
    RecordFundingSource,
    ResumeAgreement,
    SuspendAgreement,
)
from scp_events.aggregates.agreement.events import (
    AgreementAmended,
    AgreementEnded,
    AgreementResumed,
    AgreementSuspended,
    ContributionKind,
    ContributionRecorded,
    Disclosure,
    FundingSourceRecorded,
    Resting,
    Standing,
    must_be_agreed,
)
from scp_events.aggregates.organisation.events import OrganisationClosed
from scp_events.privacy.marks import hold_words
from scp_events.scenario import Given, Happened, elsewhere, given, on
from scp_events.vocabulary import Correct, EventId, OrganisationId, Refused, named
from tests.aggregates.laws import machine, one_of_these
from tests.examples.agreement import SIGN, SIGNED, SIGNED_AS, of_agreement, registered
from tests.words import event_id, grounds

pytestmark = pytest.mark.once

POLICE, OURS, THIRD = (OrganisationId(name) for name in ("police", "second-chance", "river-trust"))
AMENDED_AS, SUSPENDED_AS, RESUMED_AS, ENDED_AS, CONTRIBUTED_AS, FUNDED_AS = map(event_id, range(1102, 1108))

AMEND = AmendAgreement.model_validate(
    dict(SIGN)
    | {
        "event_id": AMENDED_AS,
        "parties": (POLICE, OURS, THIRD),
        "valid_from": date(2025, 7, 1),
        "valid_until": None,
    }
)
SUSPEND = SuspendAgreement(event_id=SUSPENDED_AS, reason_code="data-breach")
RESUME = ResumeAgreement(event_id=RESUMED_AS)
END = EndAgreement(event_id=ENDED_AS, last_day=date(2025, 9, 30), reason_code="notice-given")
CONTRIBUTE = RecordContribution(
    event_id=CONTRIBUTED_AS,
    contributor=POLICE,
    kind=ContributionKind.FACILITIES,
    amount=Decimal("1500.50"),
    currency="XCD",
    available_from=date(2025, 3, 1),
)
FUND = RecordFundingSource(
    event_id=FUNDED_AS,
    source="invented-foundation",
    amount=Decimal("0.10"),
    currency="GBP",
    available_from=date(2024, 1, 1),
    available_until=date(2026, 12, 31),
)
EVERY_COMMAND: tuple[AgreementCommand, ...] = (SIGN, AMEND, SUSPEND, RESUME, END, CONTRIBUTE, FUND)

AMENDED = AgreementAmended(**dict(AMEND))
SUSPENDED = AgreementSuspended(**dict(SUSPEND))
RESUMED = AgreementResumed(**dict(RESUME))
ENDED = AgreementEnded(**dict(END))


def told(*happened: Happened) -> Given:
    """So much of an agreement, by organisations in the register."""
    return given(agreement, *happened).knowing(*map(registered, (POLICE, OURS, THIRD)))


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


def anew(said: Any, **changes: object) -> Any:
    """Return it as somebody says it for the first time."""
    return but(said, event_id=None, **changes)


SIGNED_IN_JANUARY = on("2025-01-15", SIGNED)

# --- the terms --------------------------------------------------------------------------------------------


def test_an_agreement_is_signed_once_under_what_people_call_it() -> None:
    """S0.10, S3.8."""
    told().when(SIGN).then(SIGNED.model_copy(update={"code": "agreement"}))
    told(SIGNED).when(anew(SIGN)).then_nothing_new()
    told(SIGNED).when(anew(SIGN, purposes=("research",))).then_refused("already-signed")


def test_an_agreement_is_between_several_organisations_that_are_in_the_register() -> None:
    told().when(but(SIGN, parties=(OURS,))).then_refused("one-party")
    told().when(but(SIGN, parties=(OURS, "unheard-of"))).then_refused("no-such-organisation")
    closed = OrganisationClosed(event_id=event_id(1191), reason_code="merged")
    gone = told(SIGNED_IN_JANUARY).knowing(elsewhere(named("organisation", THIRD), on("2025-03-01", closed)))
    gone.when(AMEND, on="2025-03-02").then_refused("no-such-organisation")
    assert gone.when(AMEND, on="2025-02-28").events


@pytest.mark.parametrize("name", ["parties", "scopes", "purposes"])
def test_whatever_terms_name_they_name_once(name: str) -> None:
    twice = {name: (*getattr(SIGN, name), getattr(SIGN, name)[0])}
    told().when(but(SIGN, **twice)).then_refused("named-twice")
    told(SIGNED).when(but(AMEND, **twice)).then_refused("named-twice")


def test_nothing_is_agreed_backwards_and_no_agreement_ends_before_it_begins() -> None:
    told().when(SIGN, on="2025-02-02").then_refused("date-out-of-bounds")
    assert told().when(SIGN, on="2025-02-01").events
    told().when(but(SIGN, valid_until="2025-01-31")).then_refused("date-out-of-bounds")


def test_what_was_signed_is_amended_as_a_whole() -> None:
    told(SIGNED).when(AMEND).then(AMENDED)
    told(SIGNED, AMENDED).when(anew(AMEND)).then_nothing_new()
    assert told(SIGNED, AMENDED).when(anew(AMEND, scopes=("referral",))).events
    assert [terms.parties for terms in agreement.view(told(SIGNED, AMENDED).state).versions] == [
        (POLICE, OURS),
        (POLICE, OURS, THIRD),
    ]


@pytest.mark.parametrize("command", EVERY_COMMAND[1:], ids=lambda c: type(c).__name__)
def test_nothing_is_said_of_an_agreement_before_it_was_signed(command: AgreementCommand) -> None:
    told().when(command).then_refused("not-signed")
    told(SIGNED_IN_JANUARY).when(command, on="2025-01-14").then_refused("not-signed")
    assert told(SIGNED_IN_JANUARY).when(command, on="2025-01-16").events or command is RESUME


# --- what stops it ----------------------------------------------------------------------------------------


def test_an_agreement_is_suspended_and_resumed_once_each_time() -> None:
    told(SIGNED).when(SUSPEND).then(SUSPENDED)
    told(SIGNED, SUSPENDED).when(anew(SUSPEND)).then_nothing_new()
    told(SIGNED, SUSPENDED).when(RESUME).then(RESUMED)
    told(SIGNED).when(RESUME).then_nothing_new()
    told(SIGNED, SUSPENDED, RESUMED).when(anew(RESUME)).then_nothing_new()
    assert told(SIGNED, SUSPENDED, RESUMED).when(anew(SUSPEND)).events
    assert agreement.view(told(SIGNED, SUSPENDED).state).suspended


def test_an_agreement_is_ended_once_on_the_day_of_the_notice_or_later() -> None:
    told(SIGNED).when(END).then(ENDED)
    told(SIGNED, ENDED).when(anew(END)).then_nothing_new()
    told(SIGNED, ENDED).when(anew(END, last_day="2025-10-01")).then_refused("already-ended")
    told(SIGNED_IN_JANUARY).when(END, on="2025-10-01").then_refused("date-out-of-bounds")
    assert told(SIGNED_IN_JANUARY).when(END, on="2025-09-30").events
    assert agreement.view(told(SIGNED, ENDED).state).last_day == date(2025, 9, 30)


@pytest.mark.parametrize("command", [AMEND, SUSPEND, RESUME], ids=lambda c: type(c).__name__)
def test_what_has_ended_changes_no_more(command: AgreementCommand) -> None:
    before = (SUSPENDED,) if command is RESUME else ()
    ended = told(SIGNED_IN_JANUARY, *(on("2025-01-16", each) for each in before), on("2025-01-17", ENDED))
    later = anew(command, valid_from="2025-11-01") if command is AMEND else anew(command)
    ended.when(later, on="2025-10-01").then_refused("agreement-ended")
    assert ended.when(later, on="2025-09-30").events


# --- money ------------------------------------------------------------------------------------------------


def test_a_partner_brings_in_money_people_rooms_or_services() -> None:
    """S3.9."""
    assert {kind.value for kind in ContributionKind} == {"funding", "staffing", "facilities", "services"}
    told(SIGNED).when(CONTRIBUTE).then(
        ContributionRecorded(
            event_id=CONTRIBUTED_AS,
            contributor=POLICE,
            kind=ContributionKind.FACILITIES,
            amount=Decimal("1500.50"),
            currency="XCD",
            available_from=date(2025, 3, 1),
        )
    )


def test_who_contributes_is_or_will_be_a_party() -> None:
    told(SIGNED).when(but(CONTRIBUTE, contributor=THIRD)).then_refused("not-a-party")
    assert told(SIGNED, AMENDED).when(but(CONTRIBUTE, contributor=THIRD)).events


def test_where_money_comes_from_is_recorded_exactly_and_need_be_no_party() -> None:
    """S3.9."""
    [event] = told(SIGNED).when(FUND).events
    assert event == FundingSourceRecorded(
        event_id=FUNDED_AS,
        source="invented-foundation",
        amount=Decimal("0.10"),
        currency="GBP",
        available_from=date(2024, 1, 1),
        available_until=date(2026, 12, 31),
    )
    assert event.model_dump(mode="json")["amount"] == "0.10"
    told(SIGNED).when(but(FUND, available_until="2023-12-31")).then_refused("date-out-of-bounds")


def test_nothing_in_an_agreement_tells_of_a_young_person() -> None:
    assert not hold_words(agreement.EVENTS)


def test_money_changes_nothing_of_how_an_agreement_stands() -> None:
    contributed = ContributionRecorded(**dict(CONTRIBUTE))
    funded = FundingSourceRecorded(**dict(FUND))
    assert told(SIGNED, contributed, funded).state == told(SIGNED).state


# --- in force on a day ------------------------------------------------------------------------------------


def in_force(standing: Standing, day: str) -> EventId | None:
    version = standing.in_force_on(date.fromisoformat(day))
    return None if version is None else version.agreed_as


def test_what_is_agreed_on_for_a_later_day_takes_force_and_ends_by_itself() -> None:
    signed = told(SIGNED_IN_JANUARY).state
    days = ("2025-01-31", "2025-02-01", "2025-12-31", "2026-01-01")
    assert [in_force(signed, day) for day in days] == [None, SIGNED_AS, SIGNED_AS, None]


def test_other_terms_take_the_place_of_those_before_from_their_first_day_on() -> None:
    amended = told(SIGNED_IN_JANUARY, on("2025-03-01", AMENDED)).state
    days = ("2025-06-30", "2025-07-01", "2031-01-01")
    assert [in_force(amended, day) for day in days] == [SIGNED_AS, AMENDED_AS, AMENDED_AS]


def test_a_notice_ends_it_after_its_last_day_and_never_prolongs_it() -> None:
    ended = told(SIGNED_IN_JANUARY, on("2025-03-01", ENDED)).state
    assert [in_force(ended, day) for day in ("2025-09-30", "2025-10-01")] == [SIGNED_AS, None]
    longer = told(SIGNED_IN_JANUARY, on("2025-03-01", but(ENDED, last_day="2027-01-01"))).state
    assert in_force(longer, "2026-01-01") is None


def test_what_is_suspended_is_not_in_force_until_it_is_resumed() -> None:
    assert in_force(told(SIGNED, SUSPENDED).state, "2025-06-01") is None
    assert in_force(told(SIGNED, SUSPENDED, RESUMED).state, "2025-06-01") == SIGNED_AS


# --- what a disclosure asks -------------------------------------------------------------------------------


DISCLOSED = Disclosure("referral", POLICE, OURS, date(2025, 6, 1))


def asked(
    *happened: Happened, name: str | None = "youth-police", asked_for: bool = True, **what: Any
) -> tuple[EventId, ...]:
    """Return what a disclosure rests on; name what should differ."""
    known = agreement.events.AGREEMENTS.fold(given(agreement).knowing(*happened).facts_of_others())
    return must_be_agreed(known, Resting(agreement=name), DISCLOSED._replace(**what), asked_for=asked_for)


HELD = of_agreement("2025-01-15", SIGNED)


def refused_by(rule: str, says: str = "") -> pytest.RaisesExc[Refused]:
    return pytest.RaisesExc(Refused, check=lambda refused: refused.rule == rule and says in refused.remedy)


def test_a_disclosure_rests_on_the_terms_in_force_that_day_whichever_party_makes_it() -> None:
    assert asked(HELD) == (SIGNED_AS,)
    assert asked(HELD, by=OURS, to=POLICE) == (SIGNED_AS,)
    amended = of_agreement("2025-03-01", AMENDED)
    assert asked(HELD, amended, day=date(2025, 7, 1), to=THIRD) == (AMENDED_AS,)
    with refused_by("not-a-party"):
        asked(HELD, amended, day=date(2025, 6, 30), to=THIRD)


@pytest.mark.parametrize(
    ("happened", "day", "why"),
    [
        ((), "2025-06-01", "was not signed by then"),
        ((HELD,), "2025-01-31", "is valid from 2025-02-01"),
        ((HELD,), "2026-01-01", "was valid until 2025-12-31"),
        ((HELD, of_agreement("2025-03-01", ENDED)), "2025-10-01", "was valid until 2025-09-30"),
        ((HELD, of_agreement("2025-03-01", SUSPENDED)), "2025-06-01", "was suspended"),
        ((HELD, of_agreement("2025-03-01", SUSPENDED)), "2025-12-31", "was suspended"),
        ((of_agreement("2025-01-15", SIGNED, "another"),), "2025-06-01", "was not signed by then"),
    ],
    ids=["none", "not yet", "expired", "ended", "suspended", "suspended on its last day", "another"],
)
def test_a_disclosure_under_an_agreement_that_is_not_in_force_is_refused_and_told_why(
    happened: tuple[Happened, ...], day: str, why: str
) -> None:
    with refused_by("agreement-not-in-force", why):
        asked(*happened, day=date.fromisoformat(day))
    with refused_by("agreement-not-in-force", why):
        asked(*happened, day=date.fromisoformat(day), asked_for=False)


@pytest.mark.parametrize("parties", [{"by": THIRD}, {"to": THIRD}, {"to": None}])
def test_both_who_discloses_and_who_receives_are_parties(parties: dict[str, Any]) -> None:
    with refused_by("not-a-party"):
        asked(HELD, **parties)


def test_what_is_disclosed_is_within_the_scope() -> None:
    with refused_by("outside-the-scope", "research"):
        asked(HELD, scope="research")


def test_who_names_no_agreement_is_refused_where_one_is_asked_for() -> None:
    assert asked(HELD, name=None, asked_for=False) == ()
    with refused_by("no-agreement-named"):
        asked(HELD, name=None)
    with refused_by("no-agreement-named", "nobody named"):
        asked(HELD, name=None, to=None)


def test_what_stays_within_an_organisation_is_disclosed_to_nobody() -> None:
    assert asked(name=None, by=OURS, to=OURS) == ()


def test_a_disclosure_is_about_the_agreement_it_names_besides() -> None:
    named_one = agreement.events.agreements_named(Resting(agreement="youth-police"), None)
    assert tuple(named_one) == (named("agreement", "youth-police").id,)
    assert tuple(agreement.events.agreements_named(Resting(), None)) == ()


# --- corrections ------------------------------------------------------------------------------------------


def test_a_signature_is_not_corrected_into_one_of_an_organisation_nobody_knows() -> None:
    place = told(SIGNED_IN_JANUARY)
    correct = Correct(decision=grounds(), corrects=SIGNED_AS, instead=but(SIGN, parties=(OURS, "unheard-of")))
    place.when(correct).then_refused("no-such-organisation")
    valid = correct.model_copy(update={"instead": but(SIGN, valid_until="2025-11-30")})
    corrected = place.then_so(place.when(valid))
    assert in_force(corrected.state, "2025-12-01") is None


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(
    *EVERY_COMMAND,
    but(AMEND, event_id=event_id(1121), scopes=("referral",)),
    but(END, event_id=event_id(1122), last_day="2025-01-01"),
    but(CONTRIBUTE, event_id=event_id(1123), contributor=THIRD),
)
TestLaws = machine(agreement, ASKED, knowing=list(map(registered, (POLICE, OURS, THIRD)))).TestCase
