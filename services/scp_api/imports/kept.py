"""What is kept of imports: a directory each, its owner's alone, for some days.

    asked.json      who asked for what; written when all files have arrived
    told            what was told of it, a line each; the number of a line is the id of its event
    sheets/         the files as they arrived, for as long as it is under way
    report.*        what became of every row; no cell of a sheet is in it
    rejected/       the rejected rows

No line says that an import was cut short: one that is not under way and has no outcome was.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from scp_api.imports.turn import Turn
from scp_api.imports.words import (
    TOLD,
    Asked,
    ImportStatus,
    OutcomeTold,
    ProgressTold,
    State,
    Told,
    interrupted,
)
from scp_events.privacy.copies import remove_directory, write_for_owner
from scp_events.vocabulary import Actor

OWNERS_ALONE = 0o700


@dataclass(frozen=True)
class Place:
    """Where one import is kept."""

    path: Path

    @property
    def asked_file(self) -> Path:
        """Who asked for what."""
        return self.path / "asked.json"

    @property
    def told_file(self) -> Path:
        """What was told of it."""
        return self.path / "told"

    @property
    def sheets(self) -> Path:
        """The files as they arrived."""
        return self.path / "sheets"

    @property
    def rejected(self) -> Path:
        """The rejected rows."""
        return self.path / "rejected"

    def report(self, ending: str) -> Path:
        """Return the file of the report in one of its forms."""
        return self.path / f"report{ending}"

    @property
    def asked(self) -> Asked:
        """Read what was asked for. Raises `FileNotFoundError` while files arrive."""
        return Asked.model_validate_json(self.asked_file.read_bytes())

    def ask(self, asked: Asked) -> None:
        """Write down what was asked for, now that everything has arrived."""
        write_for_owner(self.asked_file, asked.model_dump_json().encode())

    def told(self, after: int = 0) -> list[tuple[int, Told]]:
        """Return what was told after an event, each with its number. Half a line was never told."""
        try:
            lines = self.told_file.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [
            (number, TOLD.validate_json(line)) for number, line in enumerate(lines, start=1) if number > after
        ]


class Kept:
    """All imports that are kept in a directory."""

    def __init__(self, directory: Path, days: int) -> None:
        self._directory = directory
        self._days = timedelta(days=days)
        directory.mkdir(mode=OWNERS_ALONE, parents=True, exist_ok=True)
        self.turn = Turn(directory)

    def place(self, import_id: UUID) -> Place:
        """Return where an import is kept, or would be."""
        return Place(self._directory / str(import_id))

    def of(self, import_id: UUID, somebody: Actor) -> Place | None:
        """Return where an import is kept, for whoever sent it; for others there is none."""
        place = self.place(import_id)
        try:
            by = place.asked.by
        except FileNotFoundError:
            return None
        return place if (by.id, by.organisation) == (somebody.id, somebody.organisation) else None

    def is_under_way(self, place: Place) -> bool:
        """Whether its files arrive, or a program works on it."""
        return self.turn.whose() == place.path.name

    def is_turn_soon_free(self) -> bool:
        """Whether whoever has the turn is about to give it back: an import that has told its outcome."""
        whose = self.turn.whose()
        told = Place(self._directory / whose).told() if whose else []
        return not whose or (bool(told) and isinstance(told[-1][1], OutcomeTold))

    def told(self, place: Place, after: int = 0) -> list[tuple[int, Told]]:
        """Return what was told of an import after an event, and that it was cut short where it was.

        Whether it is under way is asked first: an outcome that comes after the question is not missed.
        """
        under_way = self.is_under_way(place)
        every = place.told()
        if not under_way and not (every and isinstance(every[-1][1], OutcomeTold)):
            cut_short = interrupted(_progress(every), is_dry_run=place.asked.options.dry_run)
            every.append((len(every) + 1, cut_short))
        return [(number, told) for number, told in every if number > after]

    def status(self, place: Place) -> ImportStatus:
        """Return how an import stands."""
        asked, told = place.asked, self.told(place)
        last = told[-1][1] if told else None
        outcome = last if isinstance(last, OutcomeTold) else None
        return ImportStatus(
            id=asked.id,
            state=outcome.state if outcome else State.UNDER_WAY,
            options=asked.options,
            sent_at=asked.sent_at,
            kept_until=asked.sent_at + self._days,
            progress=_progress(told),
            outcome=outcome,
        )

    def tidy(self, conninfo: str, now: datetime) -> None:
        """Remove what a program that was killed left behind, and what was kept long enough.

        While an import is under way nothing is touched.
        """
        turn = self.turn.take()
        if turn is None:
            return
        try:
            for place in self._places():
                self._tidy(conninfo, place, now)
        finally:
            os.close(turn)

    def _tidy(self, conninfo: str, place: Place, now: datetime) -> None:
        arrived = place.asked_file.exists()
        if not arrived or place.asked.sent_at + self._days < now:
            remove_directory(conninfo, place.path)
        else:  # also where the sheets have gone and the database could not be told
            remove_directory(conninfo, place.sheets)

    def _places(self) -> Iterator[Place]:
        return (Place(path) for path in self._directory.iterdir() if path.is_dir())

    def forget(self, place: Place) -> None:
        """Remove what is kept of an import that came to nothing; its sheets have gone already."""
        shutil.rmtree(place.path, ignore_errors=True)


def _progress(told: list[tuple[int, Told]]) -> ProgressTold | None:
    return next((each for _, each in reversed(told) if isinstance(each, ProgressTold)), None)
