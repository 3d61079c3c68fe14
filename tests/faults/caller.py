"""An application that appends one event: `python -m tests.faults.caller CONNINFO COMMAND STREAM EVENT`."""

from __future__ import annotations

import sys
from uuid import UUID

from tests.event_log.appending import append, event
from tests.event_log.from_outside import FromOutside


def main(conninfo: str, command: str, stream: str, event_id: str) -> None:
    """Append, and say at which position."""
    sender = FromOutside(conninfo)
    asked = append(event(UUID(stream), 1, event_id=UUID(event_id)), command_id=UUID(command))
    answer = sender.append(asked)
    sys.stdout.write(f"{answer.outcome} {answer.first_position}\n")
    sender.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
