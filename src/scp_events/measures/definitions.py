"""What the figures mean: each definition is data, with an id and a version, and never changes."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.vocabulary import Word


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
    """How long after the index date somebody becomes mature."""


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
DEFINITIONS = (CONVERSION, FIRST_CONTACT, AGREED_PLAN, GOALS)
