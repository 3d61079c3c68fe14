"""A safeguarding concern: it waits for nothing, so it needs to know of no other stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scp_events.vocabulary import Command, Evidence

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {}
