"""Consent to uses of a young person's data: which roles may send which command."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.aggregates.consent.commands import COMMANDS
from scp_events.vocabulary import ENTERING, STAFF, Command, Role

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, STAFF | ENTERING)
