"""Ask, before anything is appended, whether the log is as far as everybody who vouches for it says it was.

A database that was restored from an older backup, or rewritten, knows nothing of it. Its anchors do: the file
of published checkpoints, and the witnesses. Whoever appends to such a log makes a second history of it, and
no later proof will join the two; so it is refused before the first event.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import psycopg

from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.log_keys import LogKeys, opened_by
from scp_events.ledger.format.note import KeyKind, NoteError, Verifier
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.key_files import read_key
from scp_events.ledger.log import tables
from scp_events.ledger.log.anchors import AnchorError, AnchorFile
from scp_events.ledger.log.log_key import chains, known_keys, log_key
from scp_events.ledger.log.publishing import ask
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tables import AnyConnection
from scp_events.ledger.log.tree_writer import TreeWriter
from scp_events.ledger.witness.asking import PATIENCE, Reply

LOOK_AGAIN = 5.0
"""Seconds after which a program that may not append compares anew."""
_UNSIGNED = "cannot be asked before this log has signed anything"
_CONTRADICTS = {f"answered {status:d}" for status in (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)}


class StaleLogError(Exception):
    """An anchor is ahead of the log, or contradicts it: nothing may be appended."""


class ReadOnlyError(Exception):
    """The anchors cannot be asked whether this log is the newest: it may be read, and nothing appended."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking one anchor: it agrees, it contradicts, or there is a problem with asking it."""

    name: str
    size: int | None = None
    """How many events it knows of."""
    problem: str | None = None
    contradiction: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether it was asked, and knows nothing else."""
        return self.problem is None and self.contradiction is None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the log is, and what came of asking each anchor."""

    head: int
    asked: tuple[Asked, ...] = ()
    may_append: bool = True

    def must_allow_appending(self) -> None:
        """Raise `StaleLogError` where an anchor contradicts, `ReadOnlyError` where too few could be asked."""
        self.must_not_contradict()
        if not self.may_append:
            problems = "; ".join(f"{each.name} {each.problem}" for each in self.asked if each.problem)
            raise ReadOnlyError(
                f"this log may be read, and nothing is appended until its anchors can be asked: {problems}"
            )

    def must_not_contradict(self) -> None:
        """Raise `StaleLogError` where an anchor contradicts the log, naming both sizes."""
        for each in self.asked:
            if each.contradiction:
                raise StaleLogError(f"{each.name} {each.contradiction}")


def prepare(conninfo: str, settings: LedgerSettings) -> None:
    """Make the ledger's tables, and where this program keeps it, the key of a log that has none.

    Safe to call at every start. For a program that may be the first to append. Raises `KeyFileError`.
    """
    with psycopg.connect(conninfo, autocommit=True) as connection:
        tables.prepare(connection)
        if settings.key_file is not None and known_keys(connection) is None:
            signer = log_key(connection, settings.key_file, settings.ledger_origin)
            TreeWriter(connection, signer).introduce()


def compare(conninfo: str, settings: LedgerSettings, *, patience: float = PATIENCE) -> Standing:
    """Compare the log with every anchor that can be asked."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        tables.prepare(connection)
        known, head = known_keys(connection), tables.head_of_log(connection)
        keys = _held_keys(settings, known) or known
        comparing = _Comparing(connection, settings, keys, head, known)
        file, witnesses = comparing.with_file(), comparing.with_witnesses(patience)
    asked = (*_key_file(settings, comparing.known), *file, *witnesses.values())
    enough = settings.witnessed.enough([witness for witness, each in witnesses.items() if each.agrees])
    contradicted = any(each.contradiction for each in asked)
    may_append = enough and not contradicted and all(each.agrees for each in file)
    return Standing(comparing.head, asked, may_append)


def _held_keys(settings: LedgerSettings, known: LogKeys | None) -> LogKeys | None:
    """Return the keys that this program's own file vouches for.

    The database is not asked whose log it is; one that was lost altogether does not know the keys before.
    """
    held = _held_key(settings)
    if held is None:
        return None
    if known is not None and held in known.all:
        return known
    return _written_down(held, settings.anchor_file)


def _held_key(settings: LedgerSettings) -> Verifier | None:
    """Return the key of this program's own file; the database is not asked whose log it is."""
    if settings.key_file is None or not settings.key_file.exists():
        return None
    return read_key(settings.key_file, KeyKind.NOTE).verifier


def _key_file(settings: LedgerSettings, known: LogKeys | None) -> list[Asked]:
    """Say where the database names another key than the one in the file."""
    held = _held_key(settings)
    if held is None or known is None or held in known.all:
        return []
    says = f"holds the key of {held.vkey}, and the database names {known.newest.vkey}: {_REWRITTEN}"
    return [Asked(str(settings.key_file), contradiction=says)]


