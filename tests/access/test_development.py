"""Development tokens: one key an installation, nobody else may read it, loopback only."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scp_events.access import Client, TokenError, Verifier, development
from scp_events.access.development import KEY_FILE, DevelopmentModeError
from tests.words import KEY_WORKER, SUPERVISOR

AUDIENCE = "scp-api"
HERE = Client("127.0.0.1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - it must be refused


def believing(home: Path) -> Verifier:
    return Verifier([development.issuer(home, AUDIENCE, "127.0.0.1")])


def test_a_development_token_speaks_for_whoever_it_was_made_for(tmp_path: Path) -> None:
    minted = development.mint(tmp_path, KEY_WORKER, AUDIENCE)
    assert believing(tmp_path).verify(minted, HERE).actor == KEY_WORKER


def test_it_opens_nothing_from_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="development-token-from-elsewhere"):
        believing(tmp_path).verify(development.mint(tmp_path, SUPERVISOR, AUDIENCE), Client("203.0.113.9"))


def test_it_opens_nothing_of_another_installation(tmp_path: Path) -> None:
    with pytest.raises(TokenError, match="wrong-signature"):
        believing(tmp_path / "a").verify(development.mint(tmp_path / "b", SUPERVISOR, AUDIENCE), HERE)


def test_it_lasts_a_working_day(tmp_path: Path) -> None:
    yesterday = datetime.now(UTC) - timedelta(hours=9)
    with pytest.raises(TokenError, match="expired"):
        believing(tmp_path).verify(development.mint(tmp_path, SUPERVISOR, AUDIENCE, now=yesterday), HERE)


@pytest.mark.parametrize("host", [*EVERYWHERE, "10.0.0.1", "localhost", "example.org", "", "::ffff:8.8.8.8"])
def test_a_server_anybody_can_reach_does_not_believe_them(host: str, tmp_path: Path) -> None:
    with pytest.raises(DevelopmentModeError, match=r"127\.0\.0\.1"):
        development.issuer(tmp_path, AUDIENCE, host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1"])
def test_a_server_on_loopback_believes_them(host: str, tmp_path: Path) -> None:
    assert development.issuer(tmp_path, AUDIENCE, host).loopback_only


def test_nobody_else_may_read_the_key(tmp_path: Path) -> None:
    development.key(tmp_path)
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(DevelopmentModeError, match="others may read"):
        development.key(tmp_path)


def test_of_several_makers_of_the_key_one_wins(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: development.key(tmp_path), range(16)))
    assert len({key.private_bytes_raw() for key in keys}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
