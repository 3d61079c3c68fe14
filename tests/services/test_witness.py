"""`scp-events witness`: real programs on loopback that are killed, asked by several and by a thief."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from scp_events.ledger.format.checkpoint import open_checkpoint, with_cosignatures
from scp_events.ledger.format.note import KeyKind, Signature, SignatureError, Signer, Verifier
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.key_files import read_key
from scp_events.ledger.witness.asking import collect, cosignatures
from scp_events.ledger.witness.cosigning import AddCheckpoint
from tests.ledger.history import History
from tests.ledger.leaves import invented
from tests.services.cli_run import scp, scp_process
from tests.services.witnessing import START, Running, Told, begun, founded, running

LOGS = [Signer(f"log-{number}.example", KeyKind.NOTE, bytes([number + 1] * 32)) for number in range(40)]
HISTORIES = iter([History(invented(200), log) for log in LOGS])


@pytest.fixture
def history() -> History:
    """Return the history of a log that no other test asks for."""
    return next(HISTORIES)


@pytest.fixture(scope="module")
def agencies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Running]]:
    """Yield three witnesses that run."""
    homes = [tmp_path_factory.mktemp(agency) / "witness" for agency in ("court", "ministry", "police")]
    names = ("court.example", "ministry.example", "police.example")
    made = [(home, founded(home, name, *LOGS)) for home, name in zip(homes, names, strict=True)]
    with running(*made) as witnesses:
        yield witnesses


def trust_in(history: History, witnesses: list[Running], quorum: int) -> Trust:
    return Trust.of([history.signer.verifier], {each.verifier: each.address for each in witnesses}, quorum)


def gathered(history: History, size: int, witnesses: list[Running]) -> str:
    """Return a checkpoint with all the cosignatures its log gets for it."""
    addresses = {each.verifier: each.address for each in witnesses}
    replies = collect(history.signed(size), addresses, lambda old: history.proof(old, size), patience=START)
    return with_cosignatures(history.signed(size), cosignatures(replies))


# --- one witness ------------------------------------------------------------------------------------------


def test_a_witness_cosigns_what_continues_the_last_and_answers_the_rest_by_the_book(
    agencies: list[Running], history: History
) -> None:
    witness = agencies[0]
    told = witness.ask(history, 0, 40)
    witness.cosignature(told, history.checkpoint(40))
    assert told.media_type == "text/plain; charset=utf-8"
    witness.cosignature(witness.ask(history, 40, 69), history.checkpoint(69))
    assert witness.ask(history, 40, 70) == Told(409, "text/x.tlog.size", "69\n")
    assert witness.ask(history.rewritten(0), 69, 69).status == 422
    assert witness.ask(history.rewritten(0), 69, 80).status == 422
    assert witness.ask(history, 71, 70).status == 400
    assert witness.post(b"hello").status == 400
    stranger = replace(history, signer=Signer("stranger.example", KeyKind.NOTE, bytes(32)))
    assert witness.ask(stranger, 0, 40).status == 404
    thief = replace(history, signer=Signer(history.signer.name, KeyKind.NOTE, bytes(32)))
    assert witness.ask(thief, 69, 70).status == 403
    assert set(witness.contradictions()) >= {history.rewritten(0).signed(69), history.rewritten(0).signed(80)}


def test_there_is_one_thing_to_ask_for(agencies: list[Running]) -> None:
    assert agencies[0].post(b"", path="/").status == 404
    assert agencies[0].post(b"", path="/docs").status == 404
    assert agencies[0].post(b"", method="PUT").status == 405


def test_a_request_that_is_too_long_is_refused_before_it_is_read(agencies: list[Running]) -> None:
    """Its length is said, and most of it is never sent."""
    connection = HTTPConnection("127.0.0.1", agencies[0].port, timeout=START)
    connection.putrequest("POST", "/add-checkpoint")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders(b"x" * (64 * 1024 + 1))
    assert connection.getresponse().status == 413
    connection.close()


def test_a_connection_serves_for_several_requests(agencies: list[Running], history: History) -> None:
    connection = HTTPConnection("127.0.0.1", agencies[0].port, timeout=START)
    for old, size in ((0, 5), (5, 9)):
        connection.request("POST", "/add-checkpoint", history.asks(old, size).encode())
        with connection.getresponse() as answer:
            assert answer.status == 200
            answer.read()
        assert connection.sock
    connection.close()


def test_of_two_requests_at_once_never_both_win(agencies: list[Running], history: History) -> None:
    """Pairs of checkpoints that exclude each other, sent at the same moment over two connections."""
    witness, told = agencies[1], history
    with ThreadPoolExecutor(2) as pool:
        for old in range(20):
            other = told.rewritten(old)
            sent = [pool.submit(witness.ask, each, old, old + 1) for each in (told, other)]
            statuses = [future.result().status for future in sent]
            assert sorted(statuses) == [200, 409]
            told = told if statuses[0] == 200 else other
    assert witness.ask(told, 20, 21).status == 200


@pytest.mark.faults
def test_a_killed_witness_that_starts_again_keeps_its_promise(tmp_path: Path, history: History) -> None:
    """It is killed while several ask at once; whatever it gave away before, it holds to."""
    home = tmp_path / "witness"
    verifier = founded(home, "court.example", history.signer)
    given: list[int] = []
    enough = threading.Event()

    def ask_on_and_on(witness: Running) -> None:
        size = max(given, default=0)
        while size < 199:
            try:
                told = witness.ask(history, size, size + 1)
            except (OSError, HTTPException):  # it was killed before, or in the middle of, its answer
                return
            if told.status == 200:
                given.append(size + 1)
                size += 1
                if len(given) >= target:
                    enough.set()
            else:
                size = int(told.said)

    for _ in range(3):
        target = len(given) + 15
        enough.clear()
        with running((home, verifier)) as [witness], ThreadPoolExecutor(4) as pool:
            asking = [pool.submit(ask_on_and_on, witness) for _ in range(4)]
            assert enough.wait(START)
            witness.kill()
            for future in asking:
                future.result()
    with running((home, verifier)) as [witness]:
        size = int(witness.ask(history, 0, 200).said)
        assert size >= max(given)
        assert len(given) >= 45
        for at in (0, size // 2, size - 1):
            forged = history.rewritten(at)
            assert witness.ask(forged, size, size).status == 422
            assert witness.ask(forged, size, 200).status == 422
        witness.cosignature(witness.ask(history, size, 200), history.checkpoint(200))


def test_two_witnesses_never_share_a_memory(tmp_path: Path, history: History) -> None:
    home = tmp_path / "witness"
    verifier = founded(home, "court.example", history.signer)
    with running((home, verifier)):
        second = begun(home, verifier)
        said = second.ended()
    assert second.process.returncode == 2
    assert "another witness runs" in said


def test_a_witness_says_in_its_journal_what_it_did_and_nothing_anybody_sent(
    tmp_path: Path, history: History
) -> None:
    home = tmp_path / "witness"
    verifier = founded(home, "court.example", history.signer)
    with running((home, verifier)) as [witness]:
        witness.ask(history, 0, 40)
        witness.ask(history.rewritten(0), 40, 40)
        witness.post(b"old 0\n\nCasey Example\n1\nAAAA\n\n\xe2\x80\x94 Casey AAAAAAAA\n")
        written = witness.stop()
        assert witness.process.returncode == 0, written
    lines = [json.loads(line) for line in written.splitlines()]
    assert [line["event"] for line in lines] == ["serving", "cosigned", "contradiction", "refused", "ended"]
    assert (lines[1]["origin"], lines[1]["size"]) == (history.signer.name, 40)
    assert lines[2]["origin"] == history.signer.name
    assert "Casey" not in written


# --- several witnesses ------------------------------------------------------------------------------------


def test_the_log_gets_its_cosignatures_and_whoever_asks_for_two_of_three_believes_it(
    agencies: list[Running], history: History
) -> None:
    trust = trust_in(history, agencies, 2)
    for size in (5, 69):
        assert len(trust.open(gathered(history, size, agencies)).cosigned) == 3
    assert len(trust.open(gathered(history, 80, agencies[1:])).cosigned) == 2
    with pytest.raises(SignatureError, match="not the quorum"):
        trust.open(gathered(history, 90, agencies[:1]))


def test_with_the_log_key_stolen_no_rewritten_history_is_accepted(
    agencies: list[Running], history: History
) -> None:
    """The thief signs as the log does, has one of three witnesses' keys, and asks the others for anything."""
    trust = trust_in(history, agencies, 2)
    genuine = gathered(history, 69, agencies)
    assert len(trust.open(genuine).cosigned) == 3
    corrupt, honest = agencies[0], agencies[1:]
    real = open_checkpoint(genuine, trust.logs, witnesses=tuple(trust.witnesses.values()))
    times = dict(real.cosigned)
    for at in (0, 34, 68):
        for size in (at + 1, 69, 70, 128, 200):
            forged = history.rewritten(at)
            text = forged.checkpoint(size).text()
            cosigned = [corrupt.secret().cosign(text, times[corrupt.verifier])]
            for witness in honest:
                cosigned += begged(witness, forged, size, history)
            assert len(cosigned) == 1
            with pytest.raises(SignatureError, match="not the quorum"):
                trust.open(with_cosignatures(forged.signed(size), cosigned))
    assert all(history.rewritten(0).signed(69) in witness.contradictions() for witness in honest)
    assert len(trust.open(gathered(history, 200, agencies)).cosigned) == 3


