"""An organisation: what doors offer, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.organisation import events
from scp_events.aggregates.organisation.events import Joining, Membership, Profile, Services
from scp_events.vocabulary import LEADING, Code, Command, IdentifiedCommand, Role, members


class RegisterOrganisation(IdentifiedCommand, Profile):
    """Say what an organisation is and offers."""

    RECORDS = events.OrganisationRegistered


class ChangeServices(IdentifiedCommand, Services):
    """Say what the organisation offers from now on, as a whole."""

    RECORDS = events.ServicesChanged


class AddMember(IdentifiedCommand, Joining):
    """Say that somebody works for the organisation, and in which role."""

    RECORDS = events.MemberJoined


class RemoveMember(IdentifiedCommand, Membership):
    """Say that somebody no longer works for the organisation in a role."""

    RECORDS = events.MemberLeft


class CloseOrganisation(IdentifiedCommand):
    """Say that the organisation is no more, or works with the programme no longer."""

    RECORDS = events.OrganisationClosed
    reason_code: Code


OrganisationCommand: TypeAlias = (
    RegisterOrganisation | ChangeServices | AddMember | RemoveMember | CloseOrganisation
)
COMMANDS: tuple[type[OrganisationCommand], ...] = members(OrganisationCommand)

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, LEADING)
"""Which roles may send which command. Others are named by the register, so those who lead keep it."""
