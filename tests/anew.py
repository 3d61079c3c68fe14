"""The same invented commands for many cases of one log, each with event ids of its own."""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import UUID, uuid5

from scp_events.vocabulary import Command
from tests.words import event_id

C = TypeVar("C", bound=Command)

_INVENTED = re.compile(re.escape(str(event_id(0))[:-12]) + "[0-9a-f]{12}")


def anew(command: C, salt: UUID) -> C:
    """Return the command with its invented event ids replaced by ones that belong to `salt`."""
    said = _INVENTED.sub(lambda found: str(uuid5(salt, found[0])), command.model_dump_json())
    return type(command).model_validate_json(said)
