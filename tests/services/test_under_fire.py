"""The whole of it under load, and with each part killed in the middle: nothing lost, nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any
from uuid import UUID

import psycopg
import pytest

from scp_events import event_log, follower
from scp_events.aggregates import engagement
from scp_events.aggregates.engagement.events import ContactRecorded
from scp_events.database.embedded import hold
from scp_events.event_log import Recorded
from scp_events.history import effective, state_of
from scp_events.projections import ALL as PROJECTIONS
from scp_events.projections import caseload
from scp_events.vocabulary import OrganisationId
from tests.check_log import check_log
from tests.examples import examples
from tests.kafka_fixtures import TopicReader
from tests.opened import opened_reader
from tests.services import under_fire
from tests.services.test_api_service import Service, free_port, start, until_ready
from tests.services.under_fire import Fire, spans
from tests.words import MONDAY

# Once: each part runs from the wheel in tests of its own
pytestmark = [pytest.mark.faults, pytest.mark.once]
CASES = 12
COMMANDS = examples(300)
BEGINS = {"scp_projector": '"event": "following"', "scp_relay": '"event": "began"'}
PARTS = ("api", "scp_projector", "scp_relay", "postgresql")


@dataclass
class System:
    """PostgreSQL, the API, the projector and the relay, each in a process that can be killed."""

    home: Path
    conninfo: str
    postgres: int
    service: Service
    programs: dict[str, subprocess.Popen[bytes]]
    stack: ExitStack
    kafka: str

    def kill(self, part: str) -> None:
        """End a part without warning, and start it again."""
        if part == "postgresql":
            killed = self.postgres
            os.kill(killed, signal.SIGKILL)
            self.postgres = self.stack.enter_context(hold(self.home / "pg")).pid
            assert self.postgres != killed
        elif part == "api":
            self._kill(self.service.process)
            port = int(self.service.url.rpartition(":")[2])
            self.service.process = start_api(self.conninfo, self.home, port)
            until_ready(self.service)  # it has found its database, which may go away now
        else:
            self._kill(self.programs[part])
            began = self.begun(part)
            self.programs[part] = self.start(part)
            until(lambda: self.begun(part) > began, "it has found its database, which may go away now")

    def begun(self, program: str) -> int:
        """Return how often a program has said that it is at work."""
        return (self.home / f"{program}.log").read_text().count(BEGINS[program])

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        assert process.poll() is None, "it had ended by itself"
        process.kill()
        assert process.wait() == -signal.SIGKILL

    def start(self, program: str) -> subprocess.Popen[bytes]:
        """Start the projector or the relay."""
        ours = {
            "SCP_DATABASE_URL": self.conninfo,
            "SCP_HOME": str(self.home),
            "SCP_KAFKA_BOOTSTRAP": self.kafka,
            "SCP_KAFKA_PREFIX": self.home.name,
            "SCP_KAFKA_PARTITIONS": "3",
        }
        with (self.home / f"{program}.log").open("ab") as journal:
            return subprocess.Popen(
                [sys.executable, "-m", program], env=os.environ | ours, stderr=journal, stdout=journal
            )


def start_api(conninfo: str, home: Path, port: int) -> subprocess.Popen[bytes]:
    with (home / "api.log").open("ab") as journal:
        return start(conninfo, home, port, journal.fileno())


@contextmanager
def running(home: Path, kafka: str) -> Iterator[System]:
    """Run the whole system on a PostgreSQL of its own until the block ends."""
    with ExitStack() as stack:
        server = stack.enter_context(hold(home / "pg"))
        event_log.prepare(server.conninfo)
        follower.prepare(server.conninfo, PROJECTIONS)
        port = free_port()
        process = start_api(server.conninfo, home, port)
        service = Service(f"http://127.0.0.1:{port}", server.conninfo, home, process, home / "api.log")
        system = System(home, server.conninfo, server.pid, service, {}, stack, kafka)
        stack.callback(service.opened.close)
        try:
            until_ready(service)
            system.programs = {name: system.start(name) for name in BEGINS}
            until(lambda: all(map(system.begun, BEGINS)), "every part is at work")
            yield system
        finally:
            ends = [ended(program) for program in (system.service.process, *system.programs.values())]
        assert ends == [0, 0, 0], "a part ended by itself, or not in order"


def ended(program: subprocess.Popen[bytes]) -> int:
    """Tell a program to end, and return its exit code; 0 only if it was still running."""
    program.terminate()
    return program.wait(60)


@pytest.fixture
def system(tmp_path: Path, kafka_bootstrap: str) -> Iterator[System]:
    with running(tmp_path, kafka_bootstrap) as system:
        yield system


def test_random_commands_from_eight_clients_lose_no_update(system: System, read_topic: TopicReader) -> None:
    fire = Fire(system.service, commands=COMMANDS, seed=1)
    fire.run(fire.prepared(CASES))
    assert fire.stale > 0, "clients decided on the same cases at once"
    nothing_is_lost_and_nothing_twice(system, fire, read_topic)


def test_every_part_killed_twice_in_the_middle_loses_nothing_and_repeats_nothing(
    system: System, read_topic: TopicReader
) -> None:
    fire = Fire(system.service, commands=COMMANDS, seed=2)
    addresses = fire.prepared(CASES)
    unheard: Counter[str] = Counter()

    def kill_each_twice(running: Fire) -> None:
        for number, part in enumerate(PARTS * 2, start=1):
            enough = COMMANDS * number // (2 * len(PARTS) + 1)
            until(lambda enough=enough: running.done() >= enough, "commands are acknowledged")
            before = running.unheard
            system.kill(part)
            until(lambda enough=enough: running.done() > enough + 20, "commands are acknowledged again")
            unheard[part] += running.unheard - before

    fire.run(addresses, meanwhile=kill_each_twice)
    assert unheard["api"] > 0, "it was killed while it was asked"
    nothing_is_lost_and_nothing_twice(system, fire, read_topic)


# --- what must be true afterwards -------------------------------------------------------------------------


def nothing_is_lost_and_nothing_twice(system: System, fire: Fire, read_topic: TopicReader) -> None:
    """Every acknowledged command is in the log once; read models and topic say what the log says."""
    check_log(system.conninfo)
    with opened_reader(system.conninfo) as log:
        history = list(log.read_all())
    every_acknowledged_command_is_in_the_log_once(fire, history)
    the_caseload_is_a_fold_of_the_log(system, history)
    the_topic_holds_the_log(system, history, read_topic)


def every_acknowledged_command_is_in_the_log_once(fire: Fire, history: list[Recorded[Any]]) -> None:
    found = {r.position: (str(r.stream.id), r.position, r.version) for r in history}
    acknowledged = list(spans(fire.acknowledged))
    assert [found[position] for _, position, _ in acknowledged] == acknowledged
    assert len({position for _, position, _ in acknowledged}) == len(acknowledged)
    prepared = CASES * under_fire.EVENTS_TO_ENGAGE
    assert len(history) == prepared + len(acknowledged), "nothing is in the log that was not acknowledged"
    assert len({r.envelope.command_id for r in history}) == len(history), (
        "each of these commands is one event"
    )


def the_caseload_is_a_fold_of_the_log(system: System, history: list[Recorded[Any]]) -> None:
    until(lambda: has_caught_up(system.conninfo, len(history)), "the projections catch up")
    with psycopg.connect(system.conninfo) as connection:
        told = caseload.of_organisation(connection, OrganisationId("second-chance"), MONDAY)
    cases: dict[UUID | None, list[Recorded[Any]]] = {}
    for recorded in history:
        if recorded.stream.category == engagement.CATEGORY:
            cases.setdefault(recorded.envelope.case_id, []).append(recorded)
    assert {case.case_id: (case.key_worker, case.held_minutes) for case in told} == {
        case_id: (key_worker(events), minutes(events)) for case_id, events in cases.items()
    }


def key_worker(events: list[Recorded[Any]]) -> str | None:
    state = state_of(engagement, effective(recorded.fact for recorded in events))
    return state.key_worker


def minutes(events: list[Recorded[Any]]) -> int:
    return sum(r.event.held_minutes for r in events if isinstance(r.event, ContactRecorded))


def has_caught_up(conninfo: str, head: int) -> bool:
    with psycopg.connect(conninfo) as connection:
        standings = follower.status(connection)
    states = {standing.state for standing in standings}
    assert states <= {follower.State.FOLLOWING, follower.State.NOT_FOLLOWED}, "none has stopped"
    # Whoever was killed last may be about to start again.
    return states == {follower.State.FOLLOWING} and all(standing.position == head for standing in standings)


def the_topic_holds_the_log(system: System, history: list[Recorded[Any]], read_topic: TopicReader) -> None:
    topic = f"{system.home.name}.events.internal"
    until(lambda: len(read_topic(topic)) >= len(history), "the relay catches up")
    records = read_topic(topic)
    published = Counter(int(record.headers["ce_position"]) for record in records)
    assert published == Counter(range(1, len(history) + 1))
    last: dict[int, int] = {}
    for record in records:
        position = int(record.headers["ce_position"])
        assert int(record.headers.get("ce_prevposition", 0)) == last.get(record.partition, 0)
        assert position > last.get(record.partition, 0)
        last[record.partition] = position


def until(holds: Callable[[], bool], what: str, tries: int = 1200) -> None:
    """Wait for something that must come about; after two minutes it has not."""
    wait = Event()
    for _ in range(tries):
        if holds():
            return
        wait.wait(0.1)
    raise AssertionError(f"it did not come about that {what}")
