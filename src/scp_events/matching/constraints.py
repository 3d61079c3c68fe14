"""What must hold before anything is scored. No score makes up for one of these.

Whether a mentor is trusted (approved, a clear check in date, trained, not suspended) is asked of the rule by
which a match starts, so that nobody is proposed who could not start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scp_events.matching.people import Mentor, Participant
from scp_events.vocabulary import Code

FEMALE = "female"


@dataclass(frozen=True)
class Constraint:
    """Something that must hold between two people."""

    code: Code
    """By which the ranking says that it did not hold."""
    description: str
    holds: Callable[[Participant, Mentor], bool]


def _is_fit(_participant: Participant, mentor: Mentor) -> bool:
    return mentor.not_fit_because is None


def _has_a_place(_participant: Participant, mentor: Mentor) -> bool:
    return mentor.places > 0


def _are_not_kept_apart(participant: Participant, mentor: Mentor) -> bool:
    return mentor.code not in participant.not_with


def _can_meet(participant: Participant, mentor: Mentor) -> bool:
    return mentor.area in participant.areas


def _is_a_woman_where_asked(participant: Participant, mentor: Mentor) -> bool:
    return not participant.female_only or mentor.gender == FEMALE


def _can_talk(participant: Participant, mentor: Mentor) -> bool:
    return not participant.languages or not participant.languages.isdisjoint(mentor.languages)


CONSTRAINTS = (
    Constraint("not-fit", "approved, cleared and trained, all in date, and not suspended", _is_fit),
    Constraint("no-place", "the mentor has a place left", _has_a_place),
    Constraint("kept-apart", "nothing keeps the two apart", _are_not_kept_apart),
    Constraint("too-far", "the mentor lives where the participant can meet them", _can_meet),
    Constraint("not-female", "the mentor is a woman where one was asked for", _is_a_woman_where_asked),
    Constraint("no-common-language", "the two speak a language in common", _can_talk),
)


def constraints_broken(participant: Participant, mentor: Mentor) -> tuple[Code, ...]:
    """Return by what the two cannot be matched; a mentor who is not fit is named by the rule that says so."""
    return tuple(
        mentor.not_fit_because if constraint.code == "not-fit" and mentor.not_fit_because else constraint.code
        for constraint in CONSTRAINTS
        if not constraint.holds(participant, mentor)
    )


def may_be_matched(participant: Participant, mentor: Mentor) -> bool:
    """Whether every constraint holds."""
    return all(constraint.holds(participant, mentor) for constraint in CONSTRAINTS)
