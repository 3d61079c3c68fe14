"""The relay publishes the log's checkpoints: each once, in order, and never for a log that is not theirs."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from psycopg import Connection

from scp_events.ledger.format.checkpoint import open_checkpoint
from scp_events.ledger.format.note import KeyKind
from scp_events.ledger.key_files import read_key
from scp_events.ledger.log.keeping import checkpoint_now
from tests.kafka_fixtures import TopicReader
from tests.ledger.filled import connected, settings
from tests.ledger.log.test_startup import restored
from tests.publishing.filled_log import append_many
from tests.publishing.relaying import Site
from tests.services.test_relay import topics_of

pytestmark = pytest.mark.once  # test_relay runs the same program from the wheel


@pytest.fixture
def site(
    log_database: str, kafka_bootstrap: str, kafka_admin: KafkaAdminClient, tmp_path: Path
) -> Iterator[Site]:
    """Yield an installation whose topics are deleted after the test."""
    site = Site(log_database, kafka_bootstrap, tmp_path)
    yield site
    kafka_admin.delete_topics(topics_of(kafka_admin, site), raise_errors=False)


@pytest.fixture
def connection(site: Site) -> Iterator[Connection[Any]]:
    with connected(site.conninfo) as connection:
        yield connection


def published(site: Site, events: int) -> int:
    """Append events and publish a checkpoint of them; return how many there are."""
    append_many(site.conninfo, events)
    size, came = checkpoint_now(site.conninfo, settings(site.home))
    assert came is not None
    assert came.published
    return size


def sent(site: Site, read_topic: TopicReader) -> list[int]:
    """Return the sizes of the checkpoints in the topic, each signed by the log."""
    log = read_key(site.home / "ledger.key", KeyKind.NOTE).verifier
    records = read_topic(site.settings().checkpoints_topic)
    return [open_checkpoint(record.value or "", [log]).checkpoint.size for record in records]


def test_published_checkpoints_are_sent_each_once(site: Site, read_topic: TopicReader) -> None:
    published(site, 20)
    with site.relay() as relay:
        relay.until(lambda: len(relay.said("checkpoint")) == 1)
        published(site, 20)
        relay.until(lambda: len(relay.said("checkpoint")) == 2)
        relay.process.send_signal(signal.SIGKILL)
        relay.ends()
    with site.relay() as relay:
        relay.began()
        published(site, 20)
        relay.until(lambda: len(relay.said("checkpoint")) == 1)
        assert relay.stop() == 0
    assert sent(site, read_topic) == [20, 40, 60]


def test_a_log_without_a_ledger_has_no_such_topic(site: Site, kafka_admin: KafkaAdminClient) -> None:
    append_many(site.conninfo, 5)
    with site.relay() as relay:
        relay.reaches(5)
        assert relay.stop() == 0
    assert site.settings().checkpoints_topic not in topics_of(kafka_admin, site)


def test_a_restored_log_is_not_relayed(site: Site, connection: Connection[Any]) -> None:
    published(site, 20)
    with site.relay() as relay:
        relay.until(lambda: len(relay.said("checkpoint")) == 1)
        assert relay.stop() == 0
    restored(connection, 20)
    connection.execute("UPDATE event_log.events SET body = body || ' ' WHERE position = 3")
    with site.relay() as relay:
        assert relay.ends() == 2
        assert "with another root than this log of 20 events has" in relay.log.read_text()
    restored(connection, 5)
    with site.relay(relay_audiences="partners") as relay:
        assert relay.ends() == 2
        assert "holds a checkpoint of 20 events, and this log ends at 5" in relay.log.read_text()
