"""The keyring: every person's keys, made when first needed, and destroyed for ever when they must be.

A person has one key for each field group. It is random, and stored wrapped by the key of the current epoch,
which lives elsewhere (see `homes`). What is unwrapped is held in memory for a short while (see `cache`).
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self, TypeAlias
from uuid import UUID, uuid4

import psycopg

from scp_events.database import migrate
from scp_events.privacy.cache import Held, KeyCache, News
from scp_events.privacy.encryption import DATA_KEY_BYTES, PartKey, Random
from scp_events.privacy.failures import KeyringError, KeyServiceDownError, KeysInUseError, WrongKeyError
from scp_events.privacy.homes import KeyHome
from scp_events.privacy.store import (
    BEFORE_ALL,
    CURRENT_EPOCH,
    GROUPS,
    CurrentEpoch,
    Epoch,
    EpochRetiredError,
    KeyStore,
    NewKey,
    Question,
    StoredKey,
    beside,
    keys_of,
    mint,
)
from scp_events.vocabulary import DestroyedKey, Erased, FieldGroup

NOBODY: Final = UUID(int=0)
"""Whose key blinds what is about no person."""
ERASED: Final = b""
"""What every digest is blinded to once the person's key is destroyed."""
NOTHING_KNOWN: Final[Mapping[bytes, bytes]] = {}
EPOCH_NEWS = "epochs"
BATCH = 1_000
"""How many keys are re-wrapped by one statement."""
ATTEMPTS = 8
"""How often a key is made anew because its epoch was retired meanwhile."""
Found: TypeAlias = dict[FieldGroup, Held | WrongKeyError]
"""A person's keys, as far as there are any."""
_PROVING = b"scp-events/epoch/1\0"


class Fresh(NamedTuple):
    """Keys that were made and are not stored yet, and what is in each of the wrapped ones."""

    keys: Sequence[NewKey]
    packed: Mapping[bytes, bytes]


class Keys(Protocol):
    """What encrypting and opening ask for. Everything may raise `KeyServiceDownError`."""

    def to_encrypt(self, subject: UUID, group: FieldGroup) -> PartKey | Erased:
        """Return the key to encrypt a person's fields, made if need be; `Erased` where it is destroyed."""

    def to_open(self, key_id: str) -> PartKey | Erased:
        """Return the key that something was encrypted with. Raises `WrongKeyError` where nobody has it."""

    def foresee(self, key_ids: Collection[str]) -> None:
        """Look up many keys at once, because they will be asked for; what cannot be had is told then."""

    def unforeseen(self, key_ids: Collection[str]) -> list[str]:
        """Return which of these keys would have to be looked up if they were used now."""

    def missing(self, subjects: Collection[UUID]) -> list[UUID]:
        """Return the persons whose keys would have to be looked up, or made, if they were used now."""


