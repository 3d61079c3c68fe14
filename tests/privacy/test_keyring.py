from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest

from scp_events.privacy import (
    GROUPS,
    Keyring,
    KeyServiceDownError,
    KeysInUseError,
    PartKey,
    WrongKeyError,
    store,
)
from scp_events.privacy.cache import KeyCache
from scp_events.vocabulary import Erased
from tests.privacy.conftest import Opening
from tests.waiting import until


def living(keyring: Keyring, subject: UUID) -> PartKey:
    key = keyring.to_encrypt(subject, "narrative")
    assert isinstance(key, PartKey)
    return key


def rows(conninfo: str, what: str = "SELECT * FROM keyring.keys ORDER BY key_id") -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        return connection.execute(what).fetchall()


def eventually(so: Callable[[], bool]) -> None:
    """Wait for what another thread or process is about to do."""
    until(so, "it is so")


# --- making keys ------------------------------------------------------------------------------------------


def test_a_person_has_one_key_for_each_group_and_everybody_finds_the_same(
    keyring: Keyring, opening: Opening
) -> None:
    subject = uuid4()
    made = {group: keyring.to_encrypt(subject, group) for group in GROUPS}
    found = {group: opening().to_encrypt(subject, group) for group in GROUPS}
    assert {key.key_id for key in made.values()} == {key.key_id for key in found.values()}
    assert len({key.commitment for key in made.values() if isinstance(key, PartKey)}) == 2
    assert [made[g].commitment for g in GROUPS] == [found[g].commitment for g in GROUPS]


def test_a_key_is_found_by_its_id(keyring: Keyring, opening: Opening) -> None:
    key = living(keyring, uuid4())
    again = opening().to_open(str(key.key_id))
    assert isinstance(again, PartKey)
    assert (again.key_id, again.subject, again.commitment) == (key.key_id, key.subject, key.commitment)


def test_looking_for_a_key_does_not_make_one(keyring: Keyring, log_database: str) -> None:
    assert keyring.find(uuid4(), "core") is None
    assert rows(log_database) == []


MAKER = """
import sys
from uuid import UUID
from scp_events.privacy import open_keyring
conninfo, named, *subjects = sys.argv[1:]
with open_keyring(conninfo, named=named) as keyring:
    print("ready", flush=True)
    sys.stdin.readline()
    for subject in subjects:
        print(keyring.to_encrypt(UUID(subject), "core").commitment.hex())
"""


