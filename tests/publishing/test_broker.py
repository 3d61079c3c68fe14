"""The test broker is a real Kafka, one for all who ask, and nothing of it stays behind."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from tests import broker
from tests.kafka_fixtures import Record, TopicMaker, TopicReader, need_jars
from tests.needs import need

pytestmark = pytest.mark.once  # of the test broker, not of what is in the wheel

HOLD = """
import sys
from pathlib import Path
from tests import broker
with broker.held(Path(sys.argv[1])) as address:
    print(address, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def producer(kafka_bootstrap: str, new_topic: TopicMaker) -> Iterator[KafkaProducer]:
    transactional_id = new_topic()  # a name nobody else has
    with KafkaProducer(bootstrap_servers=kafka_bootstrap, transactional_id=transactional_id) as producer:
        producer.init_transactions()
        yield producer


# --------------------------------------------------------------------------------------- it is a real Kafka


def test_the_broker_answers(kafka_bootstrap: str) -> None:
    with closing(KafkaAdminClient(bootstrap_servers=kafka_bootstrap)) as admin:
        assert admin.describe_cluster()["brokers"]


def test_a_new_topic_has_the_partitions_asked_for(
    kafka_admin: KafkaAdminClient, new_topic: TopicMaker
) -> None:
    (described,) = kafka_admin.describe_topics([new_topic(3)])
    assert len(described["partitions"]) == 3


def test_a_committed_transaction_is_read(
    producer: KafkaProducer, new_topic: TopicMaker, read_topic: TopicReader
) -> None:
    topic = new_topic(2)
    producer.begin_transaction()
    producer.send(
        topic, key=b"k", value="grüß".encode(), headers=[("ce_id", b"1"), ("ce_type", b"t")], partition=1
    )
    producer.send(topic, value=b"plain", partition=0)
    producer.send(topic, key=b"k", value=None, partition=1)
    producer.commit_transaction()
    assert read_topic(topic) == [
        Record(0, 0, None, {}, "plain"),
        Record(1, 0, "k", {"ce_id": "1", "ce_type": "t"}, "grüß"),
        Record(1, 1, "k", {}, None),
    ]


def test_an_aborted_transaction_is_not_read(
    producer: KafkaProducer, new_topic: TopicMaker, read_topic: TopicReader
) -> None:
    topic = new_topic()
    for value, end in [(b"aborted", producer.abort_transaction), (b"committed", producer.commit_transaction)]:
        producer.begin_transaction()
        producer.send(topic, value=value, partition=0)
        producer.flush()
        end()
    assert [record.value for record in read_topic(topic)] == ["committed"]


def test_an_open_transaction_is_not_read(
    producer: KafkaProducer, new_topic: TopicMaker, read_topic: TopicReader
) -> None:
    topic = new_topic()
    producer.begin_transaction()
    producer.send(topic, value=b"undecided", partition=0)
    producer.flush()
    assert read_topic(topic) == []
    producer.abort_transaction()


# --------------------------------------------------------------------------- one for all, and nothing stays


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run Python with `arguments`; whatever becomes of the test, it does not outlive it."""
    command = [sys.executable, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=broker.ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_holders_share_one_broker_until_the_last_is_killed(tmp_path: Path) -> None:
    need_jars()
    with started("-c", HOLD, str(tmp_path)) as one, started("-c", HOLD, str(tmp_path)) as other:
        address = first_line(one)
        assert address == first_line(other)

        one.communicate()
        assert broker.listens(address)

        other.send_signal(signal.SIGKILL)
        assert eventually(lambda: not broker.listens(address))
        assert eventually(lambda: not list(tmp_path.glob("kafka-*")))


def test_a_killed_keeper_takes_its_broker_along(tmp_path: Path) -> None:
    need(sys.platform == "linux", "a kernel that ends a process with its parent", "run it on Linux")
    need_jars()
    with (
        (tmp_path / "holders").open("w") as holders,
        started("-m", "tests.broker", "keep", str(tmp_path)) as keeper,
    ):
        fcntl.flock(holders, fcntl.LOCK_SH)  # or the keeper would stop at once
        address = first_line(keeper)
        assert broker.listens(address)

        keeper.send_signal(signal.SIGKILL)
        assert eventually(lambda: not broker.listens(address))


# ------------------------------------------------------------------------------------- where there is none


def test_where_no_broker_is_to_be_had_a_test_skips_and_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("SCP_NO_SKIPS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="SCP_KAFKA_BOOTSTRAP"):
        need_jars()

    monkeypatch.setenv("SCP_NO_SKIPS", "1")
    with pytest.raises(pytest.fail.Exception, match="SCP_KAFKA_BOOTSTRAP"):
        need_jars()


def test_where_kcat_is_missing_a_test_is_skipped_before_a_broker_is_started(tmp_path: Path) -> None:
    need_jars()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "java").symlink_to(str(shutil.which("java")))
    others = {name: value for name, value in os.environ.items() if not name.startswith(("SCP_", "PYTEST_"))}
    asked = [f"{__file__}::test_an_open_transaction_is_not_read", "-p", "no:xdist", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *asked, "--basetemp", str(tmp_path / "run")],
        cwd=broker.ROOT,
        env=others | {"PATH": str(programs)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "1 skipped" in ran.stdout, ran.stdout
    assert "needs kcat" in ran.stdout
    assert not (tmp_path / "run" / "kafka-broker").exists()
