"""Relays to be started, watched, stopped and killed by a test, and what must hold of what they published."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from scp_events.publishing.audiences import BY_NAME
from scp_events.publishing.partitions import partition_of
from scp_events.publishing.pseudonyms import Pseudonyms
from scp_events.vocabulary import Stream, stored_type
from scp_relay.settings import Settings
from tests.kafka_fixtures import Record

PATIENCE = 120.0
PARTITIONS = 4


@dataclass
class Site:
    """One installation: its log, its broker, its topics."""

    conninfo: str
    bootstrap: str
    home: Path
    prefix: str = field(default_factory=lambda: f"test-{uuid4()}")

    def environment(self, **changes: object) -> dict[str, str]:
        """Return what the environment says to a relay here, and nothing of the test's own settings."""
        said = {
            "database_url": self.conninfo,
            "home": self.home,
            "keyring": os.environ["SCP_KEYRING"],
            "kafka_bootstrap": self.bootstrap,
            "kafka_prefix": self.prefix,
            "kafka_partitions": PARTITIONS,
        } | changes
        return {f"SCP_{name}".upper(): str(value) for name, value in said.items()}

    def settings(self, **changes: object) -> Settings:
        return Settings.model_validate(
            {name.removeprefix("SCP_").lower(): value for name, value in self.environment(**changes).items()}
        )

    @contextmanager
    def relay(self, **changes: object) -> Iterator[RelayProgram]:
        """Run a relay; whatever becomes of the test, it does not outlive it."""
        log = self.home / f"relay-{uuid4()}.log"
        others = {name: value for name, value in os.environ.items() if not name.startswith("SCP_")}
        with (
            log.open("w") as output,
            subprocess.Popen(
                [sys.executable, "-m", "scp_relay"],
                env=others | self.environment(**changes),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            ) as process,
        ):
            try:
                yield RelayProgram(process, log)
            finally:
                process.kill()


@dataclass
class RelayProgram:
    """A relay that runs, and what it wrote down."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return what it wrote down of one kind."""
        whole = self.log.read_text(encoding="utf-8").rpartition("\n")[0]
        lines = [json.loads(line) for line in whole.splitlines()]
        return [line for line in lines if line["event"] == event]

    def began(self) -> None:
        self.until(lambda: bool(self.said("began")))

    def position(self) -> int:
        """Return how far it says it has come."""
        return max((line["position"] for line in self.said("published")), default=0)

    def reaches(self, position: int) -> None:
        self.until(lambda: self.position() >= position)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something; fail with what the relay said where it does not come about."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, f"the relay ended: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"waited too long: {self.log.read_text()[-3000:]}"
            time.sleep(0.01)

    def ends(self) -> int:
        """Wait for its end and return its exit code."""
        return self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Tell it to stop, as a supervisor would, and return its exit code."""
        self.process.terminate()
        return self.ends()


def check_published(site: Site, records: list[Record], audience: str = "internal") -> None:
    """Every event the audience is told of was published once, in order; every message follows the last."""
    expected = _expected(site, audience)
    told = sorted(records, key=lambda record: int(record.headers["ce_position"]))
    assert [_told(record) for record in told] == expected
    for partition in range(PARTITIONS):
        chain = [record for record in records if record.partition == partition]
        positions = [int(record.headers["ce_position"]) for record in chain]
        assert [int(record.headers["ce_prevposition"]) for record in chain] == [0, *positions][: len(chain)]
        assert positions == sorted(positions)


def _told(record: Record) -> tuple[int, str, str, str, str, str, int]:
    said = record.headers
    return (
        int(said["ce_position"]),
        said["ce_id"],
        said["ce_type"],
        said["ce_subject"],
        said["ce_streamversion"],
        record.key,
        record.partition,
    )


def _expected(site: Site, audience: str) -> list[tuple[int, str, str, str, str, str, int]]:
    """Return what the log says must have been told, read without the program under test."""
    types = [stored_type(event) for event in BY_NAME[audience].may_learn]
    secret = bytes.fromhex(site.settings().key_file.read_text())
    names = Pseudonyms(secret, audience)
    with psycopg.connect(site.conninfo) as connection:
        rows = connection.execute(
            "SELECT position, event_id, type, version, category, stream_id FROM event_log.events"
            " WHERE type = ANY(%s) ORDER BY position",
            [types],
        ).fetchall()
    return [
        (
            position,
            str(event_id),
            f"scp.{type_}.v1",
            names.of(stream),
            str(version),
            names.of(stream),
            partition_of(stream, PARTITIONS),
        )
        for position, event_id, type_, version, category, stream_id in rows
        for stream in [Stream(category, stream_id)]
    ]
