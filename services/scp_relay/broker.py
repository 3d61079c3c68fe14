"""What the relay asks of Kafka: topics, a producer that fences the one before it, and what was committed."""

from __future__ import annotations

import faulthandler
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from scp_events.runtime.program import CannotWorkError

EVENTS_CONFIG = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",  # a new reader begins at the beginning
    "unclean.leader.election.enable": "false",  # rather wait than lose what was committed
}
PROGRESS_CONFIG = {
    "cleanup.policy": "compact",  # the last record stays, however old
    "segment.bytes": str(16 * 1024 * 1024),  # so that there is something to compact
    "unclean.leader.election.enable": "false",
}
PROTOCOL = (2, 4)
"""The version of Kafka's protocol our producer speaks. With a later one, kafka-python 3.0 has a fenced
producer claim a new epoch, which fences its successor."""
CLOSE_SECONDS = 5
LONGEST_PAUSE_MS = 1000
"""How long a client waits at most before it knocks again. kafka-python waits up to half a minute, so a broker
that was away for a short while would find nobody for a long one."""


class Broker:
    """One Kafka cluster, by its `host:port`s. What goes wrong is a `KafkaError`, worth another try."""

    def __init__(self, bootstrap: str) -> None:
        self._servers = [server.strip() for server in bootstrap.split(",")]

    @contextmanager
    def producer(self, transactional_id: str) -> Iterator[KafkaProducer]:
        """Yield a producer that fences the last one of this name once its transactions are initialised.

        A transaction still open at the end is not committed: the next producer of this name aborts it. After
        an error a producer may be in any state, so it is given up and the next one begins afresh.
        """
        producer = KafkaProducer(
            bootstrap_servers=self._servers,
            transactional_id=transactional_id,
            api_version=PROTOCOL,
            linger_ms=5,
            batch_size=128 * 1024,
            retry_backoff_ms=10,
            reconnect_backoff_max_ms=LONGEST_PAUSE_MS,
            max_block_ms=15_000,
            request_timeout_ms=10_000,
            delivery_timeout_ms=30_000,
        )
        try:
            yield producer
        finally:
            _close(producer)

    def last_committed(self, topic: str, partition: int = 0) -> Any | None:  # noqa: ANN401 - kafka has no types
        """Return the last committed record of a partition, or None.

        What a transaction left open or aborted does not count.
        """
        place = TopicPartition(topic, partition)
        with closing(self._reader()) as reader:
            reader.assign([place])
            begin, end = reader.beginning_offsets([place])[place], reader.end_offsets([place])[place]
            reach = 2  # a record and the marker of its transaction
            while True:
                start = max(begin, end - reach)
                found = _last_between(reader, place, start, end)
                if found is not None or start == begin:
                    return found
                reach *= 8  # markers and what was aborted take offsets too

    def ensure_topic(self, topic: str, partitions: int, replication: int, config: dict[str, str]) -> None:
        """Create a topic if there is none. Raises `CannotWorkError` where it has other partitions."""
        with closing(self._admin()) as admin:
            found = _partitions(admin, topic)
            if found is None:
                options = {"num_partitions": partitions, "replication_factor": replication, "configs": config}
                with suppress(TopicAlreadyExistsError):  # another relay was faster
                    admin.create_topics({topic: options}, wait_for_metadata=True)
                found = _partitions(admin, topic)
        if found != partitions:
            raise CannotWorkError(
                f"the topic {topic} has {found} partitions, not {partitions}: with another number streams"
                " would move between partitions and lose their order; set SCP_KAFKA_PARTITIONS to what the"
                " topic had from its beginning, or use a new SCP_KAFKA_PREFIX"
            )

    def has_topic(self, topic: str) -> bool:
        """Whether there is such a topic."""
        with closing(self._admin()) as admin:
            return _partitions(admin, topic) is not None

    def must_keep_the_last(self, topic: str) -> None:
        """Raise `CannotWorkError` where a topic is not compacted: its last record would go in time."""
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, {"cleanup.policy": None})
        with closing(self._admin()) as admin:
            said = admin.describe_configs([asked])["topic"][topic]
        policy = said.get("cleanup.policy", {}).get("value", "delete")
        if policy != "compact":
            raise CannotWorkError(
                f"the topic {topic} has cleanup.policy={policy}, so its last record would be deleted in time:"
                " set cleanup.policy=compact"
            )

    def _admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(bootstrap_servers=self._servers, reconnect_backoff_max_ms=LONGEST_PAUSE_MS)

    def _reader(self) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self._servers,
            reconnect_backoff_max_ms=LONGEST_PAUSE_MS,
            isolation_level="read_committed",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )


def commit(producer: KafkaProducer, seconds: float) -> None:
    """Commit the transaction under way. Raises what went wrong with any of its messages.

    kafka-python's commit has no time-out, so everything is sent before, which has one. Were the broker lost
    in the short while after that, the process ends itself.
    """
    producer.flush(timeout=seconds)
    with _watchdog(seconds):
        producer.commit_transaction()


@contextmanager
def _watchdog(seconds: float) -> Iterator[None]:
    """End this process, as a kill would, where the block takes longer. The next relay reads on."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__ or sys.stderr)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _close(producer: KafkaProducer) -> None:
    """Give a producer up. What could still be sent would not be committed."""
    try:
        producer.close(timeout=CLOSE_SECONDS)
    except KafkaError:
        producer._sender.force_close()  # noqa: SLF001 - `close` leaves its thread running


def _last_between(reader: KafkaConsumer, place: TopicPartition, start: int, end: int) -> Any | None:  # noqa: ANN401
    """Return the last record between two offsets. Only the position tells the end: markers are no records."""
    reader.seek(place, start)
    found = None
    while reader.position(place) < end:
        for record in reader.poll(timeout_ms=50).get(place, ()):
            found = record
    return found


def _partitions(admin: KafkaAdminClient, topic: str) -> int | None:
    """Return how many partitions a topic has; None where there is no such topic."""
    (described,) = admin.describe_topics([topic])
    error = for_code(described["error_code"])
    if error is UnknownTopicOrPartitionError:
        return None
    if described["error_code"]:
        raise error(topic)
    return len(described["partitions"])
