"""A mentor: what is stored for ever, and what others may know of who is fit to begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import Field

from scp_events.aggregates.organisation.events import ByRegister, UnderPolicy
from scp_events.vocabulary import (
    OCCURRED,
    Bound,
    Code,
    CoreCode,
    CoreDetail,
    DecisionEvent,
    Erased,
    Event,
    EventId,
    IdentifiedEvent,
    Narrative,
    Personal,
    PersonCode,
    Policy,
    Refused,
    TellingCode,
    Word,
    members,
    replace,
)

# --- what a command and its event both say ----------------------------------------------------------------

TellingCodes = Annotated[
    Annotated[tuple[Code, ...], Field(max_length=50)] | Erased,
    Personal("narrative"),
]
Capacity = Annotated[int, Field(ge=0, le=100)]
"""How many young people a mentor can be there for at once."""


class MentorKind(StrEnum):
    """As what somebody is a mentor (S3.3)."""

    VOLUNTEER = "volunteer"
    PROFESSIONAL = "professional"
    PEER = "peer"
    """Somebody who has been through it themselves."""


class Contribution(StrEnum):
    """What volunteers do (S3.10)."""

    MENTORING = "mentoring"
    TEACHING = "teaching"
    """Workshops, and building of skills."""
    JOB_PLACEMENT = "job-placement"
    ADVOCACY = "advocacy"
    """Speaking for acceptance in the community, and against stigma."""


TellingKind = Annotated[MentorKind | Erased, Personal("narrative")]
Contributions = Annotated[tuple[Contribution, ...], Field(min_length=1, max_length=len(Contribution))]


class Offer(Word):
    """Who a mentor is, and what they offer: what a match is found by. What they chose not to say is None."""

    name: CoreDetail
    kind: TellingKind | None = None
    contributes: Contributions = (Contribution.MENTORING,)
    """What they do for young people, besides being a mentor to some."""
    capabilities: TellingCodes
    """What they can help with, such as `literacy` or `job-seeking`."""
    interests: TellingCodes
    languages: TellingCodes
    communication_style: TellingCode | None = None
    age_band: CoreCode | None = None
    """Such as `25-34`."""
    gender: CoreCode | None = None
    cultural_background: TellingCode | None = None
    area: CoreCode
    """Where they live, such as a parish or a district; never an address."""


class Application(Offer):
    """What a mentor offers, and to how many young people at once."""

    capacity: Capacity


class CheckResult(StrEnum):
    """What a background check came to."""

    CLEAR = "clear"
    NOT_CLEAR = "not-clear"


class BackgroundCheck(Word):
    """What a background check came to, and when that counts."""

    result: CheckResult
    valid_from: Annotated[date | None, Bound(not_before=OCCURRED)] = None
    """Where it counts later than from the day of the decision on."""
    valid_until: Annotated[date | None, Bound(not_before=OCCURRED, after="valid_from")] = None
    """The last day on which a clear check counts."""


class Training(Word):
    """A training that a mentor completed."""

    course: Code
    valid_until: Annotated[date | None, Bound(not_before=OCCURRED)] = None
    """The last day on which it counts; None where it does not lapse."""


class Supervision(Word):
    """Somebody talked a mentor's work over with them."""

    supervisor: PersonCode
    minutes: Annotated[int, Field(ge=1, le=1_440)]
    note: Narrative | None = None


# --- events -----------------------------------------------------------------------------------------------


class MentorApplied(IdentifiedEvent, Application):
    """Somebody offered to be a mentor."""

    TITLE = "Applied as a mentor: for {capacity} at once"
    type: Literal["mentor.applied"] = "mentor.applied"
    code: PersonCode
    """By which they are known; never their name."""


class MentorOfferChanged(IdentifiedEvent, Offer):
    """What the mentor offers has changed, or where they live."""

    TITLE = "Mentor's offer changed"
    type: Literal["mentor.offer-changed"] = "mentor.offer-changed"


class MentorScreeningBegun(Event):
    """The organisation began to find out whether young people are safe with them."""

    TITLE = "Mentor's screening begun"
    type: Literal["mentor.screening-begun"] = "mentor.screening-begun"


