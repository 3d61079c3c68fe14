"""An erasure that could not be carried out to the end: what holds it, and what to do about each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import AwareDatetime

from scp_events.vocabulary import Word


class Holder(Word):
    """Something that keeps old rows, or the write-ahead log that tells of them, from being forgotten."""

    what: str
    """A session by its process, a prepared transaction, slot or file by its name."""
    since: AwareDatetime | None = None
    remedy: str

    def __str__(self) -> str:
        since = f" since {self.since:%Y-%m-%d %H:%M:%S %Z}" if self.since else ""
        return f"{self.what}{since}: {self.remedy}"


class ErasureIncompleteError(Exception):
    """Something is not erased yet, so nothing is said to be done. Run it again once the cause is mended.

    Its keys are destroyed, so nobody reads it; but its traces may still be found in files.
    """

    def __init__(self, failures: Mapping[str, str], holders: tuple[Holder, ...] = ()) -> None:
        told = (*(f"{where}: {why}" for where, why in failures.items()), *map(str, holders))
        super().__init__(
            f"the erasure is NOT FINISHED, {'; '.join(told)}; then `scp-events erase --resume` finishes it"
        )
        self.reasons = told
