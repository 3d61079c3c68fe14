"""What a test needs to talk to Kafka: a broker, topics of its own, a reader that is not our client library.

The broker is one for the whole run, shared by all xdist workers, unless `SCP_KAFKA_BOOTSTRAP` names another.
"""

import json
import os
import shutil
import subprocess
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest

from tests.jars import NoJars
from tests.needs import need

with (
    warnings.catch_warnings()
):  # kafka-python 3.0 reads its schemas by a call that Python 3.11 and 3.12 deprecate
    warnings.filterwarnings("ignore", "(read|open)_text is deprecated", DeprecationWarning)
    from kafka import KafkaAdminClient

    from tests import broker

KCAT_SECONDS = 60
NAMED = "SCP_KAFKA_BOOTSTRAP"


class TopicMaker(Protocol):
    """`new_topic(3, cleanup_policy="compact")` makes a topic and returns its name."""

    def __call__(self, partitions: int = 1, **settings: str) -> str: ...


class Record(NamedTuple):
    """A record as kcat shows it; `value` is None for a tombstone."""

    partition: int
    offset: int
    key: str | None
    headers: dict[str, str | None]
    value: str | None


TopicReader = Callable[[str], list[Record]]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that needs what this machine lacks before anything is started for it, such as a broker."""
    asked = getattr(item, "fixturenames", ())
    if "read_topic" in asked:
        _kcat()
    if "kafka_bootstrap" in asked and not os.environ.get(NAMED):
        need_jars()


@pytest.fixture(scope="session")
def kafka_bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the `host:port` of a broker."""
    named = os.environ.get(NAMED)
    if named:
        yield named
        return
    with broker.held(_directory_of_the_run(tmp_path_factory)) as address:
        yield address


def need_jars() -> None:
    """Go on with a broker that can be started; skip where it cannot be had."""
    try:
        broker.JARS.fetch()
    except NoJars as missing:
        need(None, f"a Kafka broker ({str(missing).splitlines()[0]})", broker.HOW_TO_GET_ONE)


def _directory_of_the_run(factory: pytest.TempPathFactory) -> Path:
    """Return a directory that all xdist workers of this run share, and no other run."""
    base = factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    directory = run / "kafka-broker"
    directory.mkdir(exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def kafka_admin(kafka_bootstrap: str) -> Iterator[KafkaAdminClient]:
    with closing(KafkaAdminClient(bootstrap_servers=kafka_bootstrap)) as admin:
        yield admin


@pytest.fixture
def new_topic(kafka_admin: KafkaAdminClient) -> Iterator[TopicMaker]:
    """Make topics that are deleted after the test."""
    made: list[str] = []

    def make(partitions: int = 1, **settings: str) -> str:
        name = f"test-{uuid.uuid4()}"
        made.append(name)
        configs = {setting.replace("_", "."): value for setting, value in settings.items()}
        kafka_admin.create_topics(
            {name: {"num_partitions": partitions, "configs": configs}}, wait_for_metadata=True
        )
        return name

    yield make
    kafka_admin.delete_topics(made, raise_errors=False)


@pytest.fixture
def read_topic(kafka_bootstrap: str) -> TopicReader:
    """Read a topic to its end as others would: with kcat, and only what was committed."""
    command = [_kcat(), "-b", kafka_bootstrap, "-X", "isolation.level=read_committed"]

    def read(topic: str) -> list[Record]:
        """Return all records by partition and offset."""
        consume = [*command, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-J"]
        done = subprocess.run(consume, capture_output=True, text=True, check=False, timeout=KCAT_SECONDS)
        assert done.returncode == 0, done.stderr
        return sorted(map(_record, done.stdout.splitlines()), key=lambda record: record[:2])

    return read


def _kcat() -> str:
    """Return a Kafka client that is not ours; skip where there is none."""
    kcat = shutil.which("kcat") or shutil.which("kafkacat")
    need(kcat, "kcat, a Kafka client that is not ours", "install the package `kcat` (Debian: `kafkacat`)")
    return str(kcat)


def _record(line: str) -> Record:
    said: dict[str, Any] = json.loads(line)
    names, values = said.get("headers", [])[::2], said.get("headers", [])[1::2]
    assert len(set(names)) == len(names), f"a header twice: {names}"
    headers = dict(zip(names, values, strict=True))
    return Record(said["partition"], said["offset"], said["key"], headers, said["payload"])
