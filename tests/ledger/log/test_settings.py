"""What the environment says of the ledger: witnesses by address and key, and sensible defaults."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from scp_events.ledger.format.note import KeyKind, Signer
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tables import LedgerError
from tests.ledger.filled import LOG, settings
from tests.ledger.invented_case import WITNESSES

pytestmark = pytest.mark.once  # pure

KEYS = [witness.verifier.vkey for witness in WITNESSES]
SAID = ", ".join(f"https://{number}.example/w {key}" for number, key in enumerate(KEYS))


def test_witnesses_are_named_by_address_and_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCP_LEDGER_WITNESSES", SAID)
    said = LedgerSettings(home=tmp_path)
    assert [witness.key for witness in said.ledger_witnesses] == [each.verifier for each in WITNESSES]
    trust = said.trust(LOG.verifier)
    assert trust.addresses[WITNESSES[2].verifier] == "https://2.example/w"
    assert said.witnessed.text().endswith(
        f"group enough 2 {' '.join(each.name for each in WITNESSES)}\nquorum enough\n"
    )


def test_without_witnesses_nobody_is_asked(tmp_path: Path) -> None:
    said = settings(tmp_path)
    assert said.witnessed.text() == "quorum none\n"
    assert said.key_file == tmp_path / "ledger.key"
    assert said.anchor_file == tmp_path / "checkpoints.ndjson"
    assert (said.policy.events, said.policy.seconds) == (256, 60)


def test_a_file_can_say_who_is_trusted(tmp_path: Path) -> None:
    policy = f"witness court {KEYS[0]} https://court.example\nwitness police {KEYS[2]}\nquorum court\n"
    (tmp_path / "policy").write_text(f"log {LOG.verifier.vkey}\n{policy}")
    trust = settings(tmp_path, ledger_trust=tmp_path / "policy").trust(LOG.verifier)
    assert trust.text() == f"log {LOG.verifier.vkey}\n{policy}"
    with pytest.raises(ValidationError):
        settings(tmp_path, ledger_trust=tmp_path / "policy", ledger_witnesses=SAID)
    with pytest.raises(ValidationError):
        settings(tmp_path, ledger_trust=tmp_path / "gone")


def test_a_log_that_witnesses_itself_is_refused(tmp_path: Path) -> None:
    same = Signer("x.example", KeyKind.COSIGNATURE, LOG.seed).verifier.vkey
    with pytest.raises(LedgerError, match="one of its own witnesses"):
        settings(tmp_path, ledger_witnesses=f"https://x.example {same}").trust(LOG.verifier)


@pytest.mark.parametrize(
    "wrong",
    [
        "https://court.example",
        f"https://court.example {LOG.verifier.vkey}",
        f"{KEYS[0]} https://court.example",
        f"https://a.example {KEYS[0]}, https://b.example {KEYS[0]}",
    ],
    ids=["no key", "a log's key", "the other way round", "one witness twice"],
)
def test_witnesses_that_make_no_sense_are_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ValidationError):
        settings(tmp_path, ledger_witnesses=wrong)


@pytest.mark.parametrize("quorum", [-1, 4])
def test_a_quorum_that_cannot_be_had_is_refused(tmp_path: Path, quorum: int) -> None:
    with pytest.raises(ValidationError):
        settings(tmp_path, ledger_witnesses=SAID, ledger_quorum=quorum)


def test_two_keys_of_one_name_are_refused(tmp_path: Path) -> None:
    other = Signer(WITNESSES[0].name, KeyKind.COSIGNATURE, b"other".ljust(32)).verifier.vkey
    with pytest.raises(ValidationError):
        settings(tmp_path, ledger_witnesses=f"{SAID}, https://d.example {other}")
