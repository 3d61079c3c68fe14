from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scp_events.aggregates import feedback
from scp_events.aggregates.consent.events import ConsentGiven, ConsentParty, ConsentWithdrawn
from scp_events.aggregates.engagement.events import KeyWorkerAssigned, KeyWorkerChanged
from scp_events.aggregates.feedback import events
from scp_events.aggregates.feedback.commands import (
    FeedbackCommand,
    GiveTestimony,
    PublishTestimony,
    RateRelationship,
    RecordSatisfaction,
    TakeDownTestimony,
    WithdrawTestimony,
)
from scp_events.aggregates.feedback.events import Collected, Companion, Respondent, Side
from scp_events.history import contradictions_of, effective
from scp_events.scenario import CASE, Given, Happened, Outcome, at, given, known_as, on
from scp_events.scenario import by as told_by
from scp_events.vocabulary import Calendar, Correct, Erased, OrganisationId, PersonId, Retract
from tests.aggregates.laws import machine, one_of_these
from tests.examples.participant import DIED, REGISTERED
from tests.words import KEY_WORKER, NOON, OTHER_KEY_WORKER, ROBOT, SUPERVISOR, decision, event_id, grounds

pytestmark = pytest.mark.once

PAPER, RADIO = OrganisationId("example-paper"), OrganisationId("example-radio")
ANSWERED_AS, RATED_AS, TOLD_AS, TOLD_AGAIN_AS, CONSENTED_AS = map(event_id, range(701, 706))

ANSWER = RecordSatisfaction(
    event_id=ANSWERED_AS,
    instrument="example-smileys",
    instrument_version="1.0",
    lowest=Decimal(1),
    highest=Decimal(5),
    score=Decimal("4.5"),
    collected=Collected.ON_PAPER,
    comment="An invented comment: more football.",
    said_by=Respondent.PARTICIPANT,
)
RATE = RateRelationship(
    event_id=RATED_AS,
    instrument="example-ladder",
    instrument_version="2.1",
    lowest=Decimal(0),
    highest=Decimal(10),
    score=Decimal(8),
    collected=Collected.IN_PERSON,
    comment="An invented comment: he listens.",
    companion=KEY_WORKER.id,
    companion_is=Companion.KEY_WORKER,
    said_by=Side.PARTICIPANT,
)
TELL = GiveTestimony(
    event_id=TOLD_AS, words="Invented words: it helped me to put things right.", shown_as="Invented Wren"
)
TELL_AGAIN = TELL.model_copy(update={"event_id": TOLD_AGAIN_AS, "shown_as": None})
WITHDRAW = WithdrawTestimony(testimony=TOLD_AS)
PUBLISH = PublishTestimony(decision=grounds(), testimony=TOLD_AS, publisher=PAPER)
TAKE_DOWN = TakeDownTestimony(decision=grounds(), testimony=TOLD_AS, publisher=PAPER)
EVERY_COMMAND: tuple[FeedbackCommand, ...] = (
    ANSWER, RATE, TELL, TELL_AGAIN, WITHDRAW, PUBLISH, TAKE_DOWN,
)  # fmt: skip

TOLD = events.TestimonyGiven(**dict(TELL))
WITHDRAWN = events.TestimonyWithdrawn(testimony=TOLD_AS)
PUBLISHED = events.TestimonyPublished(decision=decision(), testimony=TOLD_AS, publisher=PAPER)
TAKEN_DOWN = events.TestimonyTakenDown(decision=decision(), testimony=TOLD_AS, publisher=PAPER)

ASSIGNED = KeyWorkerAssigned(decision=decision(), key_worker=KEY_WORKER)
CONSENTED = ConsentGiven(
    scope="publish-testimony",
    recipient=PAPER,
    given_by=ConsentParty.PARTICIPANT,
    capacity_noted=True,
    valid_until=date(2025, 6, 30),
)
NO_LONGER = ConsentWithdrawn(
    scope="publish-testimony", recipient=PAPER, withdrawn_by=ConsentParty.PARTICIPANT
)
IN_FORCE = known_as(CONSENTED_AS, on("2025-03-02", CONSENTED))


def told(*happened: Happened) -> Given:
    """Somebody registered in March with a key worker, and what was said of the programme."""
    return given(feedback, *happened).knowing(on("2025-03-01", REGISTERED), on("2025-03-01", ASSIGNED))


def but(said: Any, **changes: object) -> Any:
    return type(said).model_validate({**dict(said), **changes})


# --- satisfaction -----------------------------------------------------------------------------------------


def test_a_participant_says_how_satisfied_they_are() -> None:
    told().when(ANSWER).then(
        events.SatisfactionRecorded(
            event_id=ANSWERED_AS,
            instrument="example-smileys",
            instrument_version="1.0",
            lowest=Decimal(1),
            highest=Decimal(5),
            score=Decimal("4.5"),
            collected=Collected.ON_PAPER,
            comment="An invented comment: more football.",
            said_by=Respondent.PARTICIPANT,
        )
    )


