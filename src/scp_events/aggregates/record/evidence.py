"""Keeping and erasing a young person's record: it needs to know of no other stream.

Somebody who was referred and never registered has the right to be forgotten, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scp_events.vocabulary import Command, Evidence

EVIDENCE: Mapping[type[Command], Evidence[Any]] = {}