def ask_witnesses(
    connection: AnyConnection, trust: Trust, *, patience: float = PATIENCE
) -> dict[Verifier, Asked]:
    """Ask every witness of a policy how far it knows the log; one without an address cannot be asked."""
    note, head = tables.newest_checkpoint(connection), tables.head_of_log(connection)
    if note is None:
        return {each: Asked(each.name, problem=_UNSIGNED) for each in trust.witnesses.values()}
    ours = opened_by(chains(connection, trust.logs), note).checkpoint
    replies = ask(connection, trust.addresses, note, ours.size, patience=patience)
    nowhere = [each for each in trust.witnesses.values() if each not in trust.addresses]
    return {each: Asked(each.name, problem="has no address where it could be asked") for each in nowhere} | {
        reply.witness: _said(reply, ours, head) for reply in replies
    }


def _said(reply: Reply, ours: Checkpoint, head: int) -> Asked:
    contradiction = None
    if reply.size is not None and reply.size > ours.size:
        contradiction = (
            f"has cosigned a checkpoint of {reply.size} events, and the newest here is of {ours.size}"
            f" (the log ends at {head}): {_RESTORED}"
        )
    elif reply.problem in _CONTRADICTS:
        contradiction = f"has cosigned another history than this one of {ours.size} events: {_REWRITTEN}"
    problem = None if contradiction else reply.problem
    return Asked(reply.witness.name, reply.size, problem, contradiction)


def _written_down(key: Verifier, anchor: Path | None) -> LogKeys:
    """Return a key with those before it, as far as they are written down where the checkpoints are."""
    try:
        return LogKeys.of(key, AnchorFile(anchor).hand_overs() if anchor else ())
    except (AnchorError, NoteError):
        return LogKeys(key)


@dataclass(frozen=True, slots=True)
class _Comparing:
    """One comparison of a log with its anchors."""

    connection: AnyConnection
    settings: LedgerSettings
    keys: LogKeys | None
    head: int
    known: LogKeys | None
    """The keys that the database names."""

    def with_file(self) -> list[Asked]:
        """Compare with the file of published checkpoints.

        Where none was named, and there is none in the usual place, there is nothing to compare with. One that
        was named and is gone is a problem, unless nothing was ever published.
        """
        path = self.settings.anchor_file
        if path is None:
            return []
        if not path.exists() and (self.settings.ledger_anchor is None or not self._has_published()):
            return []
        name = str(path)
        try:
            last = AnchorFile(path).last()
            checkpoint = last.opened(self.keys) if last and self.keys else None
        except AnchorError as error:
            return [Asked(name, problem=f"cannot be compared: {error}")]
        if checkpoint is None:
            return [Asked(name, 0)]
        return [Asked(name, checkpoint.size, contradiction=self._contradiction(checkpoint))]

    def with_witnesses(self, patience: float) -> dict[Verifier, Asked]:
        """Compare with what each witness has cosigned, by asking it to cosign our newest checkpoint."""
        if self.keys is None:
            witnesses = self.settings.witnessed.witnesses.values()
            return {witness: Asked(witness.name, problem=_UNSIGNED) for witness in witnesses}
        return ask_witnesses(self.connection, self.settings.trust(self.keys.newest), patience=patience)

    def _has_published(self) -> bool:
        return tables.published_at(self.connection, None) is not None

    def _contradiction(self, anchor: Checkpoint) -> str | None:
        """Say in what our log contradicts what an anchor holds; None where it begins with it."""
        if anchor.size > self.head:
            return (
                f"holds a checkpoint of {anchor.size} events, and this log ends at {self.head}: {_RESTORED}"
            )
        root = tables.root_at(self.connection, anchor.size)
        if root == anchor.root:
            return None
        return (
            f"holds a checkpoint of {anchor.size} events with the root {anchor.root.hex()}, and the first"
            f" {anchor.size} of the {self.head} events of this log have the root {root.hex()}: {_REWRITTEN}"
        )


_RESTORED = (
    "it was restored from an older backup. Restore the newest one; where that is lost, begin a new log with"
    " a new key, and say in it what is missing"
)
_REWRITTEN = (
    "it was rewritten, or is another log's. Restore the right database; `scp-events verify` says where"
)


class Guard:
    """Lets a program append while its log may be appended to, and looks again where it may not.

    For many threads. Comparing can take seconds, and is done by one of them while the others are refused.
    """

    def __init__(self, look: Callable[[], Standing], clock: Callable[[], float] = time.monotonic) -> None:
        self._look = look
        self._clock = clock
        self._turn = threading.Lock()
        self._standing: Standing | None = None
        self._looked_at = 0.0

    @property
    def allows_appending(self) -> bool:
        """Whether it is known already that events may be appended, so that nobody has to look."""
        return self._standing is not None and self._standing.may_append

    def must_allow_appending(self) -> None:
        """Raise `ReadOnlyError` or `StaleLogError` where nothing may be appended now."""
        standing = self._standing
        if self.allows_appending:
            return
        if self._turn.acquire(blocking=standing is None):
            try:
                if self._standing is None or self._clock() - self._looked_at >= LOOK_AGAIN:
                    self._looked_at = self._clock()
                    self._standing = self._look()
            finally:
                self._turn.release()
        (self._standing or Standing(0, may_append=False)).must_allow_appending()
