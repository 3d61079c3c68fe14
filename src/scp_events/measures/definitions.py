"""What the figures mean: each definition is data, with an id and a version, and never changes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from scp_events.vocabulary import Word


class Criterion(StrEnum):
    """What success is judged by: the four of S3.20."""

    LIFE_AND_WORK = "life-skills-and-employment"
    REOFFENDING = "decreased-reoffending"
    COMMUNITY = "community-integration"
    SATISFACTION = "stakeholder-satisfaction"


class Definition(Word):
    """What a figure means. A definition never changes; another one has another version."""

    id: str
    version: int
    title: str
    cohort: str
    counts: str
    excludes: Mapping[str, str]
    """Each reason to be left out, and what it means. The first that fits is given."""
    waiting_days: int
    """How long after the index date, or after the follow-up, somebody becomes mature."""
    follow_up_days: int = 0
    """How long after the index date it is looked at what they do: from the day after it to its last day."""
    disposals: tuple[str, ...] = ()
    """Which disposals of a proven offence count."""
    criterion: Criterion | None = None
    """Which criterion of success it belongs to."""


_NOT_TAKEN_ON = {
    "withdrawn": "taken back before there was an answer",
    "undecided": "mature, and without an answer",
    "declined": "the programme said no",
    "redirected": "sent on to another service",
}

CONVERSION = Definition(
    id="referral-conversion",
    version=1,
    title="Referrals that were accepted",
    cohort="referrals by the day they were submitted",
    counts="accepted, of those accepted, declined or redirected",
    excludes={
        "not-yet-mature": "submitted less than 28 days before the data date",
        "withdrawn": _NOT_TAKEN_ON["withdrawn"],
        "undecided": _NOT_TAKEN_ON["undecided"],
    },
    waiting_days=28,
)
FIRST_CONTACT = Definition(
    id="days-to-first-contact",
    version=1,
    title="Days from a referral's submission to the first contact held",
    cohort="accepted referrals by the day they were submitted",
    counts="calendar days of the organisation to the first held contact on or after the day of submission",
    excludes={"not-yet-mature": "submitted less than 28 days before the data date", **_NOT_TAKEN_ON},
    waiting_days=28,
)
AGREED_PLAN = Definition(
    id="days-to-agreed-plan",
    version=1,
    title="Days from a referral's submission to a plan the young person agreed to",
    cohort="accepted referrals by the day they were submitted",
    counts="calendar days of the organisation to the first agreement on or after the day of submission",
    excludes={"not-yet-mature": "submitted less than 84 days before the data date", **_NOT_TAKEN_ON},
    waiting_days=84,
)
GOALS = Definition(
    id="goals-achieved",
    version=1,
    title="Goals that were achieved",
    cohort="goals there were on the data date, by their target date then; a goal is set when the young person"
    " agrees to a plan with it",
    counts="achieved by the data date, of all that were set",
    excludes={
        "not-agreed": "in a draft by the data date, and the young person had not agreed to it",
        "removed": "given up by a decision",
        "not-yet-mature": "the target date is not before the data date",
    },
    waiting_days=1,
)
COMPLETION = Definition(
    id="completion",
    version=1,
    title="Enrolments that were completed",
    cohort="enrolments by the day of admission: everybody who was admitted, whatever came of it",
    counts="completed by the data date, of all; who gave up, was removed, moved or died did not complete",
    excludes={"not-yet-mature": "admitted less than 183 days before the data date"},
    waiting_days=183,
)

_REOFFENDED = (
    "at least one recordable offence committed from the day after the index day to the 365th, and proven by"
    " conviction or caution within 183 days more; allegations and what was quashed never count"
)
_NOT_OBSERVED = {
    "not-yet-mature": "the index day is less than 365 + 183 days before the data date",
    "died": "died within the follow-up, and no reoffence counts",
    "moved-away": "lived elsewhere on some day of the follow-up, and no reoffence counts",
    "in-custody": "in custody on some day of the follow-up, and no reoffence counts",
}


def _reoffending(id: str, title: str, cohort: str, counts: str) -> Definition:  # noqa: A002 - as the field is called
    return Definition(
        id=id,
        version=1,
        title=title,
        cohort=cohort,
        counts=counts,
        excludes=_NOT_OBSERVED,
        waiting_days=183,
        follow_up_days=365,
        disposals=("conviction", "caution"),
        criterion=Criterion.REOFFENDING,
    )


REOFFENDING = _reoffending(
    "proven-reoffending",
    "Reoffending that was proven, of everybody who took part",
    "young people by the day on which an enrolment of theirs was completed or ended, the first in the period",
    _REOFFENDED,
)
REOFFENDING_OF_COMPLETERS = _reoffending(
    "proven-reoffending-of-completers",
    "Reoffending that was proven, of those who completed",
    "young people by the day on which they completed a programme, the first in the period: whoever completes"
    " differs from who does not, so this says nothing of what the programme did",
    _REOFFENDED,
)
REOFFENDING_AFTER_SANCTION = _reoffending(
    "proven-reoffending-after-sanction",
    "Reoffending that was proven, after a sanction",
    "young people by the day on which a sanction was imposed on them, the first in the period",
    _REOFFENDED,
)
REOFFENCES = _reoffending(
    "proven-reoffences-per-100",
    "Reoffences that were proven, per 100 people who took part",
    REOFFENDING.cohort,
    "every offence that counts in proven-reoffending, of those who count there: what others bore",
)
DISCHARGE = Definition(
    id="sanctions-discharged",
    version=1,
    title="Sanctions that were discharged successfully",
    cohort="sanctions by the day on which they were imposed",
    counts="discharged successfully by the data date, of those discharged either way",
    excludes={
        "not-yet-mature": "imposed less than 365 days before the data date",
        "not-over": "mature, and neither discharged nor revoked",
        "revoked": "taken back, or replaced by another",
    },
    waiting_days=365,
    criterion=Criterion.COMMUNITY,
)
WORK_SUPPORT = Definition(
    id="employment-support",
    version=1,
    title="Young people who took part in support with work",
    cohort="young people by the year in which support with work was opened for them, once a year",
    counts="people, not episodes",
    excludes={"erased": "what they were helped with was erased"},
    waiting_days=0,
    criterion=Criterion.LIFE_AND_WORK,
)


def _gain(id: str, title: str, cohort: str, counts: str, criterion: Criterion, **more: str) -> Definition:  # noqa: A002 - as the field is called
    return Definition(
        id=id,
        version=1,
        title=title,
        cohort=cohort,
        counts=counts,
        excludes={
            "erased": "their first or their last position was erased",
            "nothing-to-gain": "had at first already what this asks about",
            **more,
            "seen-once": "only one position was recorded by the data date",
        },
        waiting_days=0,
        criterion=criterion,
    )


WORK_FOUND = _gain(
    "work-found",
    "Work or education that was found",
    "young people by the day on which it was first recorded how they stand in work and education",
    "neither in work nor in education at first, and in one of them when it was last recorded",
    Criterion.LIFE_AND_WORK,
)
DEBT_REDUCED = _gain(
    "debt-reduced",
    "Debts that were reduced",
    "young people by the day on which their debts were first added up",
    "owed something at first, and less when it was last added up",
    Criterion.LIFE_AND_WORK,
    **{"another-currency": "their debts were last added up in another currency"},
)
HOME_FOUND = _gain(
    "home-found",
    "Homes that were found",
    "young people by the day on which it was first recorded where they live",
    "without a home, in a shelter or an institution at first, and not so when it was last recorded",
    Criterion.COMMUNITY,
)
SATISFACTION = Definition(
    id="satisfaction",
    version=1,
    title="Answers that were satisfied",
    cohort="answers of participants, mentors and community organisations by the day on which they were given",
    counts="beyond the middle of the scale it was given on, of all answers",
    excludes={"erased": "the answer was erased"},
    waiting_days=0,
    criterion=Criterion.SATISFACTION,
)
MATCHES = Definition(
    id="matches-completed",
    version=1,
    title="Matches that were completed",
    cohort="matches by the day on which they ended",
    counts="completed, of those completed, ended early or followed by another; by factor, how well the two"
    " were found to fit in it when the match was proposed. Weights are for people to judge by it",
    excludes={},
    waiting_days=0,
)
DEFINITIONS = (
    CONVERSION, FIRST_CONTACT, AGREED_PLAN, GOALS, COMPLETION, REOFFENDING, REOFFENDING_OF_COMPLETERS,
    REOFFENDING_AFTER_SANCTION, REOFFENCES, DISCHARGE, WORK_SUPPORT, WORK_FOUND, DEBT_REDUCED, HOME_FOUND,
    SATISFACTION, MATCHES,
)  # fmt: skip
