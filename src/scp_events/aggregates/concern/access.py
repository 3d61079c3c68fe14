"""A safeguarding concern: which roles may send which command."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.aggregates.concern.commands import COMMANDS
from scp_events.vocabulary import STAFF, Command, Role

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, STAFF)
