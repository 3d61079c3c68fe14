"""The wrapped keys in PostgreSQL, in a schema of their own: what is asked of them, and nothing unwrapped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final, Generic, LiteralString, NamedTuple, TypeVar, get_args
from uuid import UUID

import psycopg
from psycopg import Connection, RawCursor
from psycopg.rows import class_row
from psycopg_pool import PoolTimeout

from scp_events.database import is_out_of_reach
from scp_events.database.connection import Statement
from scp_events.database.insisting import insist
from scp_events.database.patience import patient_pool
from scp_events.privacy.failures import KeyServiceDownError, KeysInUseError
from scp_events.vocabulary import FieldGroup

R = TypeVar("R")
T = TypeVar("T")

PATIENCE = 5.0
"""Seconds to wait for a connection, and for an answer. Everything asked here may be repeated."""
BEFORE_ALL = UUID(int=0)
EpochRetiredError: Final = psycopg.errors.ObjectNotInPrerequisiteState
"""The epoch a key was to be made on is over."""


@dataclass(frozen=True)
class StoredKey:
    """A row of keyring.keys. Its wrapped bytes are not shown."""

    key_id: UUID
    subject: UUID
    field_group: FieldGroup
    epoch: int | None
    wrapped: bytes | None
    created_at: datetime
    fenced_at: datetime | None
    destroyed_at: datetime | None

    def __repr__(self) -> str:
        return f"StoredKey({self.key_id}, {self.subject}, {self.field_group!r}, epoch {self.epoch})"


class NewKey(NamedTuple):
    """A key that is to be made."""

    key_id: UUID
    field_group: str
    wrapped: bytes


@dataclass(frozen=True)
class CurrentEpoch:
    """The epoch that keys are made on; None where none has begun."""

    epoch: int | None


class Question(NamedTuple, Generic[R]):
    """What is asked of the tables, its values as `$1` and so on, and what a row of the answer is."""

    text: LiteralString
    values: Sequence[object]
    row: type[R]


GROUPS: Final[tuple[FieldGroup, ...]] = get_args(FieldGroup)
_COLUMNS: Final = "key_id, subject, field_group, epoch, wrapped, created_at, fenced_at, destroyed_at"
KEYS_OF: Final = Statement(
    "keys_of",
    ("uuid",),
    f"SELECT {_COLUMNS} FROM keyring.keys WHERE subject = $1",  # noqa: S608 - our own words
)
_EACH: Final = (f"ROW(${n}, ${n + 1}, ${n + 2})::keyring.new_key" for n in range(3, 3 + 3 * len(GROUPS), 3))
MINT: Final = Statement(
    "mint",
    ("uuid", "integer", *("uuid", "text", "bytea") * len(GROUPS)),
    f"SELECT {_COLUMNS} FROM keyring.mint($1, $2, ARRAY[{', '.join(_EACH)}])",  # noqa: S608 - our own words
)
CURRENT_EPOCH: Final = Question(
    "SELECT max(epoch) AS epoch FROM keyring.epochs WHERE retired_at IS NULL", (), CurrentEpoch
)


def keys_of(subject: UUID) -> Question[StoredKey]:
    """Ask for a person's keys."""
    return Question(KEYS_OF.text, [subject], StoredKey)


def beside(key_ids: Collection[str]) -> Question[StoredKey]:
    """Ask for keys and the others of the same persons, which will be needed next."""
    return Question(
        "SELECT * FROM keyring.keys WHERE subject IN"
        " (SELECT subject FROM keyring.keys WHERE key_id = ANY($1::uuid[]))",
        [list(key_ids)],
        StoredKey,
    )


def mint(subject: UUID, epoch: int, fresh: Sequence[NewKey]) -> Question[StoredKey]:
    """Have keys of all groups made where there are none, and ask for the person's as they stand.

    `EpochRetiredError` is raised where nothing may be made on this epoch any more.
    """
    return Question(MINT.text, [subject, epoch, *chain.from_iterable(fresh)], StoredKey)


@dataclass(frozen=True)
class Epoch:
    """A row of keyring.epochs, and how many keys are on it."""

    epoch: int
    proof: bytes
    began_at: datetime
    retired_at: datetime | None
    keys: int
    destroyed_keys: int
    """Keys that were on it when they were destroyed: copies made before still hold them."""