class BackgroundCheckRecorded(DecisionEvent, IdentifiedEvent, BackgroundCheck):
    """Somebody judged what a background check came to."""

    TITLE = "Background check recorded: {result}"
    type: Literal["mentor.background-check-recorded"] = "mentor.background-check-recorded"


class MentorTrainingCompleted(IdentifiedEvent, Training):
    """The mentor completed a training."""

    TITLE = "Mentor's training completed: {course}"
    type: Literal["mentor.training-completed"] = "mentor.training-completed"


class MentorApproved(DecisionEvent, IdentifiedEvent):
    """The organisation trusts the mentor with young people."""

    TITLE = "Mentor approved"
    type: Literal["mentor.approved"] = "mentor.approved"


class MentorSupervisionHeld(IdentifiedEvent, Supervision, UnderPolicy, ByRegister):
    """Somebody talked the mentor's work over with them."""

    TITLE = "Mentor's supervision held: {minutes} minutes, with {supervisor}"
    type: Literal["mentor.supervision-held"] = "mentor.supervision-held"


class MentorCapacityChanged(Event):
    """The mentor can be there for more, or for fewer, young people at once."""

    TITLE = "Mentor's capacity changed: {capacity} at once"
    type: Literal["mentor.capacity-changed"] = "mentor.capacity-changed"
    capacity: Capacity


class MentorSuspended(DecisionEvent):
    """The mentor begins nothing with a young person until they are reinstated."""

    TITLE = "Mentor suspended: {decision.reason_code}"
    type: Literal["mentor.suspended"] = "mentor.suspended"


class MentorReinstated(DecisionEvent):
    """The mentor may begin with young people again."""

    TITLE = "Mentor reinstated: {decision.reason_code}"
    type: Literal["mentor.reinstated"] = "mentor.reinstated"


class MentorExited(DecisionEvent):
    """The mentor is one no longer; the matches they still have are for others to bring to an end."""

    TITLE = "Mentor exited: {decision.reason_code}"
    type: Literal["mentor.exited"] = "mentor.exited"


class MentorPlaceTaken(Event):
    """A match with the mentor started, and takes one of their places."""

    TITLE = "Mentor's place taken: by match {match_id}"
    type: Literal["mentor.place-taken"] = "mentor.place-taken"
    match_id: UUID


class MentorPlaceFreed(Event):
    """A match with the mentor was closed, and takes a place no longer."""

    TITLE = "Mentor's place freed: by match {match_id}"
    type: Literal["mentor.place-freed"] = "mentor.place-freed"
    match_id: UUID


MentorEvent: TypeAlias = (
    MentorApplied
    | MentorOfferChanged
    | MentorScreeningBegun
    | BackgroundCheckRecorded
    | MentorTrainingCompleted
    | MentorApproved
    | MentorSupervisionHeld
    | MentorCapacityChanged
    | MentorSuspended
    | MentorReinstated
    | MentorExited
    | MentorPlaceTaken
    | MentorPlaceFreed
)
EVENTS: tuple[type[MentorEvent], ...] = members(MentorEvent)

# --- what other aggregates need to know -------------------------------------------------------------------


class Check(NamedTuple):
    """A background check that was recorded."""

    event_id: EventId
    result: CheckResult
    valid_from: date | None
    valid_until: date | None


class Trained(NamedTuple):
    """A training that was completed."""

    event_id: EventId
    course: Code
    valid_until: date | None


@dataclass(frozen=True)
class Standing:
    """What is known of a mentor by some time. Which of it counts is asked of a day: no command says so."""

    applied: bool = False
    checks: tuple[Check, ...] = ()
    trainings: tuple[Trained, ...] = ()
    approved_as: EventId | None = None
    suspended: bool = False
    exited: bool = False
    capacity: int = 0
    matches: tuple[UUID, ...] = ()
    """Those that take a place, in the order in which they started."""

    def check_on(self, day: date) -> Check | None:
        """Return the background check that counts on a day: the last of those that have come to count."""
        begun = [check for check in self.checks if check.valid_from is None or check.valid_from <= day]
        return begun[-1] if begun else None

    def training_on(self, day: date, course: Code | None) -> Trained | None:
        """Return a training that counts on a day: in a course, or in any where none is asked for."""
        in_date = (
            each
            for each in reversed(self.trainings)
            if course in {None, each.course} and (each.valid_until is None or day <= each.valid_until)
        )
        return next(in_date, None)