def begged(witness: Running, forged: History, size: int, genuine: History) -> list[Signature]:
    """Ask for a forged checkpoint with every size and proof a thief could think of; return what that gave."""
    bodies = [forged.asks(old, size) for old in (0, 1, size // 2, 68, 69, size)]
    proofs = (genuine.proof(69, max(size, 69)), (), (bytes(32),), forged.proof(69, max(size, 69)))
    bodies += [AddCheckpoint(69, proof, forged.signed(size)).body() for proof in proofs]
    told = [witness.post(body.encode()) for body in bodies]
    return [Signature.parse(each.said.removesuffix("\n")) for each in told if each.status == 200]


def test_cosignatures_of_the_true_history_do_not_fit_a_forged_one(
    agencies: list[Running], history: History
) -> None:
    genuine = gathered(history, 40, agencies)
    forged = history.rewritten(0).signed(40)
    lines = [Signature.parse(line) for line in genuine.partition("\n\n")[2].splitlines()]
    moved = with_cosignatures(forged, [line for line in lines if line.name != history.signer.name])
    with pytest.raises(SignatureError, match="is wrong"):
        trust_in(history, agencies, 2).open(moved)


# --- the command line -------------------------------------------------------------------------------------


def test_scp_witness_runs_one_until_it_is_told_to_stop(tmp_path: Path, history: History) -> None:
    home = tmp_path / "witness"
    verifier = founded(home, "court.example", history.signer)
    witness = Running(
        home, verifier, scp_process("witness", "--home", str(home), "--port", "0", PYTHONWARNINGS="default")
    )
    try:
        witness.cosignature(witness.ask(history, 0, 5), history.checkpoint(5))
        assert witness.post(b"", "/livez", "GET").said == "alive\n"
    finally:
        said = witness.stop()
    assert witness.process.returncode == 0, said


def test_keygen_prints_the_key_for_others_and_keeps_the_secret_to_itself(tmp_path: Path) -> None:
    made = scp("ledger", "keygen", "programme.example/log", database="", SCP_HOME=str(tmp_path))
    assert made.code == 0
    signer = read_key(tmp_path / "ledger.key", KeyKind.NOTE)
    assert made.out == f"{signer.verifier.vkey}\n"
    assert signer.skey[-44:] not in made.out + made.err
    assert stat.S_IMODE((tmp_path / "ledger.key").stat().st_mode) == 0o600
    witness = scp("witness", "keygen", "court.example", database="", SCP_HOME=str(tmp_path))
    assert Verifier.parse(witness.out.removesuffix("\n")).kind is KeyKind.COSIGNATURE


@pytest.mark.parametrize(
    "order", [("witness", "--home", "{}", "keygen"), ("witness", "keygen", "--home", "{}")]
)
def test_a_witness_is_founded_where_it_was_said_wherever_that_was_said(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    words = [word.format(tmp_path / "here") for word in order]
    made = scp(*words, "court.example", database="", SCP_HOME=str(tmp_path / "elsewhere"))
    assert made.code == 0, made.err
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


@pytest.mark.parametrize("command", [("ledger", "keygen"), ("witness", "keygen")])
def test_keygen_writes_over_nothing_and_takes_only_names_a_key_can_have(
    tmp_path: Path, command: tuple[str, str]
) -> None:
    home = {"SCP_HOME": str(tmp_path)}
    refused = scp(*command, "two words", database="", **home)
    assert (refused.code, "two words" in refused.err) == (1, True)
    assert list(tmp_path.iterdir()) == []
    assert scp(*command, "once.example", database="", **home).code == 0
    again = scp(*command, "twice.example", database="", **home)
    assert (again.code, "holds a key already" in again.err) == (1, True)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("rm promises.json", "would cosign any history"),
        ("rm logs", "write `logs/v0`"),
        ("echo nonsense > logs", "line 1 of the log list"),
        ("rm witness.key", "there is no key"),
        ("chmod 644 witness.key", "chmod 600"),
    ],
)
def test_a_witness_that_cannot_vouch_for_anything_says_what_to_do(
    tmp_path: Path, history: History, spoil: str, said: str
) -> None:
    home = tmp_path / "witness"
    founded(home, "court.example", history.signer)
    subprocess.run(["sh", "-c", spoil], cwd=home, check=True)
    told = {"SCP_WITNESS_HOME": str(home), "SCP_WITNESS_PORT": "0"}
    ran = subprocess.run(
        [sys.executable, "-m", "scp_witness"],
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=False,
        timeout=START,
    )
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_setting_that_cannot_be_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "scp_witness"],
        env=os.environ | {"SCP_WITNESS_PORT": "many"},
        capture_output=True,
        text=True,
        check=False,
        timeout=START,
    )
    assert ran.returncode == 2
    assert "SCP_WITNESS_PORT" in ran.stderr


