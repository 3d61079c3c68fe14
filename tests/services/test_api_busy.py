"""Back-pressure: where too many wait, the next is told when to come back, and nothing is recorded of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from psycopg_pool import ConnectionPool
from starlette.testclient import TestClient

from scp_api.app import create_app
from scp_api.parts import Parts
from scp_events.access import Verifier, development
from scp_events.event_log import CommandHandler, LogReader
from scp_events.event_log.store import SENDERS
from tests.check_log import check_log
from tests.event_log.appending import waiting_for_the_head
from tests.opened import opened_reader
from tests.waiting import until
from tests.words import REFERRER

DRAFT: dict[str, Any] = {
    "programme": "street-to-work",
    "route": "diversion",
    "circumstances": "An invented account.",
    "policy_version": "2025.1",
}


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


@pytest.fixture
def handler(log: LogReader) -> CommandHandler:
    return CommandHandler(log.conninfo, log.keyring, room=1)


@pytest.fixture
def client(log: LogReader, handler: CommandHandler, tmp_path: Path) -> Iterator[TestClient]:
    verifier = Verifier([development.issuer(tmp_path, "scp-api", "127.0.0.1")])
    headers = {
        "Authorization": f"Bearer {development.mint(tmp_path, REFERRER, 'scp-api')}",
        "Scp-Purpose": "referral",
    }
    with (
        ConnectionPool(log.conninfo, min_size=1, open=True) as reading,
        TestClient(
            create_app(Parts(log=log, handler=handler, reading=reading, verifier=verifier)),
            headers=headers,
            client=("127.0.0.1", 1),
        ) as client,
    ):
        yield client


def draft(client: TestClient, reference: str, key: str) -> httpx2.Response:
    return client.post(
        f"/cases/{reference}/referrals",
        json={"command": DRAFT},
        headers={"Idempotency-Key": key},
    )


def test_where_too_many_wait_the_next_is_told_to_come_back_and_may(
    client: TestClient, log: LogReader, handler: CommandHandler, log_database: str
) -> None:
    store: Any = handler._store  # noqa: SLF001 - who waits cannot be seen from outside
    waiting = store._commit._waiting  # noqa: SLF001 - as above
    key = uuid4().hex
    references = [f"SC-2025-{number:03}" for number in range(1, SENDERS + 2)]
    with ThreadPoolExecutor(len(references)) as others:
        with psycopg.connect(log_database) as holding:
            holding.execute("SELECT FROM event_log.head FOR UPDATE")
            sent = []
            for number, reference in enumerate(references, start=1):
                sent.append(others.submit(draft, client, reference, uuid4().hex))
                calls, waits = min(number, SENDERS), max(0, number - SENDERS)
                until(lambda n=calls: waiting_for_the_head(log_database) == n, "one is being recorded")
                until(lambda n=waits: len(waiting) == n, "the last one waits")
            refused = draft(client, "SC-2025-100", key)
            assert refused.status_code == 503
            assert refused.json()["type"] == "urn:scp:problem:busy"
            assert int(refused.headers["retry-after"]) > 0
        assert [each.result(60).status_code for each in sent] == [201] * len(references)
    assert log.head() == len(references)
    assert draft(client, "SC-2025-100", key).status_code == 201
    assert log.head() == len(references) + 1


def test_a_server_that_does_not_write_is_told_as_such_and_nothing_is_recorded(
    client: TestClient, log: LogReader, log_database: str
) -> None:
    with psycopg.connect(log_database, autocommit=True) as superuser:
        appending = "EXECUTE ON FUNCTION event_log.append, event_log.append_one"
        superuser.execute(f"REVOKE {appending} FROM scp_log_writer")
        answer = draft(client, "SC-2025-001", key := uuid4().hex)
        assert answer.status_code == 503
        assert "nothing was recorded" in answer.json()["detail"]
        assert int(answer.headers["retry-after"]) > 0
        assert log.head() == 0
        superuser.execute(f"GRANT {appending} TO scp_log_writer")
    assert draft(client, "SC-2025-001", key).status_code == 201