@pytest.mark.parametrize("score", ["1", "3", "5"])
def test_a_score_is_on_its_scale_ends_included(score: str) -> None:
    assert told().when(but(ANSWER, score=Decimal(score))).events


@pytest.mark.parametrize("score", ["0.9", "5.1", "-4"])
def test_a_score_off_the_scale_is_refused_and_not_repeated(score: str) -> None:
    for command in (but(ANSWER, score=Decimal(score)), but(RATE, score=Decimal(score), lowest=1, highest=5)):
        outcome = told().when(command)
        outcome.then_refused("score-off-the-scale")
        assert outcome.refusal is not None
        assert score not in outcome.refusal.remedy


@pytest.mark.parametrize("highest", ["1", "0"])
def test_a_scale_has_room(highest: str) -> None:
    told().when(but(ANSWER, highest=Decimal(highest), score=Decimal(1))).then_refused("no-scale")


def test_a_community_organisation_that_answers_is_named_and_nobody_else_has_one() -> None:
    asked = but(ANSWER, said_by="community-organisation", organisation="example-football-club")
    assert told().when(asked).events
    told().when(but(asked, organisation=None)).then_refused("organisation-of-the-answer")
    for said_by in ("participant", "mentor"):
        told().when(but(asked, said_by=said_by)).then_refused("organisation-of-the-answer")
        assert told().when(but(asked, said_by=said_by, organisation=None)).events


# --- the relationship -------------------------------------------------------------------------------------


def test_a_participant_says_how_they_get_on_with_their_key_worker() -> None:
    told().when(RATE, by=OTHER_KEY_WORKER).then(
        events.RelationshipRated(
            event_id=RATED_AS,
            instrument="example-ladder",
            instrument_version="2.1",
            lowest=Decimal(0),
            highest=Decimal(10),
            score=Decimal(8),
            collected=Collected.IN_PERSON,
            comment="An invented comment: he listens.",
            companion=KEY_WORKER.id,
            companion_is=Companion.KEY_WORKER,
            said_by=Side.PARTICIPANT,
        )
    )


def test_nobody_is_rated_to_their_face() -> None:
    told().when(RATE, by=KEY_WORKER).then_refused("asked-by-whom-it-is-about")
    assert told().when(but(RATE, said_by="companion"), by=KEY_WORKER).events


def test_a_key_worker_is_rated_by_those_they_worked_with() -> None:
    other = but(RATE, companion=OTHER_KEY_WORKER.id)
    told().when(other).then_refused("not-their-key-worker")
    handed_over = KeyWorkerChanged(
        decision=decision(),
        from_key_worker=KEY_WORKER.id,
        to_key_worker=OTHER_KEY_WORKER,
        handover_note="An invented note.",
    )
    later = told().knowing(on("2025-04-01", handed_over))
    assert later.when(other, on="2025-04-01").events
    assert later.when(RATE, on="2025-04-01").events, "the one before is remembered"
    later.when(other, on="2025-03-31").then_refused("not-their-key-worker")


def test_a_mentor_is_rated_without_having_been_a_key_worker() -> None:
    assert told().when(but(RATE, companion=PersonId("mt-tansy"), companion_is="mentor")).events


# --- testimony --------------------------------------------------------------------------------------------


def test_a_participant_tells_of_the_programme_and_may_take_it_back_once() -> None:
    told().when(TELL).then(TOLD)
    told(TOLD).when(WITHDRAW).then(WITHDRAWN)
    told(TOLD, WITHDRAWN).when(WITHDRAW).then_nothing_new()


def test_only_what_was_told_is_taken_back() -> None:
    told().when(WITHDRAW).then_refused("no-such-testimony")
    told(on("2025-04-01", TOLD)).when(WITHDRAW, on="2025-03-31").then_refused("no-such-testimony")


def test_words_can_be_taken_back_and_taken_down_whatever_the_status() -> None:
    dead = told(TOLD, PUBLISHED).knowing(DIED)
    assert dead.when(WITHDRAW).events
    assert dead.when(TAKE_DOWN).events


# --- publishing -------------------------------------------------------------------------------------------


def publishing(*consents: Happened, now: datetime = NOON, command: PublishTestimony = PUBLISH) -> Outcome:
    """Return what comes of publishing at noon on the third of March, with so much of consent."""
    return told(on("2025-03-01", TOLD)).knowing(*consents).when(command, by=SUPERVISOR, now=now)