def test_a_port_that_is_taken_ends_the_witness(tmp_path: Path, history: History) -> None:
    founded(tmp_path / "witness", "court.example", history.signer)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = {
            "SCP_WITNESS_HOME": str(tmp_path / "witness"),
            "SCP_WITNESS_PORT": str(taken.getsockname()[1]),
        }
        ran = subprocess.run(
            [sys.executable, "-m", "scp_witness"],
            env=os.environ | told,
            capture_output=True,
            text=True,
            check=False,
            timeout=START,
        )
    assert ran.returncode == 2
    assert "nobody can listen on 127.0.0.1" in ran.stderr


def test_contradictions_are_listed_while_the_witness_runs(tmp_path: Path, history: History) -> None:
    home = tmp_path / "witness"
    verifier = founded(home, "court.example", history.signer)
    nothing = scp("witness", "contradictions", "--home", str(home), database="")
    assert (nothing.code, nothing.out.strip()) == (0, "Nothing to show.")
    with running((home, verifier)) as [witness]:
        witness.ask(history, 0, 40)
        witness.ask(history.rewritten(0), 40, 40)
        witness.ask(history.rewritten(0), 40, 50)
        listed = scp("witness", "contradictions", "--home", str(home), "--format", "json", database="")
    rows = json.loads(listed.out)
    assert [(row["size"], row["cosigned"], row["says"]) for row in rows] == [
        (40, 40, "two histories"),
        (50, 40, "not shown to continue"),
    ]
    assert rows[0]["signed"] == history.rewritten(0).signed(40)
    assert rows[0]["before"].startswith(history.signed(40))