class KeyStore:
    """The tables of the keyring. For any thread."""

    def __init__(self, conninfo: str, *, pool_size: int = 4) -> None:
        self.conninfo = conninfo
        self._pool = patient_pool(conninfo, PATIENCE, smallest=0, largest=pool_size)

    def close(self) -> None:
        """Give every connection back."""
        self._pool.close()

    # --- keys ---------------------------------------------------------------------------------------------

    def fence(self, subject: UUID, groups: Sequence[FieldGroup]) -> None:
        """Let no key of these groups ever be made for this person again."""
        self._insist(lambda c: c.execute("SELECT keyring.fence(%s, %s)", [subject, list(groups)]))

    def destroy(self, subject: UUID, groups: Sequence[FieldGroup]) -> list[StoredKey]:
        """Destroy a person's fenced keys and return what is left of them."""
        return self._keys("SELECT * FROM keyring.destroy($1, $2)", [subject, list(groups)])

    def scrub(self) -> None:
        """Write the table anew, so that its file holds nothing of keys that were destroyed."""
        self._insist(lambda c: c.execute("VACUUM (FULL) keyring.keys"))

    # --- epochs -------------------------------------------------------------------------------------------

    def installation(self) -> UUID:
        """Return which installation this is."""
        return UUID(str(self._rows("SELECT id FROM keyring.installation")[0][0]))

    def epochs(self) -> list[Epoch]:
        """Return every epoch, oldest first."""
        return self._insist(
            lambda c: (
                c.cursor(row_factory=class_row(Epoch))
                .execute(
                    "SELECT e.*, count(k.key_id) FILTER (WHERE k.wrapped IS NOT NULL) AS keys,"
                    " count(k.key_id) FILTER (WHERE k.wrapped IS NULL) AS destroyed_keys"
                    " FROM keyring.epochs e LEFT JOIN keyring.keys k USING (epoch)"
                    " GROUP BY e.epoch ORDER BY e.epoch"
                )
                .fetchall()
            )
        )

    def current_epoch(self) -> int | None:
        """Return the epoch that keys are made on; None where none has begun."""
        return self.ask(CURRENT_EPOCH)[0].epoch

    def proof_of(self, epoch: int) -> bytes:
        """Return the known text that the epoch's key wrapped."""
        return bytes(self._rows("SELECT proof FROM keyring.epochs WHERE epoch = %s", [epoch])[0][0])

    def begin_epoch(self, epoch: int, proof: bytes) -> None:
        """Note that an epoch has begun, unless it is noted already."""
        self._insist(
            lambda c: c.execute(
                "INSERT INTO keyring.epochs (epoch, proof) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [epoch, proof],
            )
        )

    def on_earlier_epochs(self, than: int, limit: int, after: UUID = BEFORE_ALL) -> list[StoredKey]:
        """Return some keys that are on earlier epochs, in the order of their ids."""
        return self._keys(
            "SELECT * FROM keyring.keys WHERE wrapped IS NOT NULL AND epoch < $1 AND key_id > $2"
            " ORDER BY key_id LIMIT $3",
            [than, after, limit],
        )

    def rewrap(self, epoch: int, keys: Sequence[tuple[UUID, bytes]]) -> None:
        """Replace wrapped keys by themselves on another epoch. One destroyed meanwhile stays destroyed."""
        self._insist(
            lambda c: c.execute(
                "UPDATE keyring.keys k SET wrapped = n.wrapped, epoch = %s"
                " FROM unnest(%s::uuid[], %s::bytea[]) AS n(key_id, wrapped)"
                " WHERE k.key_id = n.key_id AND k.wrapped IS NOT NULL AND k.epoch < %s",
                [epoch, [key_id for key_id, _ in keys], [wrapped for _, wrapped in keys], epoch],
            )
        )

    def retire(self, epoch: int) -> None:
        """Note that no key is left on an epoch. Raises `KeysInUseError` where one is."""

        def work(connection: Connection[Any]) -> None:
            with connection.transaction():
                connection.execute("SELECT FROM keyring.epochs WHERE epoch = %s FOR UPDATE", [epoch])
                left = connection.execute(
                    "SELECT count(*) FROM keyring.keys WHERE epoch = %s AND wrapped IS NOT NULL", [epoch]
                ).fetchone()
                if left is not None and left[0]:
                    raise KeysInUseError(
                        f"{left[0]} keys are left on epoch {epoch}, and without it they would be useless:"
                        " `scp-events keys rotate` first"
                    )
                connection.execute(
                    "UPDATE keyring.epochs SET retired_at = clock_timestamp()"
                    " WHERE epoch = %s AND retired_at IS NULL",
                    [epoch],
                )

        self._insist(work)

    def tell(self, news: str) -> None:
        """Let every process hear something."""
        self._insist(lambda c: c.execute("SELECT pg_notify('keyring', %s)", [news]))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one who begins, re-wraps or retires, on this database."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(hashtextextended('scp keyring', 0))")
            yield

    # --- asking -------------------------------------------------------------------------------------------

    def ask(self, question: Question[R]) -> list[R]:
        """Return the answer to a question."""
        text, values, row = question
        return self._insist(
            lambda c: RawCursor(c, row_factory=class_row(row)).execute(text, values).fetchall()
        )

    def _keys(self, text: LiteralString, values: Sequence[object]) -> list[StoredKey]:
        return self.ask(Question(text, values, StoredKey))

    def _rows(self, question: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._insist(lambda c: c.execute(question, values).fetchall())

    def _insist(self, work: Callable[[Connection[Any]], T]) -> T:
        with said_in_our_words():
            return insist(self._pool, work)


@contextmanager
def said_in_our_words() -> Iterator[None]:
    """Tell of a database that cannot be asked as of a key service that is down."""
    try:
        yield
    except psycopg.errors.ObjectNotInPrerequisiteState:
        raise
    except PoolTimeout:
        raise KeyServiceDownError("every connection to the keyring is busy: try again") from None
    except psycopg.Error as error:
        if is_out_of_reach(error):
            raise KeyServiceDownError("the keyring's database cannot be reached: try again") from None
        raise
