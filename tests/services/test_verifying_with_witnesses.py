"""`scp-events verify` of a log whose checkpoints three running witnesses cosign."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from tests.check_log import check_log
from tests.conftest import database
from tests.ledger.witnessed import NAMES, Court, court
from tests.services.cli_case import write_case
from tests.services.desk import Desk, superuser
from tests.services.test_cli_verifying import outcomes, said_by


@pytest.fixture(scope="module")
def witnesses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    with court(tmp_path_factory.mktemp("witnesses")) as found:
        yield found


@pytest.fixture
def witnessed(desk: Desk, witnesses: Court) -> Desk:
    """Return a desk whose log all three know."""
    witnesses.log(desk.home)
    desk.environment["SCP_LEDGER_WITNESSES"] = ",".join(
        f"{each.address} {each.verifier.vkey}" for each in witnesses.witnesses
    )
    return desk


def test_what_all_witnesses_have_cosigned_is_verified_and_the_pin_names_them(witnessed: Desk) -> None:
    code, said = said_by(witnessed)
    assert (code, said["findings"], said["size"]) == (0, [], check_log(witnessed.database))
    assert [name in said["pin"] for name in NAMES] == [True] * 3
    write_case(witnessed.database, "SC-2025-015")
    code, later = said_by(witnessed, "--pin", said["pin"])
    assert (code, later["size"] > said["size"]) == (0, True)


def test_witnesses_remember_what_an_older_backup_of_everything_has_forgotten(
    witnessed: Desk, postgres_server: str, tmp_path: Path
) -> None:
    """Database and home are of one moment, so nothing on this machine contradicts anything."""
    said_by(witnessed)
    home = tmp_path / "backup"
    shutil.copytree(witnessed.home, home, ignore=shutil.ignore_patterns(home.name))
    with database(postgres_server, str(conninfo_to_dict(witnessed.database)["dbname"])) as older:
        write_case(witnessed.database, "SC-2025-015")
        newer = said_by(witnessed)[1]["size"]
        witnessed.database = older
        code, said = said_by(
            witnessed, "--no-checkpoint", SCP_HOME=str(home), SCP_LEDGER_KEY=str(home / "ledger.key")
        )
    assert (code, outcomes(said)) == (3, ["contradicted"] * len(NAMES))
    assert all(str(newer) in each["says"] for each in said["findings"]), said


def test_a_cosignature_that_is_garbage_is_found_and_so_are_too_few_of_them(
    witnessed: Desk, connection: Connection[Any]
) -> None:
    size = said_by(witnessed)[1]["size"]
    [(note,)] = connection.execute("SELECT note FROM ledger.checkpoints WHERE size = %s", [size]).fetchall()
    lines = note.splitlines(keepends=True)
    garbage = f"{lines[-1][:-13]}{lines[-1][-13:].swapcase()}"
    superuser(connection, "UPDATE ledger.edge SET size = size")
    for kept, expected in (([*lines[:-1], garbage], 4), (lines[:-1], 0), (lines[:-2], 8)):
        connection.execute("UPDATE ledger.checkpoints SET note = %s WHERE size = %s", ["".join(kept), size])
        code, said = said_by(witnessed, "--no-checkpoint")
        assert code == expected, said
