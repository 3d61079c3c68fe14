"""The register of decisions: who decided what, when, on what grounds and by what authority.

Grounds are codes and ids here, and the number of an order or a licence. What was said in words (the reason,
the views of the young person) is in the log alone, under the event's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, LiteralString
from uuid import UUID

from pydantic import BeforeValidator

from scp_events.aggregates import ALL
from scp_events.follower import AnyConnection, On, PersonalColumn, ask, schema_of
from scp_events.history import every_event
from scp_events.projections.narrowing import Narrowed
from scp_events.vocabulary import (
    LATE_FROM,
    NOTHING_YET,
    CaseId,
    DecisionEvent,
    Erased,
    EventId,
    LegalBasis,
    OrganisationId,
    PersonId,
    Position,
    Role,
    Word,
)

NAME = "decisions"
VERSION = 1
SCHEMA = schema_of(NAME, VERSION)
READS = ALL
AS_RECORDED = True
PERSONAL = {
    "decision_legal_basis": PersonalColumn(
        "decisions",
        "legal_basis",
        "core",
        purged="jsonb_set(legal_basis, '{reference}', %(erased)s)",
        holding="legal_basis ->> 'reference' IS NOT NULL",
    )
}

TABLES = """
    CREATE TABLE decisions (
        position                bigint PRIMARY KEY,
        event_id                uuid NOT NULL UNIQUE,
        type                    text NOT NULL,
        stream_id               uuid NOT NULL,
        case_id                 uuid NOT NULL,
        occurred_at             timestamptz NOT NULL,
        occurred_on             date NOT NULL,
        decided_on              date NOT NULL,    -- of a correction, the day it was entered
        recorded_at             timestamptz NOT NULL,
        entered_on              date NOT NULL,    -- in its source, or else here
        days_late               integer NOT NULL,
        decided_by              text NOT NULL,
        role                    text NOT NULL,
        organisation            text NOT NULL,
        credentials             jsonb NOT NULL,   -- those the decider held on that day
        recorded_by             text NOT NULL,    -- who entered it: not always who decided
        reason_code             text NOT NULL,
        legal_basis             jsonb NOT NULL,
        options_considered      text[] NOT NULL,
        relied_on               uuid[] NOT NULL,
        policy_version          text NOT NULL,
        review_on               date,
        known_through           bigint,
        corrects                uuid,
        confidentiality         text NOT NULL     -- as the event was recorded
    );
    CREATE INDEX decisions_of_a_case ON decisions (case_id, position);
    CREATE INDEX decisions_by ON decisions (decided_by, position);
    CREATE INDEX decisions_on ON decisions (decided_on);
    CREATE INDEX decisions_late ON decisions (days_late) WHERE days_late > 0;
    CREATE INDEX decisions_for ON decisions (organisation, position);
    CREATE INDEX decisions_because ON decisions (reason_code, position);
"""

EVENTS = frozenset(event for aggregate in ALL for event in every_event(aggregate))
DECISIONS = frozenset(event for event in EVENTS if issubclass(event, DecisionEvent))

ON: On = dict.fromkeys(
    DECISIONS,
    """
        INSERT INTO decisions (
            position, event_id, type, stream_id, case_id, occurred_at, occurred_on,
            decided_on, recorded_at, entered_on, days_late, decided_by, role, organisation, credentials,
            recorded_by, reason_code, legal_basis, options_considered, relied_on,
            policy_version, review_on, known_through, corrects, confidentiality)
        VALUES (
            %(position)s, %(event_id)s, %(type)s, %(stream_id)s, %(case_id)s,
            %(occurred_at)s, %(occurred_on)s,
            CASE WHEN %(corrects)s::uuid IS NULL THEN %(occurred_on)s ELSE %(entered_on)s END,
            %(recorded_at)s, %(entered_on)s, %(days_late)s,
            %(decision_by)s ->> 'id', %(decision_by)s ->> 'role', %(decision_by)s ->> 'organisation',
            %(decision_by)s -> 'credentials',
            %(actor_id)s, %(decision_reason_code)s, %(decision_legal_basis)s, %(decision_options_considered)s,
            %(decision_relied_on)s, %(decision_policy_version)s, %(decision_review_on)s,
            %(decision_known_through)s, %(corrects)s, %(confidentiality)s)""",
)
IGNORES = EVENTS - DECISIONS
"""Whatever is not a decision, by rule: a new decision is in the register without anybody thinking of it."""

# --- questions --------------------------------------------------------------------------------------------
# `with_restricted` is that of a replay: whether decisions in restricted streams, such as concerns, are seen.


def _read(kept: Any) -> Any:  # noqa: ANN401 - jsonb, or a legal basis
    """Read a legal basis as it is kept; where it says that its reference was erased, that is so."""
    match kept:
        case {"reference": {"erased": True} as erased}:
            return {**kept, "reference": Erased.model_validate(erased)}
    return kept


class Decided(Word):
    """One decision."""

    position: Position
    event_id: EventId
    type: str
    stream_id: UUID
    case_id: CaseId
    """Of a stream that belongs to no case, the stream's id."""
    occurred_at: datetime
    """When it was so in the world; of a correction, when the fact stands."""
    occurred_on: date
    """The organisation's day of that."""
    decided_on: date
    """The same day; of a correction, the day on which somebody entered it."""
    recorded_at: datetime
    entered_on: date
    """When its source says it was entered there, or else when it was recorded."""
    days_late: int
    """How long after it was so that was; of a correction, for how long the record had not said it yet."""
    decided_by: PersonId
    role: Role
    organisation: OrganisationId
    credentials: tuple[str, ...]
    recorded_by: PersonId
    reason_code: str
    legal_basis: Annotated[LegalBasis, BeforeValidator(_read)]
    options_considered: tuple[str, ...]
    relied_on: tuple[EventId, ...]
    policy_version: str
    review_on: date | None
    known_through: Position | None
    corrects: EventId | None
    confidentiality: str
    """`standard` or `restricted`, as the event was recorded."""


