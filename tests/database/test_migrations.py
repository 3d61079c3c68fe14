"""Tables are brought up to date once, in order, by whoever comes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from scp_events.database import MigrationError, migrate

Package = Callable[..., str]

FIRST = "CREATE TABLE visit (id int PRIMARY KEY); INSERT INTO visit VALUES (1);"
SECOND = "ALTER TABLE visit ADD COLUMN note text DEFAULT '100 %';"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Write files into the same new package again and again; what is not named is removed."""
    name = f"migrations_{uuid4().hex}"
    directory = tmp_path / name
    directory.mkdir()
    monkeypatch.syspath_prepend(tmp_path)

    def write(**files: str) -> str:
        for old in directory.glob("*.sql"):
            old.unlink()
        for file, text in files.items():
            (directory / f"{file.lstrip('_')}.sql").write_text(text, newline="")
        return name

    return write


@pytest.fixture
def connection(new_database: str) -> object:
    with psycopg.connect(new_database) as connection:
        yield connection


def test_files_are_applied_in_order_and_once(connection: psycopg.Connection, package: Package) -> None:
    files = package(_0001_visits=FIRST, _0002_notes=SECOND)
    assert migrate(connection, "diary", files) == ["0001_visits.sql", "0002_notes.sql"]
    assert migrate(connection, "diary", files) == []
    assert connection.execute("SELECT * FROM diary.visit").fetchall() == [(1, "100 %")]


def test_what_was_applied_is_recorded_with_its_checksum(
    connection: psycopg.Connection, package: Package
) -> None:
    migrate(connection, "diary", package(_0001_visits=FIRST))
    recorded = connection.execute("SELECT name, sha256, applied_at <= now() FROM diary.migrations").fetchall()
    assert recorded == [("0001_visits.sql", sha256(FIRST.encode()).hexdigest(), True)]


def test_a_new_file_is_applied_to_tables_that_are_there(
    connection: psycopg.Connection, package: Package
) -> None:
    migrate(connection, "diary", package(_0001_visits=FIRST))
    assert migrate(connection, "diary", package(_0001_visits=FIRST, _0002_notes=SECOND)) == ["0002_notes.sql"]


@pytest.mark.parametrize("autocommit", [True, False])
def test_what_was_applied_is_committed(new_database: str, package: Package, *, autocommit: bool) -> None:
    with psycopg.connect(new_database, autocommit=autocommit) as connection:
        migrate(connection, "diary", package(_0001_visits=FIRST))
        connection.rollback()
    with psycopg.connect(new_database) as connection:
        assert connection.execute("SELECT id FROM diary.visit").fetchall() == [(1,)]


def test_programs_that_migrate_at_once_apply_each_file_once(new_database: str, package: Package) -> None:
    files = package(**{f"_{n:04}_step": f"CREATE TABLE t{n} ()" for n in range(1, 9)})

    def one(_: int) -> list[str]:
        with psycopg.connect(new_database) as connection:
            return migrate(connection, "diary", files)

    with ThreadPoolExecutor(6) as programs:
        applied = [name for names in programs.map(one, range(6)) for name in names]
    assert sorted(applied) == [f"{n:04}_step.sql" for n in range(1, 9)]


def test_a_file_that_fails_leaves_nothing_and_is_tried_again(
    connection: psycopg.Connection, package: Package
) -> None:
    broken = "CREATE TABLE half (); SELECT no_such_function();"
    with pytest.raises(MigrationError, match=r"0002_half.sql cannot be applied to diary: .*no_such_function"):
        migrate(connection, "diary", package(_0001_visits=FIRST, _0002_half=broken))
    assert connection.execute(
        "SELECT to_regclass('diary.half'), to_regclass('diary.visit')::text"
    ).fetchone() == (None, "diary.visit")
    connection.rollback()
    mended = package(_0001_visits=FIRST, _0002_half="CREATE TABLE half ()")
    assert migrate(connection, "diary", mended) == ["0002_half.sql"]


def test_a_file_that_changed_since_it_was_applied_is_refused(
    connection: psycopg.Connection, package: Package
) -> None:
    migrate(connection, "diary", package(_0001_visits=FIRST))
    changed = package(_0001_visits=FIRST + " ", _0002_notes=SECOND)
    refused(connection, changed, r"0001_visits.sql has changed since .* checksum was .*Restore the file")
    assert connection.execute("SELECT count(*) FROM diary.migrations").fetchone() == (1,), (
        "nothing was applied"
    )


def test_line_ends_changed_by_a_checkout_are_no_change(
    connection: psycopg.Connection, package: Package
) -> None:
    migrate(connection, "diary", package(_0001_visits=FIRST + "\nSELECT 1;\n"))
    assert migrate(connection, "diary", package(_0001_visits=FIRST + "\r\nSELECT 1;\r\n")) == []


def test_tables_of_a_newer_version_are_refused(connection: psycopg.Connection, package: Package) -> None:
    migrate(connection, "diary", package(_0001_visits=FIRST, _0002_notes=SECOND))
    refused(
        connection, package(_0001_visits=FIRST), r"with 0002_notes.sql, which this version .* does not have"
    )


def test_a_record_with_a_gap_is_refused(connection: psycopg.Connection, package: Package) -> None:
    files = package(_0001_visits=FIRST, _0002_notes=SECOND)
    migrate(connection, "diary", files)
    connection.execute("DELETE FROM diary.migrations WHERE name = '0001_visits.sql'")
    connection.commit()
    refused(connection, files, r"with 0002_notes.sql but not with 0001_visits.sql before it")


@pytest.mark.parametrize(
    "names",
    [
        ("_0001_a", "_0003_c"),
        ("_0002_b",),
        ("_0001_a", "_0001_b"),
        ("_0001_a", "_2_b"),
        ("_0001_A",),
        ("notes",),
        ("_0000_a",),
    ],
)
def test_files_that_are_not_numbered_one_by_one_are_refused(
    connection: psycopg.Connection, package: Package, names: tuple[str, ...]
) -> None:
    refused(connection, package(**dict.fromkeys(names, "SELECT 1")), "numbered without gaps or doubles")
    assert connection.execute("SELECT to_regclass('diary.migrations')").fetchone() == (None,)


def test_a_file_that_commits_is_refused(connection: psycopg.Connection, package: Package) -> None:
    refused(connection, package(_0001_visits=f"{FIRST} COMMIT;"), r"0001_visits.sql ends its transaction")


def test_a_caller_in_a_transaction_is_refused(connection: psycopg.Connection, package: Package) -> None:
    connection.execute("SELECT 1")
    refused(connection, package(_0001_visits=FIRST), "not in a transaction")


def test_schemas_are_migrated_independently(connection: psycopg.Connection, package: Package) -> None:
    files = package(_0001_visits=FIRST)
    assert migrate(connection, "diary", files) == migrate(connection, 'the "other" diary', files)


def test_a_role_that_may_only_read_can_still_ask_whether_all_is_up_to_date(
    connection: psycopg.Connection, package: Package
) -> None:
    role = f"reader_{uuid4().hex}"
    files = package(_0001_visits=FIRST)
    migrate(connection, "diary", files)
    may_read = f"GRANT USAGE ON SCHEMA diary TO {role}; GRANT SELECT ON diary.migrations TO {role}"
    connection.execute(f"CREATE ROLE {role}; {may_read}; SET ROLE {role}".encode())
    connection.commit()
    assert migrate(connection, "diary", files) == []
    connection.execute(f"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}".encode())


def refused(connection: psycopg.Connection, files: str, reason: str) -> None:
    with pytest.raises(MigrationError, match=reason):
        migrate(connection, "diary", files)
