"""`scp-events verify`, as it is typed: what it comes to, each with an exit code and a place in the JSON."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection

from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.key_files import read_key
from scp_events.ledger.log.outcomes import CODES, MEANINGS, Outcome
from tests.check_log import check_log
from tests.ledger.edits import ATTACKER, covered_anew
from tests.ledger.log.test_startup import restored
from tests.services.cli_case import REFERENCE, SECRET, write_case
from tests.services.desk import Desk, superuser
from tests.words import SUPERVISOR, decision


def said_by(desk: Desk, *arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    ran = desk.scp("verify", "--format", "json", *arguments, **environment)
    said = json.loads(ran.out)
    assert (said["exit_code"], CODES[Outcome(said["outcome"])]) == (ran.code, ran.code)
    return ran.code, said


def outcomes(said: dict[str, Any]) -> list[str]:
    return [finding["outcome"] for finding in said["findings"]]


# --- what is as it was ------------------------------------------------------------------------------------


def test_a_log_is_covered_and_verified(desk: Desk) -> None:
    events = check_log(desk.database)
    ran = desk.scp("verify")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Verified: {events} events, root ")
    assert "Every event, copy, tile and count is as it was signed; 3 checkpoints agree." in ran.out
    assert "Outcome: verified, " in ran.out
    assert "Not claimed: events that no checkpoint covers yet; read models" in ran.out


def test_programs_are_told_size_root_and_first_wrong_position(desk: Desk) -> None:
    events = check_log(desk.database)
    _, said = said_by(desk)
    assert (said["size"], said["first_wrong_position"], said["wrong"]) == (events, None, None)
    assert len(bytes.fromhex(said["root"])) == 32
    assert (said["head"], said["not_covered"], said["outcome"]) == (events, 0, "verified")
    assert {each["what"] for each in said["not_claimed"]} > {"the keyring"}


def test_events_nobody_has_covered_are_not_vouched_for(desk: Desk) -> None:
    desk.scp("verify")
    write_case(desk.database, "SC-2025-015")
    ran = desk.scp("verify", "--no-checkpoint")
    assert ran.code == 0
    assert "Nobody can vouch for the last" in ran.out
    assert "no checkpoint covers them yet" in ran.out
    assert "Nobody can vouch" not in desk.scp("verify").out


def test_there_is_no_false_alarm_while_others_record(desk: Desk) -> None:
    desk.scp("verify")
    writing = threading.Thread(
        target=lambda: [write_case(desk.database, f"SC-2026-{number:03}") for number in range(3)]
    )
    writing.start()
    while writing.is_alive():
        assert said_by(desk)[0] == 0
    writing.join()
    assert said_by(desk)[0] == 0


def erase(desk: Desk, reference: str) -> None:
    grounds = desk.home / "grounds.json"
    decided = decision(SUPERVISOR, "right-to-erasure", reason_text="Asked for.")
    grounds.write_text(json.dumps(decided.model_dump(mode="json", exclude={"by"})))
    for who in (("kw-juniper", "--role", "key-worker"), ("sv-rowan", "--grounds", str(grounds))):
        ran = desk.scp("erase", reference, "--by", *who)
        assert ran.code == 0, ran.err


def test_an_erasure_is_no_alarm(desk: Desk) -> None:
    desk.scp("caseload")
    pin = said_by(desk)[1]["pin"]
    erase(desk, REFERENCE)
    assert said_by(desk, "--pin", pin)[0] == 0
    assert desk.scp("projections", "verify").code == 0


# --- what is not ------------------------------------------------------------------------------------------


def test_an_altered_event_is_named_with_its_position(desk: Desk, connection: Connection[Any]) -> None:
    desk.scp("verify")
    superuser(connection, "UPDATE event_log.events SET type = type || 'x' WHERE position = 7")
    ran = desk.scp("verify")
    assert ran.code == 4
    assert ran.out.startswith("WRONG from position 7 on: ")
    assert "it is not the event that the ledger has here\n" in ran.out
    assert "Outcome: altered, " in ran.out
    said = desk.scp("verify", "--format", "json")
    assert (said.code, json.loads(said.out)["first_wrong_position"]) == (4, 7)
    assert SECRET not in ran.out + ran.err + said.out + said.err


def test_a_copy_that_was_altered_is_named_with_its_column(desk: Desk, connection: Connection[Any]) -> None:
    desk.scp("verify")
    superuser(connection, "UPDATE event_log.events SET occurred_at = now() WHERE position = 5")
    code, said = said_by(desk)
    [finding] = said["findings"]
    assert (code, finding["position"], finding["name"]) == (4, 5, "event_log.events.occurred_at")


def test_a_restored_database_is_not_verified(desk: Desk, connection: Connection[Any]) -> None:
    events = check_log(desk.database)
    desk.scp("verify")
    restored(connection, 5)
    code, said = said_by(desk)
    assert (code, said["pin"]) == (3, None)
    assert outcomes(said) == ["contradicted"]
    assert f"0 events are covered here, and {desk.home}/checkpoints.ndjson holds {events}" in str(said)


def test_a_damaged_ledger_is_told_and_no_traceback(desk: Desk) -> None:
    desk.scp("verify")
    with psycopg.connect(desk.database, autocommit=True) as connection:
        connection.execute("UPDATE ledger.edge SET rows = '{}'")
    ran = desk.scp("verify")
    assert ran.code == 4
    assert "are not the open tiles" in ran.out


# --- whose key it is --------------------------------------------------------------------------------------


def test_history_rewritten_and_signed_with_an_own_key_is_not_believed(
    desk: Desk, connection: Connection[Any]
) -> None:
    desk.scp("verify")
    superuser(connection, "UPDATE ledger.edge SET size = size")
    connection.execute("ALTER TABLE ledger.tiles DISABLE TRIGGER ALL")
    covered_anew(connection)
    code, said = said_by(desk)
    assert (code, said["pin"]) == (5, None)
    assert ATTACKER.verifier.vkey in said["findings"][0]["says"]
    connection.execute("UPDATE event_log.events SET body = body || ' ' WHERE position = 3")
    covered_anew(connection)
    code, said = said_by(desk)
    assert (code, outcomes(said)[0]) == (3, "contradicted"), "the anchor file is ours"
    assert "another-key" in outcomes(said)


def test_without_anything_of_ones_own_a_log_is_vouched_for_by_nobody(desk: Desk, tmp_path: Path) -> None:
    desk.scp("verify")
    nothing = {"SCP_HOME": str(tmp_path / "elsewhere"), "SCP_LEDGER_KEY": ""}
    code, said = said_by(desk, "--no-checkpoint", **nothing)
    assert (code, said["outcome"], said["compared_with"]) == (9, "vouched-by-nobody", [])
    assert "Consistent in itself: 12 events" in desk.scp("verify", "--no-checkpoint", **nothing).out


def test_a_trust_policy_is_enough_and_its_key_is_the_one_that_counts(desk: Desk, tmp_path: Path) -> None:
    desk.scp("verify")
    nothing = {"SCP_HOME": str(tmp_path / "elsewhere"), "SCP_LEDGER_KEY": ""}
    policy = tmp_path / "trust.policy"
    policy.write_text(Trust(logs=(read_key(desk.home / "ledger.key", KeyKind.NOTE).verifier,)).text())
    assert said_by(desk, "--no-checkpoint", "--trust", str(policy), **nothing)[0] == 0
    policy.write_text(Trust(logs=(ATTACKER.verifier,)).text())
    assert said_by(desk, "--no-checkpoint", "--trust", str(policy), **nothing)[0] == 5


# --- anchors and pins -------------------------------------------------------------------------------------


def test_the_last_line_can_be_pinned_and_given_again(
    desk: Desk, tmp_path: Path, connection: Connection[Any]
) -> None:
    pin = desk.scp("verify").out.splitlines()[-1]
    assert said_by(desk)[1]["pin"] == pin
    write_case(desk.database, "SC-2025-015")
    kept = tmp_path / "pins"
    kept.write_text(f"earlier\n{pin}\n\n")
    assert said_by(desk, "--pin", pin)[0] == said_by(desk, "--pin", str(kept))[0] == 0
    origin, size, _ = pin.split()
    for strange in (f"{origin} {size} {'A' * 43}=", f"another.example/log {pin.partition(' ')[2]}"):
        code, said = said_by(desk, "--pin", strange)
        assert (code, outcomes(said)) == (3, ["contradicted"])
    assert desk.scp("verify", "--pin", "nonsense").code == 2
    assert connection


def test_an_anchor_of_this_log_that_cannot_be_compared_is_told(desk: Desk) -> None:
    desk.scp("verify")
    anchor = desk.home / "checkpoints.ndjson"
    whole = anchor.read_text()
    assert said_by(desk, SCP_LEDGER_ANCHOR=str(anchor))[0] == 0
    for damaged in ("nonsense\n", whole.replace('"root": "', '"root": "0'), whole[:-40] + "}\n", ""):
        anchor.write_text(damaged)
        code, said = said_by(desk, "--no-checkpoint", SCP_LEDGER_ANCHOR=str(anchor))
        assert (code, outcomes(said)) == (7, ["anchor-not-compared"]), damaged
    anchor.unlink()
    assert said_by(desk, "--no-checkpoint", SCP_LEDGER_ANCHOR=str(anchor))[0] == 7, "named and gone"
    anchor.write_text(whole[: len(whole) // 2] + "\n" + whole)
    assert said_by(desk, "--no-checkpoint")[0] == 0, "a crash leaves an unfinished line"


def test_a_line_of_a_foreign_log_is_told(desk: Desk, tmp_path: Path) -> None:
    desk.scp("verify")
    stranger = Signer("another.example/log", KeyKind.NOTE, b"the key of another log".ljust(32))
    key = tmp_path / "another.key"
    key.write_text(f"{stranger.skey}\n")
    key.chmod(0o600)
    code, said = said_by(
        desk,
        "--no-checkpoint",
        SCP_LEDGER_KEY=str(key),
        SCP_LEDGER_ANCHOR=str(desk.home / "checkpoints.ndjson"),
    )
    assert (code, outcomes(said)) == (5, ["another-key", "another-key", "foreign-anchor"])


# --- witnesses --------------------------------------------------------------------------------------------


def test_a_stale_home_with_its_witnesses_away_is_not_verified(
    desk: Desk, connection: Connection[Any]
) -> None:
    """An older backup of database and home agrees with itself; who knows more could not be asked."""
    desk.scp("verify")
    witness = Signer("court.example/witness", KeyKind.COSIGNATURE, b"a witness".ljust(32)).verifier.vkey
    away = {"SCP_LEDGER_WITNESSES": f"http://127.0.0.1:9 {witness}"}
    code, said = said_by(desk, **away)
    assert (code, said["outcome"]) == (8, "witnesses-not-asked")
    assert "court.example/witness cannot be reached" in str(said["findings"])
    assert connection


# --- what is said of it -----------------------------------------------------------------------------------


def test_every_outcome_has_a_code_of_its_own_that_help_and_page_tell() -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/verify-a-case.md").read_text()
    assert sorted(CODES.values()) == [0, 3, 4, 5, 6, 7, 8, 9]
    assert set(CODES) == set(MEANINGS) == set(Outcome)
    for outcome, code in CODES.items():
        assert f"| {code} | `{outcome}` | {outcome.says} |" in page


def test_help_lists_the_exit_codes(desk: Desk) -> None:
    told = desk.scp("verify", "--help").out
    assert all(f"{code}  {outcome}" in told for outcome, code in CODES.items())


def test_settings_that_make_no_sense_are_named(desk: Desk) -> None:
    ran = desk.scp("verify", SCP_LEDGER_WITNESSES="https://court.example")
    assert ran.code == 1
    assert "SCP_LEDGER_WITNESSES: " in ran.err
