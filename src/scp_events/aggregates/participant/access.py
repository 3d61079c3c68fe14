"""A young person, as they are known to the programme: which roles may send which command."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.aggregates.participant.commands import COMMANDS, Register
from scp_events.vocabulary import LEADING, STAFF, Command, Role

MAY: Mapping[type[Command], frozenset[Role]] = {**dict.fromkeys(COMMANDS, LEADING), Register: STAFF}
