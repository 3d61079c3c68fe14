"""What the environment says about the ledger. Services that sign, append or verify take it into theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode

from scp_events.database.settings import DatabaseSettings
from scp_events.ledger.format.checkpoint import check_trust
from scp_events.ledger.format.note import KeyKind, MalformedNoteError, Verifier
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.key_files import LOG_KEY
from scp_events.ledger.log.tables import LedgerError
from scp_events.ledger.log.tree_writer import Policy

ANCHOR_FILE = "checkpoints.ndjson"


class Witness(NamedTuple):
    """Somebody who cosigns our checkpoints: where to ask, and the key they sign with."""

    address: str
    key: Verifier


class LedgerSettings(DatabaseSettings):
    """How checkpoints are made, and who vouches for them."""

    ledger_key: Path | None = None
    """The file with the key the log signs with, made at first use.

    By default `ledger.key` in `home`, for the log of the embedded server. A log elsewhere has no key by
    default, and no checkpoints: a home would lend its key, and its anchor, to every database it is used with.
    """
    ledger_origin: str | None = None
    """What a new log is called, such as `programme.example/log`; by default a name of its own is made up."""
    ledger_witnesses: Annotated[tuple[Witness, ...], NoDecode] = ()
    """Who cosigns: `ADDRESS KEY`, separated by commas."""
    ledger_quorum: int | None = None
    """How many of them must cosign before a checkpoint is published; by default more than half."""
    ledger_trust: Path | None = None
    """Instead of these two a file, C2SP tlog-policy: who cosigns, where to ask, and who is enough."""
    ledger_anchor: Path | None = None
    """The file every published checkpoint is added to; by default `checkpoints.ndjson` beside the key.

    Keep it where whoever can change the database, or restore it, can not change the file.
    """
    ledger_checkpoint_events: Annotated[int, Field(ge=1)] = Policy().events
    """After how many events a checkpoint is due."""
    ledger_checkpoint_seconds: Annotated[float, Field(gt=0)] = Policy().seconds
    """Or how long after the first of them."""

    @field_validator("ledger_witnesses", mode="before")
    @classmethod
    def _separate(cls, said: object) -> object:
        if not isinstance(said, str):
            return said
        return tuple(_witness(each) for each in said.split(",") if each.strip())

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.ledger_trust is not None and self.ledger_witnesses:
            raise ValueError("name the witnesses in SCP_LEDGER_TRUST or in SCP_LEDGER_WITNESSES, not in both")
        if len(self.ledger_witnesses) != len({witness.key for witness in self.ledger_witnesses}):
            raise ValueError("a witness is named twice: it has one voice")
        _ = self.witnessed
        return self

    @property
    def key_file(self) -> Path | None:
        """Return where the log's key is; None where this program has none."""
        return self.ledger_key or (None if self.url else self.home / LOG_KEY)

    @property
    def anchor_file(self) -> Path | None:
        """Return where published checkpoints go; None where this program has no such file."""
        if self.ledger_anchor is None and self.key_file is not None:
            return self.key_file.parent / ANCHOR_FILE
        return self.ledger_anchor

    @property
    def witnessed(self) -> Trust:
        """Return who cosigns, where they are asked, and who of them is enough. Raises `ValueError`."""
        if self.ledger_trust is not None:
            try:
                return replace(Trust.parse(self.ledger_trust.read_text(encoding="utf-8")), logs=())
            except OSError as error:
                raise ValueError(f"{self.ledger_trust} cannot be read: {error.strerror}") from None
        witnesses = {witness.key: witness.address for witness in self.ledger_witnesses}
        most = len(witnesses) // 2 + 1 if witnesses else 0
        return Trust.of([], witnesses, most if self.ledger_quorum is None else self.ledger_quorum)

    @property
    def policy(self) -> Policy:
        """Return when a checkpoint is due."""
        return Policy(events=self.ledger_checkpoint_events, seconds=self.ledger_checkpoint_seconds)

    def trust(self, log: Verifier) -> Trust:
        """Return whom to trust about a log, and where they are. Raises `LedgerError`."""
        found = replace(self.witnessed, logs=(log,))
        try:
            check_trust(found.logs, list(found.witnesses.values()), 0)
        except ValueError as error:
            raise LedgerError(f"nobody could trust the witnesses of {log.name}: {error}") from None
        return found


def _witness(said: str) -> Witness:
    """Return a witness as written. Raises `ValueError`."""
    address, _, key = said.strip().partition(" ")
    try:
        verifier = Verifier.parse(key.strip())
    except MalformedNoteError as error:
        raise ValueError(f"write each witness as `ADDRESS KEY`, with commas between: {error}") from None
    if verifier.kind is not KeyKind.COSIGNATURE:
        raise ValueError(f"{verifier.name} is a log's key, not a witness's")
    return Witness(address, verifier)
