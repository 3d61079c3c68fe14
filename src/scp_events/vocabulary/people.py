"""Who acts: people and systems, by code, role and organisation."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import StringConstraints

from scp_events.vocabulary.ids import OrganisationId, PersonId
from scp_events.vocabulary.text import Code, Word

PersonCode = Annotated[PersonId, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
OrganisationCode = Annotated[OrganisationId, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Role(StrEnum):
    """The capacity in which somebody acts."""

    KEY_WORKER = "key-worker"
    ACTIVATION_WORKER = "activation-worker"
    """Helps with debts, work, housing and the like (S2.16), and decides nothing."""
    SUPERVISOR = "supervisor"
    CASE_MANAGER = "case-manager"
    REFERRER = "referrer"
    COURT_OFFICER = "court-officer"
    POLICE_OFFICER = "police-officer"
    MINISTRY_OFFICER = "ministry-officer"
    DATA_CLERK = "data-clerk"
    AUDITOR = "auditor"
    REPORTING = "reporting"
    INTEGRATOR = "integrator"
    SERVICE = "service"


STAFF = frozenset({Role.KEY_WORKER, Role.CASE_MANAGER, Role.SUPERVISOR})
"""Who works with young people."""
LEADING = frozenset({Role.CASE_MANAGER, Role.SUPERVISOR})
"""Who answers for what others do."""
REFERRING = frozenset({Role.REFERRER, Role.POLICE_OFFICER, Role.COURT_OFFICER, Role.MINISTRY_OFFICER})
"""Who sends young people to the programme."""
ENTERING = frozenset({Role.DATA_CLERK, Role.INTEGRATOR})
"""Who enters what others report."""


class Actor(Word):
    """Who acts: which person or system, in which role, for which organisation, holding which credentials."""

    id: PersonCode
    role: Role
    organisation: OrganisationCode
    kind: Literal["human", "system"] = "human"
    credentials: tuple[Code, ...] = ()
