"""The jurisdiction: what doors offer, and to whom.

All of it takes effect by being recorded: a rule that began before anybody had recorded it would judge anew
what was decided under the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from scp_events.aggregates.jurisdiction import events
from scp_events.aggregates.jurisdiction.events import Adoption, Profile
from scp_events.vocabulary import LEADING, Act, Command, Role, members


class DefineJurisdiction(Act, Profile):
    """Say whose law and whose days count here."""

    RECORDS = events.JurisdictionDefined


class ChangeProfile(Act, Profile):
    """Say what the profile is from now on, as a whole."""

    RECORDS = events.ProfileChanged


class AdoptPolicy(Act, Adoption):
    """Adopt a version of the policy, with all its numbers, for the days from a later one on."""

    RECORDS = events.PolicyAdopted


JurisdictionCommand: TypeAlias = DefineJurisdiction | ChangeProfile | AdoptPolicy
COMMANDS: tuple[type[JurisdictionCommand], ...] = members(JurisdictionCommand)

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, LEADING)
"""Which roles may send which command. Those who lead answer for the rules."""
