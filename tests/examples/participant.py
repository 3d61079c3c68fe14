"""Participants, as several tests tell of them: the commands, and the events other streams know of."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from scp_events.aggregates.participant.commands import (
    ConfirmIdentityLink,
    ConfirmIdentityUnlink,
    ParticipantCommand,
    ProposeIdentityLink,
    ProposeIdentityUnlink,
    RecordDeath,
    Register,
)
from scp_events.aggregates.participant.events import ParticipantDied, ParticipantRegistered
from scp_events.scenario import Told, elsewhere
from scp_events.vocabulary import CaseId, Role, the_one
from tests.words import event_id, grounds, person

OTHER_CASE = CaseId(UUID("55555555-5555-4555-8555-555555555555"))
SECOND_SUPERVISOR = person("sv-alder", Role.SUPERVISOR)
REGISTERED_AS, DIED_AS = event_id(401), event_id(402)

REGISTER = Register(
    event_id=REGISTERED_AS, name="Wren Exampleson", date_of_birth=date(2009, 5, 5), preferred_language="en"
)
RECORD_DEATH = RecordDeath()
PROPOSE_LINK = ProposeIdentityLink(
    decision=grounds(), other=OTHER_CASE, recognised_by="An invented scar on an invented hand."
)
CONFIRM_LINK = ConfirmIdentityLink(decision=grounds(), other=OTHER_CASE)
PROPOSE_UNLINK = ProposeIdentityUnlink(decision=grounds(), other=OTHER_CASE)
CONFIRM_UNLINK = ConfirmIdentityUnlink(decision=grounds(), other=OTHER_CASE)
EVERY_COMMAND: tuple[ParticipantCommand, ...] = (
    REGISTER, RECORD_DEATH, PROPOSE_LINK, CONFIRM_LINK, PROPOSE_UNLINK, CONFIRM_UNLINK,
)  # fmt: skip

REGISTERED = ParticipantRegistered(
    event_id=REGISTERED_AS,
    case_reference="SC-2025-001",
    name="Wren Exampleson",
    date_of_birth=date(2009, 5, 5),
    preferred_language="en",
)
DIED = ParticipantDied()


def registered_under(case_id: CaseId) -> Told:
    """Return that somebody was registered under another case."""
    return elsewhere(the_one("participant", case_id), REGISTERED)
