"""Whom a programme admits is decided by what the record says of them (S4.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from scp_events.aggregates import enrolment
from scp_events.aggregates.enrolment.events import Asked, ParticipantEnrolled
from scp_events.aggregates.programme.events import Audience, ProgrammeRevised
from scp_events.aggregates.referral.events import EligibilityDetermined, Particulars
from scp_events.history import AnyFact, contradictions_of
from scp_events.scenario import CASE, Given, Happened, elsewhere, given, known_as, on
from scp_events.vocabulary import Erased, Event, Stream, named
from tests.aggregates import test_offence
from tests.examples.enrolment import ADULT, DEFINED, ENROL, OFFERED, PROGRAMME
from tests.words import NOON, decision, event_id

pytestmark = pytest.mark.once

DAY = "2025-11-03"
WOMEN, LOWER = Audience(female_only=True), Audience(offence_severities=("lower", "least"))
BOTH = Audience(female_only=True, offence_severities=("lower", "least"))
DETERMINED_AS = event_id(1602)
GONE: Any = Erased(key_id=UUID(int=1), at=NOON)
ONE, OTHER = Stream("offence", UUID(int=21)), Stream("offence", UUID(int=22))


def asked_of(audience: Audience, *known: Happened, **registered: Any) -> Given:
    """Return somebody offered a place in a programme of that audience."""
    programme = DEFINED.model_copy(update={"audience": audience})
    who = ADULT.model_copy(update=registered)
    return given(enrolment, on("2025-03-02", OFFERED)).knowing(
        on("2025-03-01", who), elsewhere(named("programme", PROGRAMME), on("2025-03-01", programme)), *known
    )


def enrolling(**changes: Any) -> Any:
    return ENROL.model_copy(update=changes)


def enrolled(place: Given, **changes: Any) -> ParticipantEnrolled:
    outcome = place.when(enrolling(**changes), on=DAY)
    assert outcome.refusal is None, outcome.refusal
    [event] = outcome.events
    assert isinstance(event, ParticipantEnrolled)
    return event


def proven(severity: str, stream: Stream = ONE) -> Happened:
    return elsewhere(stream, _of_severity(test_offence.PROVEN, severity))


def _of_severity(told: Any, severity: str) -> Any:
    return told._replace(event=told.event.model_copy(update={"severity": severity}))


def determined(**known: Any) -> Happened:
    particulars = Particulars(programme=PROGRAMME, age_years=25, **known)
    event = EligibilityDetermined(decision=decision(), eligible=True, known=particulars)
    return known_as(DETERMINED_AS, on("2025-03-02", event))


def told(place: Given) -> list[str]:
    """Return by which rules what happened contradicts what is known."""
    known = [*place.facts_of_others(), *place.facts()]

    def facts_of(types: tuple[type[Event], ...], _others: object) -> list[AnyFact]:
        return [fact for fact in known if type(fact.event) in types]

    return [each.rule for each in contradictions_of(enrolment, place.facts(), facts_of, CASE)]


def test_a_programme_for_women_admits_whoever_describes_herself_so() -> None:
    """And the decision rests on the event that says it."""
    event = enrolled(asked_of(WOMEN, gender="female"))
    assert (event.confirmed, event.decision.relied_on) == ((), (ADULT.event_id,))
    man = asked_of(WOMEN, gender="male")
    man.when(ENROL, on=DAY).then_refused("not-of-the-audience")
    man.when(enrolling(audience_confirmed=True), on=DAY).then_refused("not-of-the-audience")
    assert enrolled(asked_of(Audience(), gender="male")).decision.relied_on == ()


def test_how_somebody_describes_themselves_comes_before_what_others_say() -> None:
    others = determined(gender="male", offence_severity="lower")
    assert enrolled(asked_of(WOMEN, others, gender="female"))
    asked_of(WOMEN, others).when(ENROL, on=DAY).then_refused("not-of-the-audience")
    assert enrolled(asked_of(BOTH, determined(gender="female", offence_severity="lower")))


def test_every_severity_on_record_has_to_be_one_the_programme_takes() -> None:
    event = enrolled(asked_of(LOWER, proven("lower"), proven("least", OTHER)))
    assert event.decision.relied_on == (test_offence.PROVEN_AS,)
    for known in ((proven("most"),), (proven("lower"), proven("most", OTHER))):
        asked_of(LOWER, *known).when(ENROL, on=DAY).then_refused("not-of-the-audience")
    asked_of(LOWER, determined(offence_severity="most")).when(ENROL, on=DAY).then_refused(
        "not-of-the-audience"
    )
    assert enrolled(asked_of(LOWER, determined(offence_severity="lower"))).decision.relied_on == (
        DETERMINED_AS,
    )


def test_what_was_quashed_or_only_alleged_keeps_nobody_out() -> None:
    quashed = (proven("most"), elsewhere(ONE, test_offence.QUASHED))
    assert enrolled(asked_of(LOWER, *quashed, proven("lower", OTHER)))
    for known in (quashed, (elsewhere(ONE, test_offence.ALLEGED),)):
        asked_of(LOWER, *known).when(ENROL, on=DAY).then_refused("audience-unknown")


@pytest.mark.parametrize(
    ("audience", "unknown", "named"),
    [
        (WOMEN, (Asked.GENDER,), ["`gender`"]),
        (LOWER, (Asked.OFFENCE_SEVERITY,), ["`offence_severity`"]),
        (BOTH, (Asked.GENDER, Asked.OFFENCE_SEVERITY), ["`gender`", "`offence_severity`"]),
    ],
    ids=["women", "lower-level", "both"],
)
def test_what_the_record_does_not_say_is_told_or_somebody_makes_sure_of_it(
    audience: Audience, unknown: tuple[Asked, ...], named: list[str]
) -> None:
    """The refusal names what to record; the event says what somebody answers for."""
    outcome = asked_of(audience).when(ENROL, on=DAY)
    outcome.then_refused("audience-unknown")
    assert outcome.refusal is not None
    assert all(each in outcome.refusal.remedy for each in named)
    assert enrolled(asked_of(audience), audience_confirmed=True).confirmed == unknown


def test_what_is_on_record_is_not_repeated_in_a_refusal() -> None:
    outcome = asked_of(BOTH, proven("most"), gender="self-described").when(ENROL, on=DAY)
    assert outcome.refusal is not None
    assert "self-described" not in outcome.refusal.remedy
    outcome = asked_of(LOWER, proven("gravest")).when(ENROL, on=DAY)
    assert outcome.refusal is not None
    assert "gravest" not in outcome.refusal.remedy


def test_what_was_erased_keeps_nobody_out() -> None:
    assert enrolled(asked_of(WOMEN, gender=GONE))
    assert enrolled(asked_of(LOWER, determined(offence_severity=GONE)))


def test_what_is_known_later_leaves_an_enrolment_as_it_was_decided() -> None:
    """Asked again under the programme's version of that day, with what was so by then, it is the same."""
    terms = {name: getattr(DEFINED, name) for name in ("title", "variants")}
    later_version = ProgrammeRevised(
        **terms, template_version="2026.1", audience=BOTH, event_id=event_id(1603)
    )
    place = asked_of(WOMEN, gender="female")
    place = place.then_so(place.when(ENROL, on="2025-03-03"))
    revised = elsewhere(named("programme", PROGRAMME), on("2025-04-01", later_version))
    assert told(place.knowing(revised, proven("most"))) == []
    otherwise = asked_of(WOMEN, gender="male")
    assert told(replace(otherwise, history=place.history)) == ["not-of-the-audience"]
