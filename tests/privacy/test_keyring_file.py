from __future__ import annotations

import json
import secrets
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from scp_events.privacy import Keyring, KeyringError, PartKey, open_keyring, store
from scp_events.privacy.file_home import FileHome
from tests.privacy.conftest import Opening


@pytest.fixture
def named(keyring_file: Path) -> str:
    return str(keyring_file)


def living(keyring: Keyring, subject: UUID) -> PartKey:
    key = keyring.to_encrypt(subject, "narrative")
    assert isinstance(key, PartKey)
    return key


def test_a_lost_keyring_is_missed_and_not_made_anew(opening: Opening, keyring_file: Path) -> None:
    living(opening(), uuid4())
    keyring_file.unlink()
    with pytest.raises(KeyringError, match="does not hold the key of epoch 1"):
        opening()
    assert not keyring_file.exists()


def test_the_keyring_of_another_installation_is_refused(
    opening: Opening, new_database: str, keyring_file: Path
) -> None:
    """Databases share a file, not keys."""
    living(opening(), uuid4())
    other = opening(new_database)
    assert other.home.epochs() == [1]
    written = json.loads(keyring_file.read_text())["installations"]
    assert len(written) == 2
    one, another = written
    written[one], written[another] = written[another], written[one]
    keyring_file.write_text(json.dumps({"scp-events keyring": 1, "installations": written}))
    with pytest.raises(KeyringError, match="does not hold the key"):
        opening()


def test_nothing_that_is_shown_of_a_keyring_holds_a_key(
    opening: Opening, log_database: str, keyring_file: Path
) -> None:
    drawn: list[bytes] = []

    def draw(length: int) -> bytes:
        drawn.append(secrets.token_bytes(length))
        return drawn[-1]

    keyring = Keyring(log_database, lambda who: FileHome(keyring_file, who, random=draw), random=draw)
    with keyring:
        key = living(keyring, uuid4())
        stored = keyring.store.ask(store.beside([str(key.key_id)]))
        shown = " ".join(map(repr, (keyring, keyring.home, keyring.cache, key, *stored, keyring.store)))
    for secret in drawn:
        for form in (secret.hex(), repr(secret)[2:-1], secret.hex().upper()):
            assert form not in shown
    assert repr(stored[0].wrapped) not in shown


# --- which keyring is meant -------------------------------------------------------------------------------


@pytest.fixture
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SCP_KEYRING", "SCP_DATABASE_URL", "SCP_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_nothing_named")
def test_beside_an_embedded_database_the_keyring_is_a_file_in_the_same_home(
    log_database: str, tmp_path: Path
) -> None:
    with open_keyring(log_database, home=tmp_path) as keyring:
        assert keyring.home.name == f"file {tmp_path / 'keyring'}"
    assert (tmp_path / "keyring").exists()


@pytest.mark.usefixtures("_nothing_named")
def test_beside_a_database_of_ones_own_it_has_to_be_named(
    log_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyringError, match="SCP_KEYRING is not set"):
        open_keyring(log_database, url=log_database, home=tmp_path)
    monkeypatch.setenv("SCP_DATABASE_URL", log_database)
    with pytest.raises(KeyringError, match="SCP_KEYRING is not set"):
        open_keyring(log_database)
    monkeypatch.setenv("SCP_KEYRING", str(tmp_path / "named"))
    open_keyring(log_database).close()
    assert (tmp_path / "named").exists()
    open_keyring(log_database, named=str(tmp_path / "named"), url=log_database).close()


VAULTS = {
    "https://vault.example:8200": "cannot be read as the address of a Vault",
    "https://vault.example:8200/scp": "cannot be read as the address of a Vault",
    "https://somebody:secret@vault.example/transit/scp": "cannot be read as the address of a Vault",
    "http://vault.example:8200/transit/scp": "without TLS",
    "https://127.0.0.1:9/transit/scp": "set SCP_KEYRING_TOKEN",
}


@pytest.mark.parametrize(("address", "complaint"), VAULTS.items())
def test_an_address_that_cannot_be_used_is_refused_with_the_remedy(
    log_database: str, address: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCP_KEYRING_TOKEN", raising=False)
    with pytest.raises(KeyringError, match=complaint) as refused:
        open_keyring(log_database, named=address)
    assert "secret" not in str(refused.value)


def test_an_epoch_is_not_retired_while_a_file_holds_its_key(
    keyring: Keyring, keyring_file: Path, tmp_path: Path
) -> None:
    keyring.to_encrypt(uuid4(), "core")
    keyring.rotate()
    copy = tmp_path / "backup" / "of it"
    copy.parent.mkdir()
    copy.write_bytes(keyring_file.read_bytes())
    with pytest.raises(KeyringError, match="of it holds the key of epoch 1"):
        keyring.retire([copy.parent])
    assert [each.retired_at for each in keyring.epochs()] == [None, None]
    assert keyring.home.epochs() == [1, 2]
    copy.unlink()
    assert keyring.retire([copy.parent]) == [1]
    assert keyring.home.epochs() == [2]
