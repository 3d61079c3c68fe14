"""Starting and stopping `python -m scp_api`; and, for the other tests of the HTTP door, a service to ask."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from scp_events.access import development
from scp_events.vocabulary import Actor
from tests.conftest import database
from tests.words import KEY_WORKER, REFERRER, SUPERVISOR

AUDIENCE = "scp-api"
GROUNDS: dict[str, Any] = {
    "reason_code": "meets-criteria",
    "reason_text": "An invented reason, long enough to be read.",
    "legal_basis": {
        "instrument": "statute",
        "act": "Example Child Justice Act",
        "section": "s. 17(1)",
        "valid_from": "2015-01-01",
    },
    "options_considered": ["proceed", "no-action"],
    "views": {"expressed": "I want to try this."},
    "policy_version": "2025.1",
}


@dataclass
class Somebody:
    """A member of staff at their screen."""

    http: httpx2.Client

    def get(self, path: str, **parameters: Any) -> httpx2.Response:
        return self.http.get(path, params=parameters)

    def send(
        self,
        path: str,
        command: dict[str, Any],
        *,
        version: int | None = None,
        key: str | None = None,
        occurred_at: str | None = None,
        **headers: str,
    ) -> httpx2.Response:
        said = {"Idempotency-Key": key or uuid4().hex} | headers
        if version is not None:
            said["If-Match"] = f'"{version}"'
        body: dict[str, Any] = {"command": command}
        if occurred_at is not None:
            body["occurred_at"] = occurred_at
        return self.http.post(path, json=body, headers=said)

    def decide(self, path: str, occurred_at: str | None = None, **fields: Any) -> httpx2.Response:
        """Send a decision on the version that stands now."""
        version = self.get(path.rpartition("/")[0]).json()["version"]
        return self.send(path, {"decision": GROUNDS, **fields}, version=version, occurred_at=occurred_at)


@dataclass
class Service:
    """A running `scp_api`, its database and what it wrote."""

    url: str
    conninfo: str
    home: Path
    process: subprocess.Popen[bytes]
    written: Path
    opened: ExitStack = field(default_factory=ExitStack)

    def somebody(self, actor: Actor = SUPERVISOR, purpose: str | None = "casework") -> Somebody:
        headers = {"Authorization": f"Bearer {self.token(actor)}"}
        if purpose is not None:
            headers["Scp-Purpose"] = purpose
        return Somebody(self.anybody(headers))

    def anybody(self, headers: dict[str, str] | None = None) -> httpx2.Client:
        return self.opened.enter_context(httpx2.Client(base_url=self.url, headers=headers, timeout=60))

    def token(self, actor: Actor = SUPERVISOR) -> str:
        return development.mint(self.home, actor, AUDIENCE)

    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.written.read_text().splitlines()]


@contextmanager
def serving(conninfo: str, home: Path, **environment: str) -> Iterator[Service]:
    """Run the service in a process of its own until the block ends."""
    port = free_port()
    written = home / "journal"
    with written.open("wb") as journal:
        process = start(conninfo, home, port, journal.fileno(), **environment)
    service = Service(f"http://127.0.0.1:{port}", conninfo, home, process, written)
    try:
        until_ready(service)
        yield service
    finally:
        service.opened.close()
        process.terminate()
        process.wait(30)


def start(conninfo: str, home: Path, port: int, stderr: int, **environment: str) -> subprocess.Popen[bytes]:
    ours = {
        "SCP_DATABASE_URL": conninfo,
        "SCP_HOME": str(home),
        "SCP_API_PORT": str(port),
        "SCP_DEVELOPMENT": "1",
        "SCP_API_PERSON_PER_SECOND": "0",
        "SCP_API_ORGANISATION_PER_SECOND": "0",
        "PYTHONWARNINGS": "error",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "scp_api"], env=os.environ | ours | environment, stderr=stderr
    )


def until_ready(service: Service) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and service.process.poll() is None:
        try:
            if httpx2.get(service.url + "/readyz", timeout=5).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"the service did not start: {service.written.read_text()}")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def serving_anew(
    server: str, template: str, factory: pytest.TempPathFactory, **environment: str
) -> Iterator[Service]:
    """Run the service on a new database."""
    with (
        database(server, template) as conninfo,
        serving(conninfo, factory.mktemp("home"), **environment) as service,
    ):
        yield service


def drafted(by: Somebody, reference: str = "SC-2025-014", **changes: Any) -> httpx2.Response:
    """Draft a referral on 1 March 2025."""
    command = {
        "programme": "street-to-work",
        "route": "diversion",
        "circumstances": "An invented account.",
        "policy_version": "2025.1",
    }
    at = f"/cases/{reference}/referrals"
    return by.send(at, command | changes, occurred_at="2025-03-01T12:00:00Z")


# --- starting and stopping --------------------------------------------------------------------------------


def run(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCP_")}
    return subprocess.run(
        [sys.executable, "-m", "scp_api"],
        env=clean | {"SCP_HOME": str(home)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "localhost"])  # noqa: S104 - must be refused
def test_development_mode_is_refused_off_loopback(host: str, tmp_path: Path) -> None:
    ended = run(tmp_path, SCP_DEVELOPMENT="1", SCP_API_HOST=host)
    assert ended.returncode == 2
    assert "development mode is refused" in ended.stderr
    assert not (tmp_path / development.KEY_FILE).exists()


def test_without_anybody_to_believe_it_does_not_start(tmp_path: Path) -> None:
    ended = run(tmp_path)
    assert ended.returncode == 2
    assert "SCP_ISSUER" in ended.stderr


def test_keys_over_plain_http_are_refused(tmp_path: Path) -> None:
    ended = run(tmp_path, SCP_ISSUER="https://issuer.example", SCP_ISSUER_KEYS="http://issuer.example/jwks")
    assert ended.returncode == 2
    assert "https://" in ended.stderr


def test_told_to_stop_it_finishes_what_it_was_asked_and_closes_in_order(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        serving_anew(postgres_server, log_template, tmp_path_factory, SCP_API_FOLLOW="1") as service,
        psycopg.connect(service.conninfo) as blocker,
        ThreadPoolExecutor(1) as elsewhere,
    ):
        blocker.execute("SELECT * FROM event_log.head FOR UPDATE")
        answer = elsewhere.submit(drafted, service.somebody(REFERRER, "referral"))
        until_waiting(service.conninfo)
        service.process.send_signal(signal.SIGTERM)
        until_nobody_is_let_in(service)
        assert service.process.poll() is None
        blocker.rollback()
        assert answer.result(30).status_code == 201
        assert service.process.wait(30) == 0
        steps = [line["step"] for line in service.journal() if line["event"] == "stopping"]
    assert steps == ["drained", "imports", "followers", "pools", "database"]


def until_nobody_is_let_in(service: Service) -> None:
    for _ in range(200):
        try:
            service.anybody().get("/livez")
        except httpx2.TransportError:
            return
        time.sleep(0.05)
    raise AssertionError("a new connection is still let in")


def until_waiting(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for _ in range(200):
            waiting = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()"
            ).fetchone()
            if waiting != (0,):
                return
            time.sleep(0.05)
    raise AssertionError("nobody waits for the lock")


def test_without_its_database_it_is_alive_and_not_ready_until_the_database_is_back(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        supervisor = service.somebody(SUPERVISOR)
        assert supervisor.get("/decisions").status_code == 403
        assert service.somebody(SUPERVISOR, "supervision").get("/decisions").status_code == 200
        with out_of_reach(service.conninfo, postgres_server):
            assert service.anybody().get("/livez").status_code == 200
            assert service.anybody().get("/readyz").status_code == 503
            answer = supervisor.get("/caseload", key_worker=KEY_WORKER.id)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
        until_ready(service)
        read_models = service.anybody().get("/readyz").json()["read_models"]
        assert {"caseload", "decisions", "outcomes", "referrals"} == {each["name"] for each in read_models}
        assert {each["lag_events"] for each in read_models} == {0}
        assert supervisor.get("/caseload", key_worker=KEY_WORKER.id).status_code == 200


@contextmanager
def out_of_reach(conninfo: str, server: str) -> Iterator[None]:
    """Let nobody connect to a database until the block ends."""
    name = Identifier(str(conninfo_to_dict(conninfo)["dbname"]))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            (name.as_string().strip('"'),),
        )
        try:
            yield
        finally:
            connection.execute(SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
