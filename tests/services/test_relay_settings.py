from __future__ import annotations

import json
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from scp_events.runtime.program import CannotWorkError
from scp_relay.secret import load_or_make
from scp_relay.settings import Settings


@pytest.fixture(autouse=True)
def _only_what_the_test_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SCP_DATABASE_URL", "SCP_KAFKA_BOOTSTRAP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SCP_HOME", str(tmp_path))


# ----------------------------------------------------------------------------------------------- settings


def test_only_the_broker_must_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SCP_KAFKA_BOOTSTRAP", "one:9092,two:9092")
    settings = Settings()
    assert settings.relay_audiences == ("internal",)
    assert settings.topic_of("internal") == "scp.events.internal"
    assert settings.key_file == tmp_path / "stream-pseudonyms.key"


def test_audiences_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCP_RELAY_AUDIENCES", "internal, partners")
    assert Settings(kafka_bootstrap="one:9092").relay_audiences == ("internal", "partners")


@pytest.mark.parametrize(
    "wrong",
    [
        {"relay_audiences": "internal,strangers"},
        {"relay_audiences": "internal,internal"},
        {"relay_audiences": ""},
        {"kafka_partitions": 0},
        {"kafka_partitions": 1025},
        {"relay_batch": 2001},
        {"kafka_prefix": "not a topic"},
        {"installation": "no URI"},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"kafka_bootstrap": "one:9092"} | wrong)


def test_a_relay_that_is_not_told_its_broker_says_so_and_shows_no_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCP_DATABASE_URL", "postgresql://u:secret-word@host/db")
    monkeypatch.setenv("SCP_RELAY_BATCH", "secret-number")
    done = subprocess.run(
        [sys.executable, "-m", "scp_relay"], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 2
    (said,) = [json.loads(line) for line in done.stderr.splitlines()]
    assert "SCP_KAFKA_BOOTSTRAP: Field required" in said["reason"]
    assert "SCP_RELAY_BATCH: " in said["reason"]
    assert "secret" not in done.stderr + done.stdout


# --------------------------------------------------------------------------------- the pseudonyms' secret


def test_the_secret_is_made_once_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "below" / "key"
    secret = load_or_make(path)
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make(path) == secret
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_relays_that_make_the_secret_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(load_or_make, [tmp_path / "key"] * 32))) == 1


def test_a_secret_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_or_make(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(CannotWorkError, match="chmod 600"):
        load_or_make(tmp_path / "key")


@pytest.mark.parametrize("damaged", ["", "abcd\n", "no hexadecimal digits"])
def test_a_damaged_secret_is_refused_and_not_shown(tmp_path: Path, damaged: str) -> None:
    path = tmp_path / "key"
    load_or_make(path)
    path.write_text(damaged)
    with pytest.raises(CannotWorkError, match="64 hexadecimal digits") as refusal:
        load_or_make(path)
    assert not damaged or damaged not in str(refusal.value)


# --------------------------------------------------------------------------------------------- the watchdog


def test_a_commit_that_never_ends_ends_the_process() -> None:
    program = (
        "import time\n"
        "from types import SimpleNamespace\n"
        "from scp_relay.broker import commit\n"
        "stuck = SimpleNamespace(flush=lambda timeout: None, commit_transaction=lambda: time.sleep(600))\n"
        "commit(stuck, 0.2)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    assert "commit_transaction" not in done.stdout
    assert "Timeout" in done.stderr
