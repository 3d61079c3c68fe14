from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from scp_events import event_log
from scp_events.event_log import BlockingCommandHandler, CommandHandler
from scp_events.event_log.calls import SEVERAL
from scp_events.event_log.recorder import LogRecorder
from scp_events.event_log.roles import READER, SET_APART, WRITER, become
from scp_events.privacy import open_keyring
from tests.check_log import check_log
from tests.conftest import database
from tests.event_log.appending import one
from tests.event_log.asking import engaged
from tests.needs import need
from tests.opened import opened_handler, opened_reader
from tests.own_server import own_server

TABLES = ("events", "commands", "head", "cases", "installation")
CHANGES = ("UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}")
A_COLUMN = {
    "events": "type",
    "commands": "event_count",
    "head": "position",
    "cases": "reference",
    "installation": "time_zone",
}


@pytest.fixture
def filled(log_database: str) -> str:
    recorder = LogRecorder(log_database)
    recorder.append(one())
    recorder.close()
    with psycopg.connect(log_database, autocommit=True) as superuser:
        superuser.execute("INSERT INTO event_log.cases VALUES ('SC-1', %s)", [uuid4()])
    return log_database


@contextmanager
def as_a(role: str, conninfo: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Connect as the programs do."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        become(role, connection)
        assert connection.execute("SELECT current_user").fetchone() == (role,)
        yield connection


@contextmanager
def login(conninfo: str, options: str) -> Iterator[str]:
    """Make a user who is nobody special, and yield how to connect as them."""
    name, password = f"scp_test_{uuid4().hex}", uuid4().hex
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        superuser.execute(
            SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
                Identifier(name),
                SQL(options),  # type: ignore[arg-type]  # one of ours
                Literal(password),
            )
        )
        try:
            yield make_conninfo(conninfo, user=name, password=password, passfile="")
        finally:
            superuser.execute(SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(Identifier(name)))
            superuser.execute(SQL("DROP OWNED BY {}").format(Identifier(name)))
            superuser.execute(SQL("DROP ROLE {}").format(Identifier(name)))


def changes(table: str) -> list[SQL]:
    return [
        SQL(change).format(Identifier("event_log", table), column := Identifier(A_COLUMN[table]), column)  # type: ignore[arg-type,misc]  # one of ours
        for change in CHANGES
    ]


@pytest.mark.parametrize("role", [READER, WRITER])
def test_nobody_changes_what_is_there(filled: str, role: str) -> None:
    with as_a(role, filled) as somebody:
        for change in (change for table in TABLES for change in changes(table)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
                somebody.execute(change)


def test_a_reader_reads_everything_and_adds_nothing(filled: str) -> None:
    with as_a(READER, filled) as reader:
        for table in TABLES:
            found = reader.execute(SQL("SELECT count(*) FROM {}").format(Identifier("event_log", table)))
            assert found.fetchone() == (1,)
            same_again = SQL("INSERT INTO {0} SELECT * FROM {0}").format(Identifier("event_log", table))
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
                reader.execute(same_again)
        nothing = b", ".join(b"NULL" for _ in SEVERAL.types)
        with pytest.raises(
            psycopg.errors.InsufficientPrivilege, match="permission denied for function append"
        ):
            reader.execute(b"SELECT event_log.append(" + nothing + b")")


def test_a_writer_reads_everything_and_adds_to_the_log_through_its_functions_only(filled: str) -> None:
    with as_a(WRITER, filled) as writer:
        for table in TABLES:
            found = writer.execute(SQL("SELECT count(*) FROM {}").format(Identifier("event_log", table)))
            assert found.fetchone() == (1,)
        for table in ("events", "commands", "head", "installation"):
            same_again = SQL("INSERT INTO {0} SELECT * FROM {0}").format(Identifier("event_log", table))
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
                writer.execute(same_again)


def test_a_writer_makes_no_tables_and_drops_none(filled: str) -> None:
    with as_a(WRITER, filled) as writer:
        for statement in (
            "CREATE TABLE event_log.mine ()",
            "DROP TABLE event_log.events",
            "ALTER TABLE event_log.events DISABLE TRIGGER ALL",
            "ALTER FUNCTION event_log.refuse_change() RENAME TO accept_change",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                writer.execute(statement)


def test_nobody_else_may_append(filled: str) -> None:
    with login(filled, "") as conninfo, psycopg.connect(conninfo, autocommit=True) as stranger:
        reading = "SELECT count(*) FROM event_log.events"
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="denied for schema event_log"):
            stranger.execute(reading)
    with psycopg.connect(filled) as superuser:
        granted = superuser.execute(
            "SELECT proacl::text FROM pg_proc WHERE oid = 'event_log.append'::regproc"
        ).fetchone()
    assert granted is not None
    assert f"{WRITER}=X" in granted[0]
    assert "{=X" not in granted[0], "not everybody"


def test_not_even_a_superuser_who_plays_a_replica_changes_what_was_recorded(filled: str) -> None:
    with psycopg.connect(filled, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        for change in (*changes("events"), *changes("commands")):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is never changed"):
                superuser.execute(change)


def test_an_owner_who_made_the_role_writes_with_the_rights_of_a_writer() -> None:
    with own_server() as server, login(server.conninfo, "CREATEROLE") as owner:
        own(server.conninfo, owner)
        event_log.prepare(owner)
        with psycopg.connect(owner, autocommit=True) as connection:
            become(WRITER, connection)
            assert connection.execute("SELECT current_user").fetchone() == (WRITER,)
        with opened_handler(owner) as handler:
            engaged(handler)
        assert check_log(owner) == 2


def test_an_owner_who_may_not_make_roles_writes_with_the_rights_they_have(postgres_server: str) -> None:
    with database(postgres_server) as conninfo, login(conninfo, "") as owner:
        own(conninfo, owner)
        event_log.prepare(owner)
        with opened_handler(owner) as handler:
            engaged(handler)
        assert check_log(owner) == 2


def test_a_member_of_the_writers_needs_nothing_else(filled: str) -> None:
    with (
        login(filled, f"IN ROLE {WRITER} NOINHERIT") as member,
        open_keyring(filled) as keyring,
        BlockingCommandHandler(CommandHandler(member, keyring)) as handler,
    ):
        engaged(handler)
    with opened_reader(filled) as reader:
        assert reader.head() == 3


def test_a_member_who_may_not_become_a_writer_writes_with_what_membership_gives(filled: str) -> None:
    with login(filled, "") as member, psycopg.connect(filled, autocommit=True) as superuser:
        need(
            superuser.info.server_version >= SET_APART,
            "PostgreSQL 16 or newer",
            "unset SCP_PG_BIN and SCP_TEST_DATABASE_URL",
        )
        name = Identifier(str(conninfo_to_dict(member)["user"]))
        superuser.execute(SQL("GRANT scp_log_writer TO {} WITH INHERIT TRUE, SET FALSE").format(name))
        with (
            open_keyring(filled) as keyring,
            BlockingCommandHandler(CommandHandler(member, keyring)) as handler,
        ):
            engaged(handler)
    with opened_reader(filled) as reader:
        assert reader.head() == 3


def own(conninfo: str, owner: str) -> None:
    """Give a database away."""
    parts = conninfo_to_dict(conninfo), conninfo_to_dict(owner)
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        superuser.execute(
            SQL("ALTER DATABASE {} OWNER TO {}").format(
                Identifier(str(parts[0]["dbname"])), Identifier(str(parts[1]["user"]))
            )
        )
