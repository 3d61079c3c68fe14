from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from scp_events.privacy import KeyringError, KeyServiceDownError, open_keyring
from scp_events.privacy.opening import home_named
from scp_events.privacy.vault_home import VaultHome
from tests.privacy.conftest import Opening
from tests.vault import Vault, running

pytestmark = pytest.mark.vault
KEYS = [b"k" * 32, b"another key, of another length"]


@pytest.fixture
def named(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SCP_KEYRING_TOKEN", vault.token)
    return f"{vault.address}-{uuid4()}"


@pytest.fixture
def home(named: str) -> VaultHome:
    home = home_named(named)(uuid4())
    assert isinstance(home, VaultHome)
    assert home.epochs() == []
    assert home.begin_epoch() == 1
    return home


def test_what_was_wrapped_is_unwrapped_and_looks_like_nothing(home: VaultHome) -> None:
    wrapped = home.wrap(1, KEYS)
    assert home.unwrap([(1, each) for each in wrapped]) == KEYS
    assert not [key for key, each in zip(KEYS, wrapped, strict=True) if key in each]


def test_one_that_cannot_be_opened_does_not_keep_the_others_closed(home: VaultHome) -> None:
    wrapped = home.wrap(1, KEYS)
    changed = wrapped[0][:-6] + b"AAAA" + wrapped[0][-2:]
    asked = [(1, wrapped[0]), (1, changed), (1, b"nonsense"), (1, b""), (1, b"\xff"), (1, wrapped[1])]
    assert home.unwrap(asked) == [KEYS[0], None, None, None, None, KEYS[1]]
    anew = home.rewrap(home.begin_epoch(), asked)
    assert [each is None for each in anew] == [False, True, True, True, True, False]


def test_keys_are_wrapped_anew_without_being_seen_here(home: VaultHome) -> None:
    wrapped = [(1, each) for each in home.wrap(1, KEYS)]
    epoch = home.begin_epoch()
    anew = [(epoch, each) for each in home.rewrap(epoch, wrapped) if each]
    assert all(each.startswith(b"vault:v2:") for _, each in anew)
    assert home.unwrap(anew) == KEYS


def test_an_epoch_that_was_ended_opens_nothing_ever_again(home: VaultHome, vault: Vault) -> None:
    wrapped = [(1, each) for each in home.wrap(1, KEYS)]
    home.begin_epoch()
    for _ in range(2):
        home.end_epoch(1)
        assert home.epochs() == [2]
    assert home.unwrap(wrapped) == [None, None]
    key = home.name.rpartition("/")[2]
    vault.ask("POST", f"transit/keys/{key}/config", {"min_decryption_version": 1})
    assert home.unwrap(wrapped) == [None, None], "not even for the owner of the Vault"


def test_a_refused_token_is_told_from_a_key_that_is_not_there(
    home: VaultHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCP_KEYRING_TOKEN", "another-token")
    with pytest.raises(KeyServiceDownError, match="refuses the token") as refused:
        home.wrap(1, KEYS)
    assert "another-token" not in str(refused.value)


def test_a_token_in_a_file_is_read_anew_each_time(
    home: VaultHome, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    monkeypatch.delenv("SCP_KEYRING_TOKEN")
    monkeypatch.setenv("SCP_KEYRING_TOKEN_FILE", str(file))
    with pytest.raises(KeyringError, match="cannot be read from"):
        home.epochs()
    file.write_text("expired\n")
    with pytest.raises(KeyServiceDownError):
        home.epochs()
    file.write_text(f"{vault.token}\n")
    assert home.epochs() == [1]


def test_a_vault_that_is_down_is_a_service_that_is_down(
    log_database: str, opening: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path / "log") as other:
        monkeypatch.setenv("SCP_KEYRING_TOKEN", other.token)
        address = f"{other.address}-{uuid4()}"
        with open_keyring(log_database, named=address) as keyring:
            key = keyring.to_encrypt(uuid4(), "core")
            other.process.kill()
            other.process.wait()
            keyring.cache.forget_all()
            with pytest.raises(KeyServiceDownError, match="cannot be reached"):
                keyring.to_open(str(key.key_id))
            with pytest.raises(KeyServiceDownError):
                keyring.to_encrypt(uuid4(), "core")
        with pytest.raises(KeyringError, match="cannot be reached"):
            open_keyring(log_database, named=address)


def test_nothing_that_is_shown_holds_the_token(home: VaultHome, vault: Vault) -> None:
    assert vault.token not in repr(home) + home.name
