"""Consent to uses of a young person's data: what it needs to know of other streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scp_events.aggregates.consent.commands import GiveConsent
from scp_events.aggregates.participant.events import PRESENCE
from scp_events.vocabulary import Command, Evidence

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {GiveConsent: PRESENCE}