class Wanted(Narrowed):
    """Which decisions."""

    case_id: CaseId | None = None
    by: PersonId | None = None
    organisation: OrganisationId | None = None
    """For which the decider acted."""
    reason: str | None = None
    """Its code."""
    law: str | None = None
    """Part of an act's name and section, in any case of letters."""
    since: date | None = None
    until: date | None = None
    """The last day, included."""
    late: bool = False
    """Those alone that were entered so much later than they were so that it stands out."""


EVERY = Wanted()
_CONDITIONS: Mapping[str, LiteralString] = {
    "case_id": "case_id = %(case_id)s",
    "by": "decided_by = %(by)s",
    "organisation": "organisation = %(organisation)s",
    "reason": "reason_code = %(reason)s",
    "law": """
        strpos(lower(concat_ws(' ', legal_basis ->> 'act', legal_basis ->> 'section')),
               lower(%(law)s)) > 0""",
    "since": "decided_on >= %(since)s",
    "until": "decided_on <= %(until)s",
    "late": "days_late >= %(late_from)s",
}


def register(
    connection: AnyConnection,
    after: Position = NOTHING_YET,
    limit: int | None = 100,
    wanted: Wanted = EVERY,
    *,
    with_restricted: bool = False,
) -> list[Decided]:
    """Return at most `limit` decisions after a position, in the order in which they were recorded."""
    asked, values = wanted.where(_CONDITIONS)
    standing = {"after": after, "limit": limit, "with_restricted": with_restricted, "late_from": LATE_FROM}
    return ask(
        connection,
        SCHEMA,
        Decided,
        f"""
        SELECT * FROM decisions
        WHERE position > %(after)s AND (%(with_restricted)s OR confidentiality = 'standard') AND {asked}
        ORDER BY position LIMIT %(limit)s""",  # noqa: S608 - literals
        values | standing,
    )


def of_case(connection: AnyConnection, case_id: CaseId, *, with_restricted: bool = False) -> list[Decided]:
    """Return the decisions of a case, in the order in which they were recorded."""
    return register(connection, limit=None, wanted=Wanted(case_id=case_id), with_restricted=with_restricted)


class Named(Word):
    """Whom and what the register names."""

    people: tuple[str, ...]
    """Who decided or entered anything."""
    organisations: tuple[str, ...]
    reasons: tuple[str, ...]
    laws: tuple[str, ...]


def named(connection: AnyConnection) -> Named:
    """Return every code the register knows: for whoever asked for another one."""
    (found,) = ask(
        connection,
        SCHEMA,
        Named,
        """
        SELECT array(SELECT decided_by FROM decisions UNION SELECT recorded_by FROM decisions
                     ORDER BY 1) AS people,
               array(SELECT DISTINCT organisation FROM decisions ORDER BY 1) AS organisations,
               array(SELECT DISTINCT reason_code FROM decisions ORDER BY 1) AS reasons,
               array(SELECT DISTINCT concat_ws(' ', legal_basis ->> 'act', legal_basis ->> 'section')
                     FROM decisions ORDER BY 1) AS laws""",
    )
    return found
