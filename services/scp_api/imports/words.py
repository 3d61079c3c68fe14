"""What is said of an import: what was asked for, how far it is, and what it came to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, TypeAdapter

from scp_api.problems import ProblemDocument
from scp_events.vocabulary import Actor, Word

DatesOrder: TypeAlias = Literal["dmy", "mdy", "iso"]
Count: TypeAlias = Annotated[int, Field(ge=0)]


class Options(Word):
    """What the sender says of the sheets, as on the command line."""

    dry_run: bool = False
    dates: DatesOrder | None = None
    time_zone: str | None = None
    accept: tuple[str, ...] = ()


class Asked(Word):
    """An import as it was asked for."""

    id: UUID
    by: Actor
    sent_at: datetime
    options: Options
    fingerprint: str
    """Tells these files with these options from others that come with the same key."""


class State(StrEnum):
    """How an import stands."""

    UNDER_WAY = "under-way"
    FINISHED = "finished"
    """Every row was dealt with: recorded, there already, or rejected."""
    REFUSED = "refused"
    """A file cannot be read as a whole, so no row was."""
    INTERRUPTED = "interrupted"
    """It was cut short. What is in stays, and the same files again complete it."""
    FAILED = "failed"
    """It could not go on; `problem` says why."""


# --- what is told while it goes on ------------------------------------------------------------------------


class WaitingTold(Word):
    """Another import records into this log, and is waited for."""

    event: Literal["waiting"] = "waiting"
    said: str


class ProgressTold(Word):
    """So many rows of so many have been dealt with; `there` of them are in the log by now."""

    event: Literal["progress"] = "progress"
    done: Count
    total: Count
    there: Count
    sheet: str
    """The file of the row that was dealt with last."""


class Counts(Word):
    """How the rows ended."""

    read: Count
    recorded: Count
    already_there: Count
    rejected: Count


class OutcomeTold(Word):
    """What an import came to. It is the last thing told of it."""

    event: Literal["outcome"] = "outcome"
    state: State
    said: str
    """In a sentence."""
    counts: Counts | None = None
    """Of an import that finished."""
    has_report: bool = False
    rejected_files: tuple[str, ...] = ()
    """The files of `rejected-rows`."""
    not_written: tuple[str, ...] = ()
    """What could not be kept for the sender; everything else was done."""
    problem: ProblemDocument | None = None
    """Of an import that failed."""


Told: TypeAlias = Annotated[WaitingTold | ProgressTold | OutcomeTold, Field(discriminator="event")]
TOLD: TypeAdapter[Told] = TypeAdapter(Told)


class ImportStatus(Word):
    """An import as it stands now."""

    id: UUID
    state: State
    options: Options
    sent_at: datetime
    kept_until: datetime
    """Until when it can be asked about."""
    progress: ProgressTold | None
    outcome: OutcomeTold | None


def interrupted(progress: ProgressTold | None, *, is_dry_run: bool) -> OutcomeTold:
    """Return what is to be said of an import that was cut short."""
    again = "the same files sent again, with a new Idempotency-Key, complete it"
    if is_dry_run:
        said = "interrupted: it was a dry run, nothing is recorded; send the files again"
    elif progress is None:
        said = f"interrupted before the first row: nothing is in; {again}"
    else:
        said = f"interrupted: {progress.there} of {progress.total} rows are known to be in; {again}"
    return OutcomeTold(state=State.INTERRUPTED, said=said)