def test_a_monitor_asks_a_witness_what_it_has_cosigned_last(tmp_path: Path, history: History) -> None:
    home = tmp_path / "witness"
    verifier = founded(home, "court.example", history.signer)
    place = f"/{sha256(history.signer.name.encode()).hexdigest()}/checkpoint"
    with running((home, verifier)) as [witness]:
        assert witness.post(b"", place, "GET").status == 404
        said = witness.ask(history, 0, 40).said
        shown = witness.post(b"", place, "GET")
        assert shown == Told(200, "text/plain; charset=utf-8", history.signed(40) + said)
        assert witness.post(b"", place, "HEAD") == Told(200, "text/plain; charset=utf-8", "")
        assert witness.post(b"", place, "POST").status == 405


def test_a_witness_that_knows_both_keys_goes_on_across_a_hand_over(tmp_path: Path, history: History) -> None:
    home = tmp_path / "witness"
    new = Signer(history.signer.name, KeyKind.NOTE, bytes([7]) * 32)
    verifier = founded(home, "court.example", history.signer, new)
    with running((home, verifier)) as [witness]:
        witness.cosignature(witness.ask(history, 0, 40), history.checkpoint(40))
        after = replace(history, signer=new)
        witness.cosignature(witness.ask(after, 40, 50), history.checkpoint(50))
