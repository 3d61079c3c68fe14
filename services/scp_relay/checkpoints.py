"""Publishes the log's checkpoints: a topic that whoever holds the database cannot take back.

Each record is a checkpoint as it was signed, in a transaction of its own. The last committed record says how
far the topic is, so a relay that was killed leaves nothing out and sends nothing twice. Under load not every
published checkpoint is sent, but always a newer one, which vouches for all before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from kafka import KafkaProducer
from psycopg import Connection

from scp_events.event_log import LogUnreachableError
from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.note import Note, NoteError
from scp_events.ledger.log import tables
from scp_events.runtime.program import CannotWorkError
from scp_events.runtime.service_log import logger
from scp_relay.broker import EVENTS_CONFIG, Broker, commit
from scp_relay.settings import Settings

LOOK_SECONDS = 1.0
"""How often it is looked whether there is a newer one."""
NONE_YET = -1


class _Sent(NamedTuple):
    """What the topic holds last."""

    note: str
    checkpoint: Checkpoint


class Checkpoints:
    """The topic of one log's checkpoints. For one thread."""

    def __init__(
        self,
        conninfo: str,
        broker: Broker,
        settings: Settings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._conninfo = conninfo
        self._broker = broker
        self._settings = settings
        self._clock = clock
        self._size = NONE_YET
        self._look_at = 0.0

    def examine(self) -> None:
        """Compare the log with what the topic holds last. Raises `CannotWorkError` where it contradicts."""
        sent = self._last_sent()
        if sent is None:
            self._size = NONE_YET
            return
        with self._connected() as connection:
            self._must_continue(connection, sent.checkpoint)
        self._size = sent.checkpoint.size

    def publish(self, producer: KafkaProducer) -> None:
        """Send the newest published checkpoint, where the topic does not hold it yet; looks once a second."""
        if self._clock() < self._look_at:
            return
        self._look_at = self._clock() + LOOK_SECONDS
        with self._connected() as connection:
            note = tables.published_at(connection, None) if tables.are_there(connection) else None
        if note is None or (size := _checkpoint(note).size) <= self._size:
            return
        topic = self._settings.checkpoints_topic
        self._broker.ensure_topic(topic, 1, self._settings.kafka_replication, EVENTS_CONFIG)
        producer.begin_transaction()
        producer.send(topic, value=note.encode(), partition=0)
        commit(producer, self._settings.relay_commit_seconds)
        self._size = size
        logger.info("checkpoint", position=size)

    def _last_sent(self) -> _Sent | None:
        topic = self._settings.checkpoints_topic
        record = self._broker.last_committed(topic) if self._broker.has_topic(topic) else None
        if record is None:
            return None
        try:
            note = record.value.decode()
            return _Sent(note, _checkpoint(note))
        except (NoteError, UnicodeDecodeError):
            raise CannotWorkError(
                f"the last record of {topic} is no checkpoint: somebody else writes to it; use a new"
                " SCP_KAFKA_PREFIX"
            ) from None

    def _must_continue(self, connection: Connection[Any], sent: Checkpoint) -> None:
        head = tables.head_of_log(connection)
        topic = self._settings.checkpoints_topic
        if sent.size > head or not tables.are_there(connection):
            raise CannotWorkError(
                f"the topic {topic} holds a checkpoint of {sent.size} events, and this log ends at {head}:"
                " it was restored from an older backup; restore the newest one, or use a new SCP_KAFKA_PREFIX"
            )
        if tables.root_at(connection, sent.size) != sent.root:
            raise CannotWorkError(
                f"the topic {topic} holds a checkpoint of {sent.size} events with another root than this log"
                f" of {head} events has: `scp-events verify` says where they part"
            )

    @contextmanager
    def _connected(self) -> Iterator[Connection[Any]]:
        try:
            with psycopg.connect(self._conninfo, autocommit=True) as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise LogUnreachableError("the database cannot be reached: try again") from error


def _checkpoint(note: str) -> Checkpoint:
    return Checkpoint.parse(Note.parse(note).text)
