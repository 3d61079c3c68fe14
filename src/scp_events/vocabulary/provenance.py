"""How a command came to us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from scp_events.vocabulary.ids import CommandId
from scp_events.vocabulary.people import Actor
from scp_events.vocabulary.text import CODE, Code, Word

_CODE = re.compile(CODE)

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class SourceRow(Word):
    """The row of a spreadsheet that something was imported from.

    Neither the file's name nor a cell is kept, which may tell of somebody: the digest tells which file it was
    to whoever has it.
    """

    sheet: Code
    """Of which kind, such as `contacts`."""
    row: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,4}-[0-9]{1,20}$")]
    """The row's own id."""
    file_sha256: Sha256
    mapping_sha256: Sha256 | None = None
    """The file that said how the organisation keeps its sheets; None where they were kept as ours."""
    accepted: tuple[Code, ...] = ()
    """What was asked about the row, and was accepted by name by whoever imported it."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How a command came to us: who sent it, when it happened in the world, and in which conversation.

    `command_id` makes the command's effect happen once, however often it is sent.
    """

    by: Actor
    command_id: CommandId
    occurred_at: datetime | date | None = None
    """An instant, or a day of which no more is known; None means now."""
    purpose: str
    on_behalf_of: Actor | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    source_system: str | None = None
    source_recorded_at: datetime | None = None
    """When the source system says it was entered there: its claim, which our log cannot prove."""
    source_row: SourceRow | None = None

    def __post_init__(self) -> None:
        """Refuse a time without a zone: it could be any of 38 instants. Refuse text where a code belongs."""
        for moment in (self.occurred_at, self.source_recorded_at):
            if isinstance(moment, datetime) and moment.tzinfo is None:
                raise ValueError(f"{moment.isoformat()} has no time zone: pass a UTC time")
        for name in ("purpose", "source_system"):
            said = getattr(self, name)
            if said is not None and not _CODE.fullmatch(said):
                raise ValueError(f"`{name}` is no code: use lower case, digits and hyphens, such as casework")

    @property
    def answerable(self) -> Actor:
        """Return who acts: on whose behalf it is said, or else who says it."""
        return self.on_behalf_of or self.by