STANDING_RESTS_ON = (
    MentorApplied,
    BackgroundCheckRecorded,
    MentorTrainingCompleted,
    MentorApproved,
    MentorCapacityChanged,
    MentorSuspended,
    MentorReinstated,
    MentorExited,
    MentorPlaceTaken,
    MentorPlaceFreed,
)
"""The events that a mentor's standing is made of."""


def stand(known: Standing, event: Event) -> Standing:
    """Return what is known once `event` has happened."""
    match event:
        case MentorApplied():
            return replace(
                known, applied=True, exited=False, suspended=False, approved_as=None, capacity=event.capacity
            )
        case BackgroundCheckRecorded():
            check = Check(event.event_id, event.result, event.valid_from, event.valid_until)
            return replace(known, checks=(*known.checks, check))
        case MentorTrainingCompleted():
            trained = Trained(event.event_id, event.course, event.valid_until)
            return replace(known, trainings=(*known.trainings, trained))
        case MentorApproved():
            return replace(known, approved_as=event.event_id)
        case MentorCapacityChanged():
            return replace(known, capacity=event.capacity)
        case MentorSuspended() | MentorReinstated():
            return replace(known, suspended=isinstance(event, MentorSuspended))
        case MentorExited():
            return replace(known, exited=True)
        case MentorPlaceTaken() | MentorPlaceFreed():
            others = tuple(match for match in known.matches if match != event.match_id)
            taken = isinstance(event, MentorPlaceTaken)
            return replace(known, matches=(*others, event.match_id) if taken else others)
    return known


def must_be_fit(known: Standing, day: date, policy: Policy) -> tuple[EventId, ...]:
    """Refuse a mentor whom the organisation does not trust with young people on a day.

    Returns the events that say it does: the approval, the background check and the training.
    """
    if not known.applied or known.exited:
        raise Refused(
            "no-mentor",
            f"by {day.isoformat()} they {'had exited' if known.exited else 'had not applied'}: name in"
            " `mentor` somebody who is a mentor on that day, or correct `occurred_at`",
        )
    if known.suspended:
        raise Refused(
            "mentor-suspended",
            f"the mentor was suspended on {day.isoformat()}: `reinstate-mentor` first, or choose another",
        )
    if known.approved_as is None:
        raise Refused(
            "mentor-not-approved",
            f"the mentor was not approved by {day.isoformat()}: `approve-mentor` first, or choose another",
        )
    return (known.approved_as, *must_be_cleared_and_trained(known, day, policy))


def must_be_cleared_and_trained(known: Standing, day: date, policy: Policy) -> tuple[EventId, EventId]:
    """Refuse a mentor without a clear check and the training asked for, both in date. Return what says so."""
    check = known.check_on(day)
    if check is None or check.result is not CheckResult.CLEAR:
        found = "no background check" if check is None else "a background check that is not clear"
        raise Refused(
            "mentor-not-cleared",
            f"on {day.isoformat()} there was {found}: record one with `record-background-check`, or choose"
            " another mentor",
        )
    if check.valid_until is not None and check.valid_until < day:
        raise Refused(
            "clearance-lapsed",
            f"the background check was valid until {check.valid_until.isoformat()}, not on"
            f" {day.isoformat()}: record a new one with `record-background-check`",
        )
    training = known.training_on(day, policy.mentor_training)
    if training is None:
        raise Refused(
            "mentor-not-trained",
            f"policy {policy.version} asks for training in {policy.mentor_training or 'any course'}, and on"
            f" {day.isoformat()} none was in date: record it with `record-mentor-training`",
        )
    return check.event_id, training.event_id