def test_processes_that_need_a_persons_first_key_at_once_make_it_once(log_database: str, named: str) -> None:
    """They begin the first epoch at once, too."""
    subjects = [str(uuid4()) for _ in range(30)]
    makers = [
        subprocess.Popen(
            [sys.executable, "-c", MAKER, log_database, named, *subjects],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for maker in makers:
        assert maker.stdout is not None
        assert maker.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(3) as together:
        said = [out for out, _ in together.map(lambda maker: maker.communicate("go\n"), makers)]
    assert len({*said}) == 1
    assert len({*said[0].split()}) == 30
    assert len(rows(log_database)) == 60
    assert len(rows(log_database, "SELECT FROM keyring.epochs")) == 1


# --- fencing and destroying -------------------------------------------------------------------------------


def test_nothing_is_ever_made_for_a_person_who_is_fenced(
    keyring: Keyring, opening: Opening, log_database: str
) -> None:
    subject = uuid4()
    keyring.fence(subject)
    for each in (keyring, opening()):
        assert isinstance(each.to_encrypt(subject, "core"), Erased)
        assert isinstance(each.to_encrypt(subject, "narrative"), Erased)
    assert [row[4] for row in rows(log_database)] == [None, None]


def test_whoever_makes_a_key_while_a_fence_goes_up_waits_and_makes_none(
    opening: Opening, log_database: str
) -> None:
    subject, keyring = uuid4(), opening()
    answers: list[PartKey | Erased] = []
    making = threading.Thread(target=lambda: answers.append(keyring.to_encrypt(subject, "core")))
    with psycopg.connect(log_database) as fencing:
        fencing.execute("SELECT keyring.fence(%s, %s)", [subject, list(GROUPS)])
        making.start()
        eventually(lambda: bool(waiting_for_a_lock(log_database)))
        assert not answers
        fencing.commit()
    making.join()
    assert isinstance(answers[0], Erased)
    assert [row[4] for row in rows(log_database)] == [None, None]


def test_a_fence_that_goes_up_while_a_key_is_made_waits_for_it_and_holds_afterwards(
    keyring: Keyring, log_database: str
) -> None:
    subject = uuid4()
    fresh = [store.NewKey(uuid4(), group, secrets.token_bytes(93)) for group in GROUPS]
    with psycopg.connect(log_database, cursor_factory=psycopg.RawCursor) as minting:
        text, values, _ = store.mint(subject, 1, fresh)
        minting.execute(text, values)
        fencing = threading.Thread(target=keyring.fence, args=[subject])
        fencing.start()
        eventually(lambda: bool(waiting_for_a_lock(log_database)))
        minting.commit()
    fencing.join()
    assert {key.key_id for key in keyring.destroy(subject)} == {key.key_id for key in fresh}
    assert isinstance(keyring.to_encrypt(subject, "core"), Erased)


def waiting_for_a_lock(conninfo: str) -> list[tuple[object, ...]]:
    return rows(
        conninfo,
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )


def test_a_destroyed_key_reads_as_erased_for_everybody_and_its_place_is_kept(
    keyring: Keyring, opening: Opening, log_database: str
) -> None:
    subject = uuid4()
    keys = {group: keyring.to_encrypt(subject, group) for group in GROUPS}
    keyring.fence(subject)
    destroyed = keyring.destroy(subject)
    assert {(key.group, key.key_id) for key in destroyed} == {(g, keys[g].key_id) for g in GROUPS}
    for each in (keyring, opening()):
        for key in destroyed:
            assert each.to_open(str(key.key_id)) == key.erased == each.to_encrypt(subject, key.group)
    assert [row[4] for row in rows(log_database)] == [None, None]


def test_destroying_again_changes_nothing(keyring: Keyring) -> None:
    subject = uuid4()
    living(keyring, subject)
    keyring.fence(subject)
    first = keyring.destroy(subject)
    keyring.fence(subject)
    assert keyring.destroy(subject) == first == keyring.destroyed(subject)


def test_a_record_can_be_thinned(keyring: Keyring) -> None:
    subject = uuid4()
    living(keyring, subject)
    keyring.fence(subject, ["narrative"])
    keyring.destroy(subject, ["narrative"])
    assert isinstance(keyring.to_encrypt(subject, "narrative"), Erased)
    assert isinstance(keyring.to_encrypt(subject, "core"), PartKey)


def test_a_key_is_fenced_before_it_is_destroyed(keyring: Keyring) -> None:
    subject = uuid4()
    living(keyring, subject)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        keyring.destroy(subject)
    assert isinstance(keyring.to_encrypt(subject, "narrative"), PartKey)


RETURNS = {
    "a destroyed key": "UPDATE keyring.keys SET wrapped = '\\x00', destroyed_at = NULL",
    "another key": "UPDATE keyring.keys SET key_id = gen_random_uuid()",
    "another person": "UPDATE keyring.keys SET subject = gen_random_uuid()",
    "a fence taken down": "UPDATE keyring.keys SET fenced_at = NULL, destroyed_at = NULL, wrapped = '\\x00'",
    "a row deleted": "DELETE FROM keyring.keys",
    "everything forgotten": "TRUNCATE keyring.keys",
}


@pytest.mark.parametrize("statement", RETURNS.values(), ids=RETURNS)
def test_nothing_brings_a_destroyed_key_back(keyring: Keyring, log_database: str, statement: str) -> None:
    subject = uuid4()
    living(keyring, subject)
    keyring.fence(subject)
    keyring.destroy(subject)
    with psycopg.connect(log_database, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            superuser.execute(statement)


# --- what is held in memory -------------------------------------------------------------------------------


def test_a_key_destroyed_elsewhere_is_forgotten_here(keyring: Keyring, opening: Opening) -> None:
    """Long before it would have grown old: the cache of this one holds for ever."""
    here = opening(cache=KeyCache(seconds=1e9))
    subject = uuid4()
    key = living(here, subject)
    eventually(lambda: here.cache.forgotten > 0)  # it listens from now on
    assert living(here, subject) is living(here, subject)
    keyring.fence(subject)
    keyring.destroy(subject)
    eventually(lambda: isinstance(here.to_encrypt(subject, "narrative"), Erased))
    assert isinstance(here.to_open(str(key.key_id)), Erased)


def test_nothing_is_held_once_the_news_cannot_be_heard(opening: Opening, log_database: str) -> None:
    cache = KeyCache(seconds=1e9)
    here, subject = opening(cache=cache), uuid4()
    living(here, subject)
    eventually(lambda: bool(living(here, subject)) and len(cache) > 0)
    rows(
        log_database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
    eventually(lambda: len(cache) == 0)
    assert isinstance(living(here, subject), PartKey)
    eventually(lambda: bool(living(here, subject)) and len(cache) > 0)


def test_many_keys_are_looked_up_at_once(opening: Opening) -> None:
    keyring, reader = opening(), opening()
    subjects = [uuid4() for _ in range(50)]
    ids = [str(living(keyring, subject).key_id) for subject in subjects]
    asked: list[int] = []
    ask = reader.store.ask
    reader.store.ask = lambda question: (asked.append(len(question.values[0])), ask(question))[1]
    eventually(lambda: (reader.foresee(ids), asked.clear(), reader.foresee(ids))[0] is None and not asked)
    assert [reader.to_open(key_id).subject for key_id in ids] == subjects
    assert asked == []


# --- epochs -----------------------------------------------------------------------------------------------


def test_rotating_wraps_every_key_anew_and_changes_none(
    keyring: Keyring, opening: Opening, log_database: str
) -> None:
    subjects = [uuid4() for _ in range(30)]
    before = {subject: living(keyring, subject).commitment for subject in subjects}
    wrapped = {row[0]: row[4] for row in rows(log_database)}
    heard: list[tuple[int, int]] = []
    assert keyring.rotate(lambda *said: heard.append(said)) == 2
    assert heard[-1] == (60, 60)
    assert {row[3] for row in rows(log_database)} == {2}
    assert all(wrapped[row[0]] != row[4] for row in rows(log_database))
    assert {subject: living(opening(), subject).commitment for subject in subjects[:3]} == {
        subject: before[subject] for subject in subjects[:3]
    }


def test_a_rotation_that_was_interrupted_is_finished_on_the_same_epoch(
    keyring: Keyring, log_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scp_events.privacy.keyring.BATCH", 10)
    for _ in range(20):
        living(keyring, uuid4())

    def interrupted(done: int, _all: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keyring.rotate(interrupted)
    assert {row[3] for row in rows(log_database)} == {1, 2}
    assert keyring.rotate() == 2
    assert {row[3] for row in rows(log_database)} == {2}


def test_an_epoch_is_not_retired_while_a_key_is_on_it(keyring: Keyring, log_database: str) -> None:
    key = living(keyring, uuid4())
    epoch = keyring.begin_epoch()
    with pytest.raises(KeysInUseError, match="2 keys are left on epoch 1"):
        keyring.retire()
    assert epoch == 2
    assert keyring.home.epochs() == [1, 2]
    assert keyring.rotate() == 2
    assert keyring.retire() == [1]
    assert keyring.home.epochs() == [2]
    assert rows(log_database, "SELECT epoch FROM keyring.epochs WHERE retired_at IS NOT NULL") == [(1,)]
    assert isinstance(keyring.to_open(str(key.key_id)), PartKey)


def test_after_an_epoch_is_retired_a_copy_from_before_opens_nothing(
    opening: Opening, log_database: str
) -> None:
    keyring, subject = opening(), uuid4()
    key = living(keyring, subject)
    copy = rows(log_database)
    keyring.rotate()
    keyring.retire()
    restore(log_database, copy)
    reader = opening()
    with pytest.raises(WrongKeyError, match="epoch 1"):
        reader.to_open(str(key.key_id))
    assert reader.home.epochs() == [2]


def restore(conninfo: str, copy: list[tuple[object, ...]]) -> None:
    """Put rows of a backup in the place of what is there, as whoever owns the server can."""
    with psycopg.connect(conninfo, autocommit=True) as owner:
        owner.execute("ALTER TABLE keyring.keys DISABLE TRIGGER ALL")
        owner.execute("DELETE FROM keyring.keys")
        owner.cursor().executemany("INSERT INTO keyring.keys VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", copy)


def test_rows_exchanged_for_each_other_open_nothing(opening: Opening, log_database: str) -> None:
    keyring = opening()
    one, other = living(keyring, uuid4()), living(keyring, uuid4())
    copy = {row[0]: list(row) for row in rows(log_database)}
    copy[one.key_id][4], copy[other.key_id][4] = copy[other.key_id][4], copy[one.key_id][4]
    restore(log_database, [tuple(row) for row in copy.values()])
    with pytest.raises(WrongKeyError, match="exchanged"):
        opening().to_open(str(one.key_id))


def test_keys_are_made_on_the_new_epoch_by_whoever_was_there_before(
    keyring: Keyring, opening: Opening, log_database: str
) -> None:
    elder = opening()
    living(elder, uuid4())
    keyring.rotate()
    keyring.retire()
    subject = uuid4()
    living(elder, subject)
    assert {row[3] for row in rows(log_database) if row[1] == subject} == {2}


# --- a keyring that does not belong here ------------------------------------------------------------------


def test_a_key_that_nobody_has_is_no_erased_one(keyring: Keyring) -> None:
    with pytest.raises(WrongKeyError):
        keyring.to_open(str(uuid4()))


def test_a_keyring_that_cannot_be_reached_is_neither_wrong_nor_erased(
    postgres_server: str, opening: Opening, new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.2)
    keyring = opening(new_database)
    key = living(keyring, uuid4())
    name = psycopg.conninfo.conninfo_to_dict(new_database)["dbname"]
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]  # a name of ours
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            eventually(lambda: len(keyring.cache) == 0)
            with pytest.raises(KeyServiceDownError):
                keyring.to_open(str(key.key_id))
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]  # a name of ours
    eventually(lambda: _is_back(keyring, key))


def _is_back(keyring: Keyring, key: PartKey) -> bool:
    try:
        return isinstance(keyring.to_open(str(key.key_id)), PartKey)
    except KeyServiceDownError:
        return False
