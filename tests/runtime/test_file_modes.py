"""A program that would rely on a file which others may read or change does not begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from scp_events.ledger.log.settings import LedgerSettings
from scp_events.runtime import file_modes, opening
from scp_events.runtime.file_modes import OpenToOthersError
from scp_events.runtime.settings import ServiceSettings


class Settings(LedgerSettings, ServiceSettings):
    """All that there is to be looked at."""


def settings(home: Path) -> Settings:
    return Settings(home=home, database_url=None, keyring=None, ledger_key=None, ledger_anchor=None)


def test_what_is_its_owners_alone_or_not_there_yet_is_in_order(tmp_path: Path) -> None:
    file_modes.check(settings(tmp_path / "not there"))
    for name, mode in (("keyring", 0o600), ("ledger.key", 0o400), ("checkpoints.ndjson", 0o644)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    tmp_path.chmod(0o755)
    file_modes.check(settings(tmp_path))


@pytest.mark.parametrize(
    ("name", "mode", "remedy"),
    [
        (".", 0o770, "chmod 700"),
        (".", 0o707, "chmod 700"),
        ("keyring", 0o640, "chmod 600"),
        ("keyring", 0o604, "chmod 600"),
        ("ledger.key", 0o660, "chmod 600"),
        ("checkpoints.ndjson", 0o664, "chmod 600"),
    ],
)
def test_what_others_may_read_or_change_is_refused_with_the_remedy(
    tmp_path: Path, name: str, mode: int, remedy: str
) -> None:
    path = tmp_path if name == "." else tmp_path / name
    if path != tmp_path:
        path.touch()
    path.chmod(mode)
    with (
        pytest.raises(OpenToOthersError, match=rf"mode {mode:04o}\): `{remedy} '{path}'`"),
        opening.opened_log(settings(tmp_path), pool_size=1),
    ):
        pass
    assert not (tmp_path / "postgres").exists(), "nothing is begun"


def test_a_keyring_elsewhere_is_looked_at_and_a_vault_is_not(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    elsewhere.chmod(0o644)
    with pytest.raises(OpenToOthersError, match="elsewhere holds a secret"):
        file_modes.check(settings(tmp_path / "home").model_copy(update={"keyring": str(elsewhere)}))
    vault = "https://vault.example:8200/transit/scp"
    file_modes.check(settings(tmp_path / "home").model_copy(update={"keyring": vault}))