def test_what_was_told_is_published_under_the_consent_it_rests_on() -> None:
    publishing(IN_FORCE).then(
        events.TestimonyPublished(
            decision=decision(by=SUPERVISOR, relied_on=(TOLD_AS, CONSENTED_AS)),
            testimony=TOLD_AS,
            publisher=PAPER,
        )
    )


def test_nothing_is_published_without_a_consent_to_publish_for_that_publisher() -> None:
    publishing().then_refused("no-consent-to-publish")
    for otherwise in ({"scope": "share-plan"}, {"recipient": RADIO}):
        publishing(on("2025-03-02", but(CONSENTED, **otherwise))).then_refused("no-consent-to-publish")
    publishing(IN_FORCE, command=but(PUBLISH, publisher=RADIO)).then_refused("no-consent-to-publish")


def test_consent_to_publish_is_in_force_on_its_last_day_and_not_after() -> None:
    calendar = Calendar(ZoneInfo("America/Antigua"))
    place = told(on("2025-03-01", TOLD)).knowing(IN_FORCE).in_days_of(calendar)
    late_evening, night = datetime(2025, 7, 1, 3, 59, tzinfo=UTC), datetime(2025, 7, 1, 4, 0, tzinfo=UTC)
    assert place.when(PUBLISH, now=late_evening).events
    place.when(PUBLISH, now=night).then_refused("no-consent-to-publish")


def test_consent_without_an_end_lasts() -> None:
    endless = on("2025-03-02", but(CONSENTED, valid_until=None))
    assert publishing(endless, now=datetime(2031, 1, 1, tzinfo=UTC)).events


def test_the_last_word_on_consent_counts() -> None:
    publishing(IN_FORCE, on("2025-03-03", NO_LONGER)).then_refused("no-consent-to-publish")
    again = at("2025-03-03T11:00", but(CONSENTED, valid_until=None))
    assert publishing(IN_FORCE, at("2025-03-03T10:00", NO_LONGER), again).events
    found_late = on("2025-03-01", CONSENTED)
    publishing(on("2025-03-02", NO_LONGER), found_late).then_refused("no-consent-to-publish")


def test_withdrawing_another_consent_leaves_this_one() -> None:
    assert publishing(IN_FORCE, on("2025-03-03", but(NO_LONGER, scope="share-plan"))).events
    assert publishing(IN_FORCE, on("2025-03-03", but(NO_LONGER, recipient=RADIO))).events


@pytest.mark.parametrize(
    ("consents", "why"),
    [
        ((), "was not given"),
        ((IN_FORCE, on("2025-03-03", NO_LONGER)), "was withdrawn"),
        ((on("2025-03-01", but(CONSENTED, valid_until="2025-03-02")),), "was valid until 2025-03-02"),
    ],
    ids=["never", "withdrawn", "over"],
)
def test_a_publication_refused_says_why_and_names_the_remedy(
    consents: tuple[Happened, ...], why: str
) -> None:
    refusal = publishing(*consents).refusal
    assert refusal is not None
    assert why in refusal.remedy
    assert "`give-consent`" in refusal.remedy


def test_nobody_publishes_for_a_day_on_which_there_was_a_consent() -> None:
    """A publication is an act: its time is now, whatever anybody says."""
    place = told(on("2025-03-01", TOLD)).knowing(IN_FORCE)
    july = datetime(2025, 7, 7, tzinfo=UTC)
    place.when(PUBLISH, on="2025-06-01", now=july).then_refused("no-consent-to-publish")


def test_words_taken_back_are_not_published() -> None:
    taken_back = told(on("2025-03-01", TOLD), on("2025-03-02", WITHDRAWN)).knowing(IN_FORCE)
    taken_back.when(PUBLISH, now=NOON).then_refused("testimony-withdrawn")


def test_only_what_was_told_is_published() -> None:
    publishing(IN_FORCE, command=but(PUBLISH, testimony=event_id(1))).then_refused("no-such-testimony")


def test_a_testimony_is_published_once_and_taken_down_once_and_may_be_published_again() -> None:
    place = told(TOLD).knowing(IN_FORCE)
    place.when(TAKE_DOWN).then_refused("not-published")
    for command in (PUBLISH, TAKE_DOWN, PUBLISH):
        outcome = place.when(command, by=SUPERVISOR)
        assert [type(event) for event in outcome.events] == [command.RECORDS]
        place = place.then_so(outcome)
        place.when(command, by=SUPERVISOR).then_nothing_new()


def test_each_publisher_is_told_for_itself() -> None:
    told(TOLD, PUBLISHED).when(but(TAKE_DOWN, publisher=RADIO)).then_refused("not-published")
    told(TOLD, PUBLISHED).when(but(TAKE_DOWN, testimony=event_id(1))).then_refused("not-published")


def test_a_system_publishes_nothing() -> None:
    told(TOLD).knowing(IN_FORCE).when(PUBLISH, by=ROBOT).then_refused("a-person-decides")


