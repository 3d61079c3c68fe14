"""Identities: each kind has its own type, so that one never stands where another belongs.

The id of a case is random (UUIDv4) and never derived from a person. The id of a stream of which a case has
exactly one is derived from the case: it is found without asking.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, NewType
from uuid import UUID, uuid5

CaseId = NewType("CaseId", UUID)
"""A young person's case: every stream about them belongs to it, and their keys are kept under it."""
ReferralId = NewType("ReferralId", UUID)
IrpId = NewType("IrpId", UUID)
EnrolmentId = NewType("EnrolmentId", UUID)

EventId = NewType("EventId", UUID)
CommandId = NewType("CommandId", UUID)
PersonId = NewType("PersonId", str)
"""A member of staff, by the identifier their organisation's directory uses: a code, not a name."""
OrganisationId = NewType("OrganisationId", str)
Position = NewType("Position", int)
"""A place in the whole log: dense, from 1, in commit order. 0 is before everything."""

NOTHING_YET = Position(0)


class Stream(NamedTuple):
    """Where one thing's history lives: its kind and its id."""

    category: str
    id: UUID


def named(category: str, name: str) -> Stream:
    """Return the stream of something that belongs to no case, by what people call it."""
    return Stream(category, _derived(_NAMES, f"{category}/{name}"))


def the_one(category: str, case_id: CaseId) -> Stream:
    """Return the stream of this kind, of which a case has exactly one."""
    return Stream(category, _derived(case_id, category))


_NAMES = UUID("0b9a4c6e-52f1-4d0b-9c1e-6b3f0d6e7a52")
_derived = lru_cache(maxsize=16_384)(uuid5)
