"""Each event once, in order: one transaction holds a batch of events and the record of how far they got.

What a crash leaves behind: at most one open transaction, which no reader sees and which the broker aborts
when the next relay begins. That relay reads the last committed record of progress, and goes on after it.
Nothing else is remembered anywhere, so there is nothing that could contradict it.

Two relays: the later one takes over. The broker refuses whatever the earlier one sends from then on, so it
ends itself; what it had not committed never happened.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import uuid4

from cloudevents.core.bindings.kafka import KafkaMessage
from kafka import KafkaProducer
from kafka.errors import InvalidProducerEpochError, KafkaError, ProducerFencedError

from scp_events.event_log import Listener, LogReader, LogUnreachableError, Recorded
from scp_events.privacy import KeyServiceDownError
from scp_events.publishing.cloud_events import Edition
from scp_events.publishing.partitions import partition_of
from scp_events.runtime import ending
from scp_events.runtime.program import CannotWorkError, ReplacedError
from scp_events.runtime.service_log import logger, raised_at
from scp_events.vocabulary import NOTHING_YET, Event, Position
from scp_relay.broker import EVENTS_CONFIG, PROGRESS_CONFIG, Broker, commit
from scp_relay.checkpoints import Checkpoints
from scp_relay.progress import Progress, Published
from scp_relay.settings import Settings

IDLE_SECONDS = 1.0
"""How long to wait for news before looking anyway, and before hearing that we shall stop."""
FIRST_PAUSE, LONGEST_PAUSE, STEP = 0.2, 5.0, 0.2
KEY = b"progress"

_REPLACED = "another relay has taken over; what was not committed never happened"


class Relay:
    """Publishes a log to the topics of some audiences. `run` for one thread; `stop` from anywhere."""

    def __init__(
        self, log: LogReader, broker: Broker, editions: Sequence[Edition], settings: Settings
    ) -> None:
        self._log = log
        self._broker = broker
        self._editions = editions
        self._settings = settings
        self._checkpoints = Checkpoints(log.conninfo, broker, settings)
        self._id = uuid4()
        self._has_begun = False
        self._stopping = False
        self._pause = FIRST_PAUSE

    def stop(self) -> None:
        """End `run` after the transaction under way. Sets a flag only, so a signal's handler may call it."""
        self._stopping = True

    def run(self) -> None:
        """Publish until told to stop, however often the broker or the database goes away and comes back.

        Raises `ReplacedError` once another relay has taken over, and `CannotWorkError`.
        """
        with self._log.listener() as news:
            while not self._stopping:
                try:
                    self._publish_with_one_producer(news)
                except (ProducerFencedError, InvalidProducerEpochError) as error:
                    raise ReplacedError(_REPLACED) from error
                except (KafkaError, LogUnreachableError, KeyServiceDownError) as error:
                    self._wait_before_trying_again(error)

    def _publish_with_one_producer(self, news: Listener) -> None:
        with (
            self._broker.producer(self._settings.transactional_id) as producer,
            ending.in_order(
                lambda _number: self.stop()
            ),  # but a relay that only waits for a broker is cut short
        ):
            progress = self._begin(producer)
            while not self._stopping:
                events = self._log.read(
                    after=_slowest(progress, self._editions), limit=self._settings.relay_batch
                )
                if events:
                    progress = self._publish(producer, progress, events)
                else:
                    news.wait(IDLE_SECONDS)  # the first wait returns at once: listen first, then pull
                self._checkpoints.publish(producer)

    # --- beginning ----------------------------------------------------------------------------------------

    def _begin(self, producer: KafkaProducer) -> Progress:
        """Take over, and return what was committed before. From here on, no other relay commits anything.

        Everything is examined first, so that a relay that cannot go on does not end one that can.
        """
        self._must_not_have_been_replaced()
        self._ensure_progress_topic()
        examined = self._examined(self._committed())
        self._checkpoints.examine()
        producer.init_transactions()
        before = self._committed()
        audiences = examined | before.audiences if before else examined
        progress = Progress(relay=self._id, audiences=audiences)
        self._checkpoints.examine()
        producer.begin_transaction()
        self._commit(producer, progress)
        self._has_begun = True
        logger.info("began", position=_slowest(progress, self._editions))
        return progress

    def _must_not_have_been_replaced(self) -> None:
        """Once we had begun, a record of another relay says that it took over: leave it to its work."""
        if self._has_begun:
            committed = self._committed()
            if committed is not None and committed.relay != self._id:
                raise ReplacedError(_REPLACED)

    def _ensure_progress_topic(self) -> None:
        topic = self._settings.progress_topic
        self._broker.ensure_topic(topic, 1, self._settings.kafka_replication, PROGRESS_CONFIG)
        self._broker.must_keep_the_last(topic)

    def _committed(self) -> Progress | None:
        record = self._broker.last_committed(self._settings.progress_topic)
        return Progress.model_validate_json(record.value) if record else None

    def _examined(self, before: Progress | None) -> dict[str, Published]:
        """Return what each audience was told before, once everything is as it was then."""
        audiences = before.audiences if before else {}
        return {
            (name := edition.audience.name): self._told_before(edition, audiences[name])
            if name in audiences
            else self._told_nothing(edition)
            for edition in self._editions
        }

    def _told_before(self, edition: Edition, told: Published) -> Published:
        topic = self._settings.topic_of(edition.audience.name)
        if not self._broker.has_topic(topic):
            raise CannotWorkError(
                f"the topic {topic} is gone, and with it what was published up to position {told.position}:"
                " restore it, or use a new SCP_KAFKA_PREFIX"
            )
        self._ensure_events_topic(topic, len(told.last))
        self._must_be_the_log_of(told)
        if told.pseudonyms != edition.pseudonyms.fingerprint:
            raise CannotWorkError(
                f"{self._settings.key_file} holds another secret than the one used so far, so every stream"
                " would get another name: restore the file"
            )
        return told

    def _told_nothing(self, edition: Edition) -> Published:
        topic, partitions = self._settings.topic_of(edition.audience.name), self._settings.kafka_partitions
        self._ensure_events_topic(topic, partitions)
        if any(self._broker.last_committed(topic, number) for number in range(partitions)):
            raise CannotWorkError(
                f"the topic {topic} holds events, but {self._settings.progress_topic} does not say how far"
                " they go: they would be published twice; restore it, or use a new SCP_KAFKA_PREFIX"
            )
        return Published(
            position=NOTHING_YET,
            event_id=None,
            last=(NOTHING_YET,) * partitions,
            pseudonyms=edition.pseudonyms.fingerprint,
        )

    def _ensure_events_topic(self, topic: str, partitions: int) -> None:
        self._broker.ensure_topic(topic, partitions, self._settings.kafka_replication, EVENTS_CONFIG)

    def _must_be_the_log_of(self, told: Published) -> None:
        """Refuse another database, and one restored to before what was published from it."""
        if told.position == NOTHING_YET:
            return
        found = self._log.read(after=Position(told.position - 1), limit=1)
        if not found or found[0].envelope.event_id != told.event_id:
            raise CannotWorkError(
                f"the log does not hold the event that was published from position {told.position}: this"
                " is another database, or a restored one; connect to the right one, or use a new"
                " SCP_KAFKA_PREFIX"
            )

    # --- publishing ---------------------------------------------------------------------------------------

    def _publish(
        self, producer: KafkaProducer, progress: Progress, events: list[Recorded[Event]]
    ) -> Progress:
        """Publish a batch to every audience in one transaction, and return how far that got."""
        began = time.perf_counter()
        producer.begin_transaction()
        told = {
            (name := edition.audience.name): self._tell(producer, edition, progress.audiences[name], events)
            for edition in self._editions
        }
        progress = Progress(relay=self._id, audiences=progress.audiences | told)
        self._commit(producer, progress)
        self._pause = FIRST_PAUSE
        milliseconds = round((time.perf_counter() - began) * 1000, 1)
        logger.info("published", position=events[-1].position, read=len(events), milliseconds=milliseconds)
        return progress

    def _tell(
        self, producer: KafkaProducer, edition: Edition, told: Published, events: list[Recorded[Event]]
    ) -> Published:
        """Send an audience what it was not told yet, and return what it will have been told."""
        untold = [recorded for recorded in events if recorded.position > told.position]
        if not untold:
            return told  # an audience added later is catching up
        topic, last = self._settings.topic_of(edition.audience.name), list(told.last)
        for recorded in filter(edition.audience.is_told_of, untold):
            partition = partition_of(recorded.stream, len(last))
            _send(producer, topic, partition, edition.kafka_message(recorded, prevposition=last[partition]))
            last[partition] = recorded.position
        end = untold[-1]
        return Published(
            position=end.position,
            event_id=end.envelope.event_id,
            last=tuple(last),
            pseudonyms=told.pseudonyms,
        )

    def _commit(self, producer: KafkaProducer, progress: Progress) -> None:
        """Commit the transaction under way, with `progress`. Raises what went wrong with any of its parts."""
        value = progress.model_dump_json().encode()
        producer.send(self._settings.progress_topic, key=KEY, value=value, partition=0)
        commit(producer, self._settings.relay_commit_seconds)

    def _wait_before_trying_again(self, error: Exception) -> None:
        logger.warning(
            "the broker failed", error=type(error).__name__, raised_at=raised_at(error), seconds=self._pause
        )
        until = time.monotonic() + self._pause
        while time.monotonic() < until and not self._stopping:
            time.sleep(STEP)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)


def _send(producer: KafkaProducer, topic: str, partition: int, message: KafkaMessage) -> None:
    """Hand a message over. Whether it arrived, the commit says."""
    key = message.key.encode() if isinstance(message.key, str) else message.key
    headers = list(message.headers.items())
    producer.send(topic, key=key, value=message.value, headers=headers, partition=partition)


def _slowest(progress: Progress, editions: Sequence[Edition]) -> Position:
    """Return the position that every audience has been told up to."""
    return min(progress.audiences[edition.audience.name].position for edition in editions)
