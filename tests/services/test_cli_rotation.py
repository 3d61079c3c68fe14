"""`scp-events ledger rotate` and `keys`, and everything that has to go on across a hand-over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from scp_events.ledger.format.log_keys import LogKeys
from scp_events.ledger.format.note import KeyKind, Verifier
from scp_events.ledger.key_files import next_of, read_key
from scp_events.ledger.offline import verify as offline
from tests.ledger.log.test_startup import restored
from tests.services.cli_case import Written, write_case
from tests.services.cli_run import scp
from tests.services.test_cli_proving import Desk, exported


@pytest.fixture
def desk(log_database: str, tmp_path: Path) -> Desk:
    written: Written = write_case(log_database)
    assert written
    desk = Desk(log_database, tmp_path / "home")
    assert desk.scp("verify").code == 0
    return desk


def vkey(desk: Desk) -> str:
    return read_key(desk.home / "ledger.key", KeyKind.NOTE).verifier.vkey


def test_verify_anchors_and_bundles_go_on_across_a_hand_over(desk: Desk, tmp_path: Path) -> None:
    old = vkey(desk)
    before = exported(desk, tmp_path / "before.zip")
    ran = desk.scp("ledger", "rotate")
    new = ran.out.removesuffix("\n")
    assert ran.code == 0, ran.err
    assert (new, new != old) == (vkey(desk), True)
    assert "destroy its copies" in ran.err
    write_case(desk.database, "SC-2025-015")
    assert desk.scp("verify").code == 0
    asked = desk.scp("anchors")
    assert asked.code == 0
    assert f"this log signs with {new}" in asked.err
    after = exported(desk, tmp_path / "after.zip")
    for key in (old, new):
        assert offline.verify_archive(after, offline.Trust(key)).wrong == []
    assert offline.verify_archive(before, offline.Trust(old)).wrong == []


def test_a_case_is_exported_at_a_checkpoint_that_the_old_key_signed(desk: Desk, tmp_path: Path) -> None:
    old = vkey(desk)
    size = json.loads(desk.scp("verify", "--format", "json").out)["size"]
    desk.scp("ledger", "rotate")
    write_case(desk.database, "SC-2025-015")
    desk.scp("verify")
    bundle = exported(desk, tmp_path / "case.zip", "--at", str(size))
    for key in (old, vkey(desk)):
        assert offline.verify_archive(bundle, offline.Trust(key)).wrong == []


def test_keys_are_listed_with_the_hand_overs_that_join_them(desk: Desk) -> None:
    old = Verifier.parse(vkey(desk))
    size = json.loads(desk.scp("verify", "--format", "json").out)["size"]
    desk.scp("ledger", "rotate")
    rows = json.loads(desk.scp("ledger", "keys", "--format", "json").out)
    assert [(row["key"], row["signs_from"]) for row in rows] == [(old.vkey, 0), (vkey(desk), size + 1)]
    keys = LogKeys.of(old, [row["hand_over"] for row in rows[1:]])
    assert keys.newest.vkey == vkey(desk)
    assert "signs from" in desk.scp("ledger", "keys").out


def test_the_next_key_is_made_for_witnesses_to_know_before_it_signs(desk: Desk) -> None:
    old = vkey(desk)
    prepared = desk.scp("ledger", "rotate", "--prepare")
    assert prepared.code == 0
    assert vkey(desk) == old
    assert desk.scp("verify").code == 0
    assert desk.scp("ledger", "rotate").out == prepared.out == f"{vkey(desk)}\n"
    assert not next_of(desk.home / "ledger.key").exists()


def test_a_restored_log_is_not_handed_over(desk: Desk, connection: Connection[Any]) -> None:
    old = vkey(desk)
    restored(connection, 5)
    ran = desk.scp("ledger", "rotate")
    assert ran.code == 3
    assert vkey(desk) == old


def test_who_has_no_key_has_nothing_to_hand_over(desk: Desk) -> None:
    ran = scp("ledger", "rotate", database=desk.database, SCP_HOME=str(desk.home / "elsewhere"))
    assert ran.code == 1
    assert "SCP_LEDGER_KEY" in ran.err