# --- of whom ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [ANSWER, RATE, TELL_AGAIN, PUBLISH], ids=lambda c: type(c).__name__)
def test_feedback_is_of_somebody_who_is_registered_and_alive(command: FeedbackCommand) -> None:
    known = (ASSIGNED, CONSENTED)
    given(feedback, TOLD).knowing(*known).when(command).then_refused("not-registered")
    given(feedback, TOLD).knowing(REGISTERED, *known, DIED).when(command).then_refused("died")


def test_what_was_said_before_the_death_is_recorded_after_it() -> None:
    dead = told().knowing(on("2025-06-30", DIED))
    for command in (ANSWER, RATE, TELL):
        assert dead.when(command, on="2025-06-29").events
        dead.when(command, on="2025-07-01").then_refused("died")


# --- what others may read ---------------------------------------------------------------------------------


def test_a_testimony_that_was_taken_back_shows_as_published_until_it_is_taken_down() -> None:
    seen = feedback.view(told(TOLD, PUBLISHED, WITHDRAWN).state)
    assert [(each.testimony, each.withdrawn) for each in seen.testimonies] == [(TOLD_AS, True)]
    assert [(each.testimony, each.publisher) for each in seen.published] == [(TOLD_AS, PAPER)]
    assert feedback.view(told(TOLD, PUBLISHED, WITHDRAWN, TAKEN_DOWN).state).published == ()


def test_no_words_and_no_scores_are_remembered() -> None:
    state = told().then_so(told().when(ANSWER)).state
    assert state == feedback.initial
    assert "nvented" not in feedback.view(told(TOLD, PUBLISHED).state).model_dump_json()


# --- corrections ------------------------------------------------------------------------------------------


def test_an_answer_copied_wrongly_is_corrected_and_judged_like_the_answer() -> None:
    known = told().then_so(told().when(ANSWER))
    correction = Correct(
        decision=grounds(), corrects=ANSWERED_AS, instead=but(ANSWER, score=2, event_id=None)
    )
    [corrected] = known.when(correction).events
    assert corrected.model_dump()["fact"]["score"] == Decimal(2)
    off = correction.model_copy(update={"instead": but(ANSWER, score=6)})
    known.when(off).then_refused("score-off-the-scale")


def test_a_rating_is_not_corrected_into_one_to_somebodys_face() -> None:
    rated = events.RelationshipRated(**dict(RATE) | {"said_by": Side.COMPANION})
    correction = Correct(decision=grounds(), corrects=RATED_AS, instead=RATE)
    told(told_by(KEY_WORKER, on("2025-03-02", rated))).when(correction, by=SUPERVISOR).then_refused(
        "asked-by-whom-it-is-about"
    )


def test_a_testimony_that_was_somebody_elses_is_retracted_and_can_still_be_taken_down() -> None:
    known = told(TOLD, PUBLISHED)
    retracted = known.then_so(known.when(Retract(decision=grounds(), corrects=TOLD_AS)))
    assert feedback.view(retracted.state).testimonies == ()
    retracted.knowing(IN_FORCE).when(PUBLISH).then_refused("no-such-testimony")
    assert retracted.when(TAKE_DOWN).events


@pytest.mark.parametrize("event", [PUBLISHED, TAKEN_DOWN], ids=lambda e: type(e).__name__)
def test_what_took_effect_when_it_was_recorded_is_not_corrected(event: Happened) -> None:
    known = told(TOLD, PUBLISHED, known_as(event_id(1), event))
    known.when(Retract(decision=grounds(), corrects=event_id(1))).then_refused("not-correctable")


def test_an_erased_score_contradicts_nothing() -> None:
    erased = Erased(key_id=event_id(9), at=NOON)
    answered = events.SatisfactionRecorded.model_construct(**dict(ANSWER) | {"score": erased})
    place = told(on("2025-03-02", answered))
    found = contradictions_of(
        feedback, effective(place.facts()), lambda _types, _others: place.facts_of_others(), CASE
    )
    assert found == []


# --- the laws ---------------------------------------------------------------------------------------------

ASKED = one_of_these(
    *EVERY_COMMAND,
    but(ANSWER, event_id=event_id(706), said_by="community-organisation"),
    but(ANSWER, event_id=event_id(707), score=6),
    but(RATE, event_id=event_id(708), companion="kw-unknown"),
    but(PUBLISH, testimony=TOLD_AGAIN_AS),
    but(PUBLISH, publisher=RADIO),
    but(TAKE_DOWN, testimony=TOLD_AGAIN_AS),
    but(WITHDRAW, testimony=TOLD_AGAIN_AS),
)
KNOWING = [REGISTERED, ASSIGNED, but(CONSENTED, valid_until=None)]
TestLaws = machine(feedback, ASKED, knowing=KNOWING).TestCase