class Keyring:
    """The keys of one installation. For any thread; one for each process is enough.

    Raises `KeyringError` where the home and the database do not belong together.
    """

    def __init__(
        self,
        conninfo: str,
        home_of: Callable[[UUID], KeyHome],
        *,
        random: Random = secrets.token_bytes,
        new_id: Callable[[], UUID] = uuid4,
        cache: KeyCache | None = None,
    ) -> None:
        prepare(conninfo)
        self.conninfo = conninfo
        self._random = random
        self._new_id = new_id
        self.store = KeyStore(conninfo)
        self.cache = KeyCache() if cache is None else cache
        self._news: News | None = None
        self._beginning = threading.Lock()
        try:
            self.home = home_of(self.store.installation())
            self._epoch: int | None = self._first_epoch()
        except KeyServiceDownError as down:
            self.store.close()
            raise KeyringError(str(down)) from None
        except BaseException:
            self.store.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Keyring({self.home.name})"

    def close(self) -> None:
        """Forget every key and give the connections back."""
        if self._news is not None:
            self._news.close()
        self.cache.forget_all()
        self.home.close()
        self.store.close()

    # --- using keys ---------------------------------------------------------------------------------------

    def to_encrypt(self, subject: UUID, group: FieldGroup) -> PartKey | Erased:
        """Return the key to encrypt a person's fields, made if need be; `Erased` where it is destroyed."""
        return self.find(subject, group) or _readable(self._minted(subject)[group])

    def to_open(self, key_id: str) -> PartKey | Erased:
        """Return the key that something was encrypted with. Raises `WrongKeyError` where nobody has it."""
        held = self.cache.by_id(key_id)
        if held is None:
            found = self._looked_up(beside([key_id]))
            if key_id not in found:
                raise WrongKeyError(
                    "the keyring has no such key: was a database restored without its keyring?"
                )
            held = _readable(found[key_id])
        return held

    def foresee(self, key_ids: Collection[str]) -> None:
        """Look up many keys, and the others of those persons; what cannot be had is told when it is used."""
        missing = self.unforeseen(key_ids)
        if missing:
            self._looked_up(beside(missing))

    def unforeseen(self, key_ids: Collection[str]) -> list[str]:
        """Return which of these keys would have to be looked up if they were used now."""
        return [key_id for key_id in key_ids if self.cache.by_id(key_id) is None]

    def missing(self, subjects: Collection[UUID]) -> list[UUID]:
        """Return the persons whose keys would have to be looked up, or made, if they were used now."""
        return [each for each in subjects if self.cache.lacks(each, GROUPS)]

    def fetch(self, subjects: Collection[UUID], newcomers: Collection[UUID] = ()) -> None:
        """Look these persons' keys up, and make those of new persons, of all groups at once.

        Of `newcomers` nothing is looked up first, as they are expected to have none; who has some keeps them.
        """
        for subject in sorted(subjects):
            found = {} if subject in newcomers else self._found(subject)
            if len(found) < len(GROUPS):
                found = self._minted(subject)
            for held in found.values():
                _readable(held)

    def find(self, subject: UUID, group: FieldGroup) -> PartKey | Erased | None:
        """Return a person's key as it stands; None where none was made yet."""
        held = self.cache.by_whose((subject, group))
        if held is None:
            found = self._found(subject).get(group)
            held = None if found is None else _readable(found)
        return held

    def blinded(self, subject: UUID, digest: bytes) -> bytes:
        """Return what tells digests of a person's words apart, and cannot be guessed at.

        It is `ERASED` for all of them once their narrative is.
        """
        key = self.to_encrypt(subject, "narrative")
        return ERASED if isinstance(key, Erased) else key.blind(digest)

    def _looked_up(self, question: Question[StoredKey]) -> dict[str, Held | WrongKeyError]:
        """Return keys by their ids, as far as there are any."""
        self._listen()
        looked_up_at = self.cache.forgotten
        return self._unwrapped(self.store.ask(question), looked_up_at)

    def _found(self, subject: UUID) -> Found:
        """Return a person's keys as they stand."""
        self._listen()
        looked_up_at = self.cache.forgotten
        return self._by_group(self.store.ask(keys_of(subject)), looked_up_at)

    def _minted(self, subject: UUID) -> Found:
        """Make a person's keys, of all groups at once; whoever was first made the ones that count."""
        self._listen()
        for _ in range(ATTEMPTS):
            looked_up_at = self.cache.forgotten
            epoch = self._epoch or self._noted(self.store.ask(CURRENT_EPOCH)[0])
            try:
                fresh = self.fresh(subject, epoch)
            except KeyringError:
                if self._noted(self.store.ask(CURRENT_EPOCH)[0]) == epoch:
                    raise
                continue  # retired, and the news of it has not arrived yet
            try:
                stored = self.store.ask(mint(subject, epoch, fresh.keys))
            except EpochRetiredError:
                self._forget_epoch()
                continue
            return self._by_group(stored, looked_up_at, fresh.packed)
        raise KeysInUseError(f"epochs were retired {ATTEMPTS} times while one key was made: try again")

    def fresh(self, subject: UUID, epoch: int) -> Fresh:
        """Return keys of all groups that could be a person's, wrapped; they count once they are stored."""
        made = [(self._new_id(), each, self._random(DATA_KEY_BYTES)) for each in GROUPS]
        packed = [_packed(key_id, subject, each, key) for key_id, each, key in made]
        wrapped = self.home.wrap(epoch, packed)
        keys = [NewKey(key_id, each, w) for (key_id, each, _), w in zip(made, wrapped, strict=True)]
        return Fresh(keys, dict(zip(wrapped, packed, strict=True)))

    @property
    def epoch_at_hand(self) -> int | None:
        """Return the epoch keys are made on; None where somebody would have to be asked first."""
        self._listen()
        return self._epoch if self.home.is_at_hand else None

    def hold(
        self, stored: Sequence[StoredKey], looked_up_at: int, known: Mapping[bytes, bytes] = NOTHING_KNOWN
    ) -> None:
        """Hold here for a while what rows say; what cannot be had is told when it is used."""
        self._unwrapped(stored, looked_up_at, known)

    def _by_group(
        self, stored: Sequence[StoredKey], looked_up_at: int, known: Mapping[bytes, bytes] = NOTHING_KNOWN
    ) -> Found:
        found = self._unwrapped(stored, looked_up_at, known)
        return {row.field_group: found[str(row.key_id)] for row in stored}

    def _unwrapped(
        self, stored: Sequence[StoredKey], looked_up_at: int, known: Mapping[bytes, bytes] = NOTHING_KNOWN
    ) -> dict[str, Held | WrongKeyError]:
        """Return what rows hold, by key id, and hold it here for a while. What is `known` is not opened."""
        living = [
            (row.epoch or 0, row.wrapped)
            for row in stored
            if row.wrapped is not None and row.wrapped not in known
        ]
        opened = iter(self._opened(living))
        found: dict[str, Held | WrongKeyError] = {}
        for row in stored:
            packed = None if row.wrapped is None else known.get(row.wrapped) or next(opened)
            held = found[str(row.key_id)] = _held(row, packed)
            if not isinstance(held, WrongKeyError):
                self.cache.hold(held, (row.subject, row.field_group), looked_up_at)
        return found

    def _opened(self, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        if not wrapped:
            return []
        opened = self.home.unwrap(wrapped)
        if len(opened) != len(wrapped):
            raise KeyServiceDownError(
                f"{self.home.name} was asked for {len(wrapped)} keys and answered {len(opened)}: try again"
            )
        return opened

    def _listen(self) -> None:
        """Begin to listen for destroyed keys before the first one is held."""
        if self._news is None:
            with self._beginning:
                self._news = self._news or News(self.conninfo, self.cache, self._forget_epoch)

    # --- destroying keys ----------------------------------------------------------------------------------

    def fence(self, subject: UUID, groups: Sequence[FieldGroup] = GROUPS) -> None:
        """Let no key of these groups be made for this person ever again. Safe to repeat."""
        self.store.fence(subject, groups)

    def destroy(self, subject: UUID, groups: Sequence[FieldGroup] = GROUPS) -> list[DestroyedKey]:
        """Destroy a person's fenced keys, and return what they were. Safe to repeat."""
        destroyed = self.store.destroy(subject, groups)
        self.cache.forget(subject)
        return [_destroyed(row) for row in destroyed]

    def destroyed(self, subject: UUID) -> list[DestroyedKey]:
        """Return the keys of a person that are no more."""
        return [_destroyed(row) for row in self.store.ask(keys_of(subject)) if row.destroyed_at]

    def scrub(self) -> None:
        """Leave no trace of destroyed keys in the files of the database."""
        self.store.scrub()

    # --- epochs -------------------------------------------------------------------------------------------

    def epochs(self) -> list[Epoch]:
        """Return every epoch, oldest first."""
        return self.store.epochs()

    def rotate(self, progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Begin an epoch and re-wrap every key on it; finish a rotation that was interrupted. Return it.

        `progress` hears how many keys are done, and how many there are.
        """
        with self.store.alone():
            newest = self.store.current_epoch() or 0
            is_unfinished = bool(self.store.on_earlier_epochs(newest, 1))
            epoch = newest if is_unfinished else self.begin_epoch()
            while self.store.on_earlier_epochs(epoch, 1):  # one may be made meanwhile by who has not heard
                self._rewrap_all(epoch, progress)
        self.store.tell(EPOCH_NEWS)
        return epoch

    def retire(self, places: Iterable[Path] = ()) -> list[int]:
        """Destroy the keys of all epochs but the current one, for ever; return which were retired.

        Copies of the database made before the last rotation hold nothing readable from then on. Raises
        `KeysInUseError` where a key is left on one of them, and `KeyringError` where a file in these places,
        or beside the keyring, holds such an epoch's own key: nothing is retired then.
        """
        with self.store.alone():
            current = self.store.current_epoch() or 0
            earlier = [each.epoch for each in self.store.epochs() if each.epoch < current]
            kept = [epoch for epoch in self.home.epochs() if epoch < current]
            if kept:
                self.home.must_be_nowhere_else(max(kept), places)
            for epoch in earlier:
                self.store.retire(epoch)
            if kept:
                self.home.end_epoch(max(kept))
        self.store.tell(EPOCH_NEWS)
        return sorted({*earlier} & {*kept})

    def _rewrap_all(self, epoch: int, progress: Callable[[int, int], None]) -> None:
        everything = sum(each.keys for each in self.store.epochs())
        done = everything - sum(each.keys for each in self.store.epochs() if each.epoch < epoch)
        after = BEFORE_ALL
        while batch := self.store.on_earlier_epochs(epoch, BATCH, after):
            wrapped = self.home.rewrap(epoch, [(row.epoch or 0, row.wrapped or b"") for row in batch])
            if None in wrapped:
                raise KeyringError(
                    f"{self.home.name} cannot open key {batch[wrapped.index(None)].key_id}: restore the"
                    " keyring from its backup; what was re-wrapped so far stays readable"
                )
            anew = [(row.key_id, each) for row, each in zip(batch, wrapped, strict=True) if each is not None]
            self.store.rewrap(epoch, anew)
            after = batch[-1].key_id
            progress(done := done + len(batch), everything)

    def begin_epoch(self) -> int:
        """Make the next epoch's key and note it; one that was made and not noted is taken up."""
        noted = {each.epoch for each in self.store.epochs()}
        unnoted = [epoch for epoch in self.home.epochs() if epoch > max(noted, default=0)]
        epoch = unnoted[0] if unnoted else self.home.begin_epoch()
        if epoch in noted:
            raise KeyringError(
                f"{self.home.name} has lost the keys of this database's epochs: restore it from its backup"
            )
        self.store.begin_epoch(epoch, self.home.wrap(epoch, [_PROVING])[0])
        self._epoch = epoch
        return epoch

    def _first_epoch(self) -> int:
        """Return the current epoch, once the home has shown that it has its key."""
        current = self.store.current_epoch()
        if current is None:
            with self.store.alone():
                current = self.store.current_epoch() or self.begin_epoch()
        if self.home.unwrap([(current, self.store.proof_of(current))]) != [_PROVING]:
            raise KeyringError(
                f"{self.home.name} does not hold the key of epoch {current} of this database: name the right"
                " keyring in SCP_KEYRING, or restore it from its backup"
            )
        return current

    def _noted(self, current: CurrentEpoch) -> int:
        if current.epoch is None:
            raise KeyringError("every epoch of this database is retired: restore its keyring's tables")
        self._epoch = current.epoch
        return current.epoch

    def _forget_epoch(self) -> None:
        """Look again before the next key is made."""
        self._epoch = None


def prepare(conninfo: str) -> None:
    """Create or bring up to date the keyring's tables. Safe to call at every start."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        migrate(connection, "keyring", "scp_events.privacy.migrations")


# --- rows and bytes ---------------------------------------------------------------------------------------


def _packed(key_id: UUID, subject: UUID, group: FieldGroup, data_key: bytes) -> bytes:
    """Return what is wrapped: the key, and whose it is, so that rows cannot be exchanged for each other."""
    return b"".join((key_id.bytes, subject.bytes, group.encode().ljust(16), data_key))


def _held(row: StoredKey, packed: bytes | None) -> Held | WrongKeyError:
    if row.destroyed_at is not None:
        return Erased(key_id=row.key_id, at=row.destroyed_at)
    if packed is None:
        return WrongKeyError(
            f"its key is wrapped by epoch {row.epoch}, whose own key is not at hand: it was retired, and this"
            " is a copy from before; or the keyring is not the one that belongs to this database"
        )
    data_key = packed[-DATA_KEY_BYTES:]
    if packed != _packed(row.key_id, row.subject, row.field_group, data_key):
        return WrongKeyError("the keyring holds another key in the place of its own: rows were exchanged")
    return PartKey(data_key, key_id=row.key_id, subject=row.subject, group=row.field_group)


def _readable(held: Held | WrongKeyError) -> Held:
    if isinstance(held, WrongKeyError):
        raise held
    return held


def _destroyed(row: StoredKey) -> DestroyedKey:
    assert row.destroyed_at is not None, "asked of destroyed ones only"  # noqa: S101 - for the type checker
    return DestroyedKey(
        key_id=row.key_id,
        subject=row.subject,
        group=row.field_group,
        at=row.destroyed_at,
        epoch=row.epoch,
    )
