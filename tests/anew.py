"""The same invented commands for many cases of one log, each with event ids of its own."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID, uuid5

from scp_events.vocabulary import Command
from tests.words import event_id

C = TypeVar("C", bound=Command)


def anew(command: C, salt: UUID) -> C:
    """Return the command with its invented event ids replaced by ones that belong to `salt`."""
    said = command.model_dump_json()
    for number in range(64):
        said = said.replace(str(event_id(number)), str(uuid5(salt, str(number))))
    return type(command).model_validate_json(said)
