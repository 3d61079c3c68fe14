from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from scp_events import event_log
from scp_events.database import embedded
from scp_events.publishing.audiences import BY_NAME
from scp_events.publishing.cloud_events import Edition
from scp_relay.broker import Broker, commit
from scp_relay.relay import Relay
from scp_relay.secret import load_or_make
from tests import broker as test_broker
from tests.check_log import check_log
from tests.kafka_fixtures import Record, TopicMaker, TopicReader, need_jars
from tests.opened import opened_reader
from tests.publishing.filled_log import SECRET_WORDS, append_many
from tests.publishing.relaying import PARTITIONS, PATIENCE, Site, check_published


def in_trouble(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a relay in trouble: `once`, since the tests of one at its work run it from the wheel."""
    return pytest.mark.faults(pytest.mark.once(test))


@pytest.fixture
def site(
    log_database: str, kafka_bootstrap: str, kafka_admin: KafkaAdminClient, tmp_path: Path
) -> Iterator[Site]:
    """Yield an installation whose topics are deleted after the test."""
    site = Site(log_database, kafka_bootstrap, tmp_path)
    yield site
    check_log(log_database)
    kafka_admin.delete_topics(topics_of(kafka_admin, site), raise_errors=False)


def topics_of(admin: KafkaAdminClient, site: Site) -> list[str]:
    return [str(name) for name in admin.list_topics() if str(name).startswith(site.prefix)]


def published(site: Site, read_topic: TopicReader, audience: str = "internal") -> list[Record]:
    """Return what was published to an audience, having checked it."""
    records = read_topic(site.settings().topic_of(audience))
    check_published(site, records, audience)
    return records


def relay_all(site: Site, events: int, **settings: object) -> None:
    """Have a relay publish a log that holds `events`, and stop it."""
    with site.relay(**settings) as relay:
        relay.reaches(events)
        assert relay.stop() == 0


# ---------------------------------------------------------------------------------------- each event once


def test_the_log_is_published_and_what_comes_is_published_at_once(
    site: Site, read_topic: TopicReader
) -> None:
    append_many(site.conninfo, 60)
    with site.relay() as relay:
        relay.reaches(60)
        for news in range(61, 64):
            append_many(site.conninfo, 1, at_once=1)
            relay.reaches(news)  # the relay was idle and sends what there is
        assert relay.stop() == 0
    assert len(published(site, read_topic)) == 63


def test_a_relay_killed_anywhere_loses_nothing_and_repeats_nothing(
    site: Site, read_topic: TopicReader
) -> None:
    append_many(site.conninfo, 6000, at_once=10)
    chance = random.Random(os.urandom(8))  # noqa: S311 - not for secrets
    for _ in range(4):
        with site.relay(relay_batch=20) as relay:
            before = first_position(relay)
            enough = before + 20 * chance.randint(1, 30)
            relay.reaches(enough)
            relay.process.send_signal(signal.SIGKILL)
            assert relay.ends() == -signal.SIGKILL
            assert relay.position() < 6000, "killed too late to mean anything"
    relay_all(site, 6000)
    assert len(published(site, read_topic)) == 6000


def first_position(relay: Any) -> int:
    relay.began()
    return int(relay.said("began")[0]["position"])


def test_a_relay_told_to_stop_stops_between_transactions_and_the_next_goes_on(
    site: Site, read_topic: TopicReader
) -> None:
    append_many(site.conninfo, 2000, at_once=20)
    with site.relay(relay_batch=20) as relay:
        relay.reaches(200)
        assert relay.stop() == 0
        assert [line["reason"] for line in relay.said("ended")] == ["told to stop"]
        reached = relay.position()
    assert len(read_topic(site.settings().topic_of("internal"))) == reached
    relay_all(site, 2000)
    published(site, read_topic)


def test_a_relay_that_has_nothing_to_do_stops_too(site: Site) -> None:
    with site.relay() as relay:
        relay.began()
        assert relay.stop() == 0


# -------------------------------------------------------------------------------------------- one at a time


@in_trouble
def test_a_second_relay_takes_over_and_the_first_ends_itself(site: Site, read_topic: TopicReader) -> None:
    append_many(site.conninfo, 4000, at_once=20)
    with site.relay(relay_batch=10) as first:
        first.reaches(100)
        with site.relay() as second:
            assert first.ends() == 3
            assert "another relay has taken over" in first.said("replaced")[0]["reason"]
            second.reaches(4000)
            assert second.stop() == 0
    published(site, read_topic)


@in_trouble
def test_a_relay_that_was_replaced_while_idle_ends_with_the_next_event(
    site: Site, read_topic: TopicReader
) -> None:
    with site.relay() as first:
        first.began()
        with site.relay() as second:
            second.began()
            append_many(site.conninfo, 10)
            assert first.ends() == 3
            second.reaches(10)
            append_many(site.conninfo, 10)
            second.reaches(20)
            assert second.stop() == 0
    assert len(published(site, read_topic)) == 20


@in_trouble
def test_a_producer_that_was_replaced_in_mid_transaction_leaves_its_successor_alone(
    kafka_bootstrap: str, new_topic: TopicMaker, read_topic: TopicReader
) -> None:
    topic, broker = new_topic(), Broker(kafka_bootstrap)
    with broker.producer(topic) as old, broker.producer(topic) as new:
        old.init_transactions()
        old.begin_transaction()
        old.send(topic, value=b"old", partition=0)
        old.flush()
        new.init_transactions()
        new.begin_transaction()
        new.send(topic, value=b"new", partition=0)
        old.send(topic, value=b"late", partition=0)
        with pytest.raises(KafkaError):
            commit(old, 30)
        commit(new, 30)
    assert [record.value for record in read_topic(topic)] == ["new"]


# ------------------------------------------------------------------ errors of the broker, at every moment


class Stumbling(Broker):
    """A broker whose every third commit fails: `before` it was asked for, or `after` it was done, unheard."""

    def __init__(self, bootstrap: str, moment: str) -> None:
        super().__init__(bootstrap)
        self.moment, self.commits, self.stumbled = moment, 0, 0

    @contextmanager
    def producer(self, transactional_id: str) -> Iterator[Any]:
        with super().producer(transactional_id) as producer:
            commit = producer.commit_transaction

            def stumble() -> None:
                self.commits += 1
                if self.commits % 3:
                    return commit()
                self.stumbled += 1
                producer.flush() if self.moment == "before" else commit()
                raise KafkaError("as if the connection had broken")

            producer.commit_transaction = stumble
            yield producer


@contextmanager
def running(site: Site, broker: Broker, **changes: object) -> Iterator[Relay]:
    """Run a relay in this process, and stop it."""
    settings = site.settings(**changes)
    secret = load_or_make(settings.key_file)
    editions = [Edition(BY_NAME[name], secret, settings.installation) for name in settings.relay_audiences]
    with opened_reader(site.conninfo) as log:
        relay = Relay(log, broker, editions, settings)
        thread = threading.Thread(target=relay.run)
        thread.start()
        try:
            yield relay
        finally:
            relay.stop()
            thread.join(PATIENCE)
            assert not thread.is_alive()


@in_trouble
@pytest.mark.parametrize("moment", ["before", "after"])
def test_after_a_commit_whose_outcome_is_unknown_the_relay_looks_it_up(
    site: Site, read_topic: TopicReader, moment: str
) -> None:
    append_many(site.conninfo, 300)
    broker = Stumbling(site.bootstrap, moment)
    topic = site.settings().progress_topic
    with running(site, broker, relay_batch=50):
        until(lambda: committed(site, topic) == 300)
    assert broker.stumbled >= 3
    assert len(published(site, read_topic)) == 300


def committed(site: Site, topic: str) -> int:
    try:
        record = Broker(site.bootstrap).last_committed(topic)
    except KafkaError:
        return 0  # the topic is being made
    return json.loads(record.value)["audiences"]["internal"]["position"] if record else 0


def until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@in_trouble
def test_progress_that_was_not_committed_is_not_read(site: Site) -> None:
    topic, broker = site.settings().progress_topic, Broker(site.bootstrap)
    broker.ensure_topic(topic, 1, 1, {"cleanup.policy": "compact"})
    assert broker.last_committed(topic) is None
    with broker.producer("first") as producer:
        producer.init_transactions()
        assert broker.last_committed(topic) is None
        for value, end in [
            (b"1", producer.commit_transaction),
            *[(b"aborted", producer.abort_transaction)] * 10,
        ]:
            producer.begin_transaction()
            producer.send(topic, key=b"progress", value=value, partition=0)
            producer.flush()
            end()
        producer.begin_transaction()
        producer.send(topic, key=b"progress", value=b"open", partition=0)
        producer.flush()
        assert broker.last_committed(topic).value == b"1"


@in_trouble
def test_a_broker_that_restarts_finds_the_relay_waiting(log_database: str, tmp_path: Path) -> None:
    need_jars()
    with RestartableBroker(tmp_path) as broker:
        site = Site(log_database, broker.address, tmp_path)
        append_many(site.conninfo, 40)
        with site.relay(relay_commit_seconds=10) as relay:
            relay.reaches(40)
            broker.stop()
            append_many(site.conninfo, 40)
            relay.until(lambda: bool(relay.said("the broker failed")))
            broker.start()
            relay.reaches(80)
            assert relay.stop() == 0
        records = everything(site)
    assert len(records) == 80
    check_published(site, records)


class RestartableBroker:
    """A broker of this test's own, with its data kept between a stop and a start.

    Who comes back from a power failure waits until the session it had before has run out: the shorter, the
    sooner.
    """

    def __init__(self, directory: Path) -> None:
        self._log = directory / "kafka.log"
        ports = test_broker._free_ports(2)  # noqa: SLF001 - how the test broker is made
        self._properties = test_broker._formatted(directory / "kafka", *ports)  # noqa: SLF001
        with self._properties.open("a") as properties:
            properties.write("broker.session.timeout.ms=3000\nbroker.heartbeat.interval.ms=500\n")
        self.address = f"127.0.0.1:{ports[0]}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._java = test_broker._start(self._properties, self._log)  # noqa: SLF001
        assert test_broker._answers(self.address, self._java)  # noqa: SLF001

    def stop(self) -> None:
        """End it as a power failure would."""
        self._java.kill()
        self._java.wait()


def everything(site: Site) -> list[Record]:
    """Return all committed records of a broker that the fixtures do not know."""
    from tests.kafka_fixtures import read_topic  # noqa: PLC0415

    return read_topic.__wrapped__(site.bootstrap)(site.settings().topic_of("internal"))


# ---------------------------------------------------------------------------------- errors of the database


@in_trouble
def test_broken_connections_to_the_database_lose_nothing(site: Site, read_topic: TopicReader) -> None:
    append_many(site.conninfo, 2000, at_once=20)
    with site.relay(relay_batch=20) as relay:
        for reached in (100, 400, 700):
            relay.reaches(reached)
            break_connections(site.conninfo)
        relay.reaches(2000)
        break_connections(site.conninfo)
        append_many(site.conninfo, 5)
        relay.reaches(2005)
        assert relay.stop() == 0
    published(site, read_topic)


def break_connections(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@in_trouble
def test_a_database_that_crashed_and_came_back_finds_the_relay_waiting(
    kafka_bootstrap: str, kafka_admin: KafkaAdminClient, read_topic: TopicReader, tmp_path: Path
) -> None:
    home = tmp_path / "postgres"
    with ExitStack() as stack:
        server = stack.enter_context(embedded.hold(home))
        event_log.prepare(server.conninfo)
        site = Site(server.conninfo, kafka_bootstrap, tmp_path)
        stack.callback(lambda: kafka_admin.delete_topics(topics_of(kafka_admin, site), raise_errors=False))
        append_many(site.conninfo, 1000, at_once=20)
        relay = stack.enter_context(site.relay(relay_batch=20))
        relay.reaches(100)
        os.kill(server.pid, signal.SIGKILL)
        stack.enter_context(embedded.hold(home))  # starts it again
        append_many(site.conninfo, 5)
        relay.reaches(1005)
        assert relay.stop() == 0
        published(site, read_topic)


# ------------------------------------------------------------------------------------------------ audiences


def test_partners_are_told_less_and_their_chain_has_no_gaps(site: Site, read_topic: TopicReader) -> None:
    append_many(site.conninfo, 300, at_once=3)
    relay_all(site, 300, relay_audiences="internal,partners")
    assert len(published(site, read_topic)) == 300
    told = published(site, read_topic, "partners")
    assert {record.headers["ce_type"] for record in told} < {
        record.headers["ce_type"] for record in published(site, read_topic)
    }


@in_trouble
def test_an_audience_added_later_is_told_everything_from_the_beginning(
    site: Site, read_topic: TopicReader
) -> None:
    append_many(site.conninfo, 100)
    relay_all(site, 100)
    append_many(site.conninfo, 30)
    with site.relay(relay_audiences="internal,partners", relay_batch=40) as relay:
        relay.reaches(130)
        assert relay.stop() == 0
    published(site, read_topic)
    published(site, read_topic, "partners")


def test_nothing_personal_leaves_the_log(site: Site, read_topic: TopicReader, kafka_admin: Any) -> None:
    append_many(site.conninfo, 30)
    with site.relay(relay_audiences="internal,partners") as relay:
        relay.reaches(30)
        assert relay.stop() == 0
    seen = relay.log.read_text() + repr([read_topic(topic) for topic in topics_of(kafka_admin, site)])
    with opened_reader(site.conninfo) as log:
        events = [*log.read_all()]
    assert SECRET_WORDS in repr(events)
    assert SECRET_WORDS not in seen
    assert not [recorded.stream for recorded in events if str(recorded.stream.id) in seen]


# ------------------------------------------------------------------------ what a relay does not start on


@in_trouble
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("another_secret", "holds another secret"),
        ("another_log", "this is another database, or a restored one"),
        ("topic_gone", "is gone, and with it what was published up to position 20"),
        ("progress_gone", "they would be published twice"),
        ("more_partitions", f"has {PARTITIONS + 1} partitions, not {PARTITIONS}"),
        ("progress_not_kept", "cleanup.policy=delete"),
    ],
)
def test_a_relay_does_not_start_where_it_could_not_go_on(
    site: Site, kafka_admin: KafkaAdminClient, new_database: str, spoil: str, said: str
) -> None:
    append_many(site.conninfo, 20)
    relay_all(site, 20)
    spoiled(site, kafka_admin, new_database, spoil)
    with site.relay() as relay:
        assert relay.ends() == 2
        assert said in relay.said("cannot work")[0]["reason"]


@in_trouble
def test_a_relay_that_cannot_read_an_event_says_which_and_does_not_pass_it_over(site: Site) -> None:
    append_many(site.conninfo, 20)
    with psycopg.connect(
        site.conninfo, autocommit=True
    ) as superuser:  # as a newer version would have written
        superuser.execute("ALTER TABLE event_log.events DISABLE TRIGGER never_changed")
        superuser.execute("UPDATE event_log.events SET type = 'referral.revived' WHERE position = 11")
    with site.relay(relay_batch=4) as relay:
        assert relay.ends() == 2
        assert "position 11 holds referral.revived" in relay.said("cannot work")[0]["reason"]
        assert relay.position() <= 10
    with psycopg.connect(site.conninfo, autocommit=True) as superuser:
        superuser.execute(
            "UPDATE event_log.events SET type = convert_from(body, 'UTF8')::jsonb -> 'event' ->> 'type'"
            " WHERE position = 11"
        )


def spoiled(site: Site, admin: KafkaAdminClient, new_database: str, spoil: str) -> None:
    events, progress = site.settings().topic_of("internal"), site.settings().progress_topic
    match spoil:
        case "another_secret":
            site.settings().key_file.unlink()
        case "another_log":
            event_log.prepare(new_database)
            append_many(new_database, 20)
            site.conninfo = new_database
        case "topic_gone":
            admin.delete_topics([events])
        case "progress_gone":
            admin.delete_topics([progress])
        case "more_partitions":
            admin.create_partitions({events: PARTITIONS + 1})
        case "progress_not_kept":
            alter(admin, progress)


def alter(admin: KafkaAdminClient, topic: str) -> None:
    from kafka.admin import ConfigResource, ConfigResourceType  # noqa: PLC0415

    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"cleanup.policy": "delete"})])


def test_topics_are_made_with_what_they_need(site: Site, kafka_admin: KafkaAdminClient) -> None:
    with site.relay(kafka_partitions=7) as relay:
        relay.began()
        assert relay.stop() == 0
    with site.relay(kafka_partitions=9) as relay:  # a topic keeps the partitions it began with
        relay.began()
        assert relay.stop() == 0
    counts = {
        described["name"].removeprefix(site.prefix): len(described["partitions"])
        for described in kafka_admin.describe_topics(topics_of(kafka_admin, site))
    }
    assert counts == {".events.internal": 7, ".relay.progress": 1}
