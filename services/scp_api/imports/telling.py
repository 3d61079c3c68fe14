"""How the program at work tells how far it is: lines in a file, which whoever asks reads."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from scp_api.imports.words import OutcomeTold, ProgressTold, Told, WaitingTold, interrupted
from scp_events.importing import Progress
from scp_events.privacy.copies import OURS_ALONE

PAUSE_SECONDS = 0.5
"""Between two lines about progress: an import has many rows."""


class Telling:
    """What is told of an import. After its outcome nothing is."""

    def __init__(self, file: Path, *, is_dry_run: bool) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, OURS_ALONE)
        self._is_dry_run = is_dry_run
        self._is_over = False
        self._progress: ProgressTold | None = None
        self._next = 0.0

    def row(self, so_far: Progress) -> None:
        """Tell of a row, if nothing was told for a while."""
        self._progress = ProgressTold(
            done=so_far.done, total=so_far.total, there=so_far.there, sheet=so_far.sheet
        )
        if time.monotonic() >= self._next or so_far.done == so_far.total:
            self._next = time.monotonic() + PAUSE_SECONDS
            with suppress(OSError):  # a full disk: what counts is the outcome
                self._tell(self._progress)

    def waiting(self, said: str) -> None:
        """Tell that another import is waited for."""
        self._tell(WaitingTold(said=said))

    def outcome(self, outcome: OutcomeTold) -> None:
        """Tell what it came to."""
        self._is_over = True
        self._tell(outcome)

    def cut_short(self) -> None:
        """Tell what is in, where nothing else was told by now. It may be called between any two lines."""
        if not self._is_over:
            if self._progress is not None:
                self._tell(self._progress)
            self.outcome(interrupted(self._progress, is_dry_run=self._is_dry_run))

    def _tell(self, told: Told) -> None:
        os.write(self._file, told.model_dump_json().encode() + b"\n")
