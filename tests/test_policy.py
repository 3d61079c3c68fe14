"""Which version of the policy decides: the one in force on the day, whoever names another."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from scp_events.aggregates import enrolment, referral
from scp_events.aggregates.referral.events import ReferralDrafted
from scp_events.history import contradictions_of
from scp_events.policy import CURRENT, SHIPPED, Adopted, Policies
from scp_events.scenario import CASE, Given, elsewhere, given, on
from scp_events.vocabulary import Correct, Refused, VariantMinutes, named
from tests.examples.enrolment import DEFINED, ENROL, MINOR, OFFERED, PROGRAMME
from tests.examples.referral import DRAFT
from tests.words import REFERRER, grounds

pytestmark = pytest.mark.once

STRICT = CURRENT.model_copy(update={"version": "2026.1", "draft_open_days": 7})
FIRST_DAY = "2025-03-01"
BEFORE, AFTER = "2025-02-28", "2025-03-01"


def drafting() -> Given:
    """Return a referral that nobody has drafted yet, where a stricter policy is in force from March on."""
    return given(referral).under(STRICT, FIRST_DAY)


def naming(version: str) -> Any:
    return DRAFT.model_copy(update={"policy_version": version})


def test_s3_17_a_decision_is_made_under_the_policy_in_force_on_its_day() -> None:
    [drafted] = drafting().when(naming("2026.1"), on=AFTER, by=REFERRER).events
    assert isinstance(drafted, ReferralDrafted)
    assert drafted.expires_on == date(2025, 3, 8)
    [drafted] = drafting().when(naming("2025.1"), on=BEFORE, by=REFERRER).events
    assert isinstance(drafted, ReferralDrafted)
    assert drafted.expires_on == date(2025, 3, 28)


def test_nobody_chooses_a_laxer_rule_by_naming_it() -> None:
    outcome = drafting().when(naming("2025.1"), on=AFTER, by=REFERRER)
    outcome.then_refused("policy-not-in-force")
    assert outcome.refusal is not None
    assert "name 2026.1" in outcome.refusal.remedy
    drafting().when(naming("2026.1"), on=BEFORE, by=REFERRER).then_refused("policy-not-in-force")
    drafting().when(naming("2026.2"), on=AFTER, by=REFERRER).then_refused("unknown-policy-version")


def test_what_is_entered_late_is_decided_under_the_policy_of_its_own_day() -> None:
    """Whatever is in force when it is typed in."""
    in_june = datetime(2025, 6, 1, tzinfo=UTC)
    assert drafting().when(naming("2025.1"), on=BEFORE, by=REFERRER, now=in_june).events
    late = drafting().when(naming("2026.1"), on=BEFORE, by=REFERRER, now=in_june)
    late.then_refused("policy-not-in-force")


def test_a_new_policy_judges_no_old_record_anew() -> None:
    so = given(referral, on(BEFORE, _drafted()))
    adopted = Policies((Adopted(STRICT, date.fromisoformat(FIRST_DAY)),))
    assert contradictions_of(referral, so.facts(), lambda _types, _others: (), CASE, adopted) == []


def test_a_correction_is_decided_today_and_the_fact_on_its_own_day() -> None:
    so = given(referral, on(BEFORE, _drafted())).under(STRICT, FIRST_DAY)
    instead = naming("2025.1").model_copy(update={"programme": "another-programme"})
    corrects = so.facts()[0].event_id

    def correct(of_the_correction: str, of_the_fact: str) -> Correct:
        said = instead.model_copy(update={"policy_version": of_the_fact})
        return Correct(decision=grounds(policy_version=of_the_correction), corrects=corrects, instead=said)

    assert so.when(correct("2026.1", "2025.1"), on="2025-03-10", by=REFERRER).events
    for wrong in (correct("2025.1", "2025.1"), correct("2026.1", "2026.1")):
        so.when(wrong, on="2025-03-10", by=REFERRER).then_refused("policy-not-in-force")


def _drafted() -> ReferralDrafted:
    [event] = given(referral).when(DRAFT, by=REFERRER).events
    assert isinstance(event, ReferralDrafted)
    return event


# --- which is in force ------------------------------------------------------------------------------------


def test_until_the_first_is_in_force_one_may_choose_among_those_shipped() -> None:
    known = Policies((Adopted(STRICT, date(2025, 3, 1)),))
    for version, policy in SHIPPED.items():
        assert known.named(version, date(2025, 2, 28)) is policy
        with pytest.raises(Refused, match=r"2026\.1"):
            known.named(version, date(2025, 3, 1))
    assert known.in_force_on(date(2025, 2, 28)) is CURRENT


def test_what_is_supposed_is_in_force_on_every_day_and_nothing_else_is() -> None:
    known = Policies((Adopted(STRICT, date(2025, 3, 1)),)).supposing("2025.2")
    assert known.named("2025.2", date(1990, 1, 1)).version == "2025.2"
    with pytest.raises(Refused, match="not in force"):
        known.named("2025.1", date(1990, 1, 1))
    assert known.as_adopted().in_force_on(date(2025, 3, 1)) is STRICT


# --- minutes ----------------------------------------------------------------------------------------------


def test_an_enrolment_pins_the_minutes_that_the_policy_of_its_day_asks_for() -> None:
    """S2.10: 35 hours, unless an installation has adopted otherwise by then."""
    fewer = VariantMinutes(programme=PROGRAMME, variant="minors", total_minutes=1800)
    policy = CURRENT.model_copy(update={"version": "minors-30h", "variant_minutes": (fewer,)})
    about = (MINOR, elsewhere(named("programme", PROGRAMME), DEFINED))
    offered = given(enrolment, OFFERED).knowing(*about).under(policy, FIRST_DAY)
    enrol = ENROL.model_copy(update={"variant": "minors"})
    [before] = offered.when(enrol, on=BEFORE).events
    under_it = enrol.model_copy(update={"decision": grounds(policy_version="minors-30h")})
    [after] = offered.when(under_it, on=AFTER).events
    pinned = [(each.required_minutes, each.variants[1].total_minutes) for each in (before, after)]  # type: ignore[attr-defined]  # any event
    assert pinned == [(2100, 2100), (1800, 1800)]
