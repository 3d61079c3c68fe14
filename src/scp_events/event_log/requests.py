"""What somebody asks of the log: a command, with all that belongs to it."""

from __future__ import annotations

from typing import NamedTuple

from scp_events.vocabulary import AnyAggregate, CaseId, Command, Provenance, Stream


class CommandRequest(NamedTuple):
    """A command for one stream, and how it came to us."""

    aggregate: AnyAggregate
    stream: Stream
    case_id: CaseId | None
    """Whose case it is; may be left out once the stream has begun, and where it belongs to no case."""
    command: Command
    provenance: Provenance
    name: str | None = None
    """What people call the case, or what belongs to none, where the command begins it."""
    expected_version: int | None = None
    """The version of the stream that somebody decided on; without it, any will do."""
    fingerprint: bytes | None = None
    """A digest of what was asked, by which a command sent again is told from another one; by default it is
    that of the command."""
