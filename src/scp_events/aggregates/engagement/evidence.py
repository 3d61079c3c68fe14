"""Working with a young person: what it needs to know of other streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scp_events.aggregates.engagement.commands import COMMANDS
from scp_events.aggregates.participant.events import PRESENCE
from scp_events.vocabulary import Command, Evidence

EVIDENCE: Mapping[type[Command], Evidence[Any]] = dict.fromkeys(COMMANDS, PRESENCE)
