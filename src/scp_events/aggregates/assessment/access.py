"""An assessment of a young person: which roles may send which command."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.aggregates.assessment.commands import COMMANDS
from scp_events.vocabulary import STAFF, Command, Role

MAY: Mapping[type[Command], frozenset[Role]] = dict.fromkeys(COMMANDS, STAFF)
