"""Whom matching is about: what it is told of participants and mentors, and no more."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scp_events.vocabulary import CaseReference, Code, PersonCode, Word

Codes = frozenset[Code]


class Participant(Word):
    """A participant who waits for a mentor. What was not said is left out, and counts neither way."""

    case_reference: CaseReference
    areas: Codes
    """Where a mentor may live so that the two can meet."""
    languages: Codes = frozenset()
    """Those the participant speaks; any will do where none is said."""
    female_only: bool = False
    """Whether the participant asked for a woman."""
    not_with: frozenset[PersonCode] = frozenset()
    """Mentors who are kept apart from them, as by a conflict of interest."""
    needs: Codes = frozenset()
    interests: Codes = frozenset()
    communication_style: Code | None = None
    age_band: Code | None = None
    """Of which age they would like their mentor to be."""
    cultural_background: Code | None = None


class Mentor(Word):
    """A mentor as they stand on a day. What they chose not to say is left out."""

    code: PersonCode
    not_fit_because: Code | None = None
    """The rule by which no match with them could start that day."""
    places: Annotated[int, Field(ge=0)]
    """For how many more they could be there."""
    area: Code | None = None
    languages: Codes = frozenset()
    gender: Code | None = None
    capabilities: Codes = frozenset()
    interests: Codes = frozenset()
    communication_style: Code | None = None
    age_band: Code | None = None
    cultural_background: Code | None = None
