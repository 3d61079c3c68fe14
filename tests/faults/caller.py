"""An application that appends one event: `python -m tests.faults.caller CONNINFO COMMAND STREAM EVENT`."""

from __future__ import annotations

import sys
from uuid import UUID

from scp_events.event_log.appends import Answer
from scp_events.event_log.sender import Sender
from tests.event_log.appending import append, event


def main(conninfo: str, command: str, stream: str, event_id: str) -> None:
    """Append, and say at which position."""
    sender = Sender(conninfo)
    asked = append(event(UUID(stream), 1, event_id=UUID(event_id)), command_id=UUID(command))
    (answer,) = sender.send([asked])
    assert isinstance(answer, Answer)
    sys.stdout.write(f"{answer.outcome} {answer.first_position}\n")
    sender.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
