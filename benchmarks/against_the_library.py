"""Append, open a case and catch up, against the plain eventsourcing library on the same server.

Both sides do the whole of it: load a case, decide, encode, append with one commit. Ours writes a larger
envelope, seals what is personal, and remembers the command; the library's aggregate is a class with `@event`
methods. Ratios above 1 are in our favour. `--short` stays under a minute.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier
from uuid_utils.compat import uuid7

from benchmarks import minutes, plain_library
from benchmarks.rounds import Rates, Work, report
from scp_events import event_log, follower
from scp_events.aggregates import ALL, participant
from scp_events.database import open_database
from scp_events.event_log import EventLog
from scp_events.policy import CURRENT
from scp_events.privacy import open_keyring
from scp_events.vocabulary import (
    NO_ACTION,
    Actor,
    CommandId,
    Decision,
    EventId,
    LegalBasis,
    OrganisationId,
    ParticipantId,
    PersonId,
    Provenance,
    Role,
    Views,
)

SEED = 20260101
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOTE = "An invented note about an invented meeting, as long as such notes are. " * 3
WORKER = Actor(id=PersonId("kw-juniper"), role=Role.KEY_WORKER, organisation=OrganisationId("second-chance"))
CASES = 48
"""Cases that appends go to, in turn, so that none grows long."""


@dataclass(frozen=True)
class Size:
    """How much work a round is."""

    rounds: int
    appends: int
    opens: int
    caught_up: int


LONG = Size(rounds=7, appends=480, opens=60, caught_up=20_000)
SHORT = Size(rounds=3, appends=192, opens=20, caught_up=2_000)


class Ours:
    """The event log, with the participant aggregate."""

    def __init__(self, conninfo: str, keyring: Path) -> None:
        event_log.prepare(conninfo)
        self.conninfo = conninfo
        self.keyring = open_keyring(conninfo, named=str(keyring))
        self.log = EventLog(conninfo, ALL, keyring=self.keyring, pool_size=16)

    def open_case(self, contacts: int) -> UUID:
        """Register a participant, agree boundaries, and record so many contacts."""
        case = ParticipantId(uuid4())
        register = participant.Register(
            event_id=EventId(uuid7()),
            case_reference=f"SC-{case.hex[:8].upper()}",
            name="Pepper Example",
            date_of_birth=NOON.date().replace(year=2010),
            preferred_language="en",
        )
        agree = participant.AgreeBoundaries(decision=_grounds(), agreed_with=WORKER, boundaries=NOTE)
        self._handle(case, register)
        self._handle(case, agree)
        for _ in range(contacts):
            self.record_contact(case)
        return case

    def record_contact(self, case: UUID) -> None:
        """Load a case, record a contact and append it."""
        self._handle(
            ParticipantId(case),
            participant.RecordContact(
                event_id=EventId(uuid7()),
                medium=participant.Medium.IN_PERSON,
                outcome=participant.ContactOutcome.HELD,
                held_minutes=45,
                made_by=WORKER,
                note=NOTE,
            ),
        )

    def _handle(self, case: ParticipantId, command: Any) -> None:  # noqa: ANN401 - any participant's command
        sent = Provenance(by=WORKER, command_id=CommandId(uuid7()), occurred_at=NOON, purpose="benchmark")
        self.log.handle(participant, case, command, sent, case_id=case)


class Theirs:
    """The plain library, with its default recorder."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.cases = plain_library.Cases(env=plain_library.environment(conninfo))
        self.contact = {
            "medium": "in-person",
            "held_minutes": 45,
            "made_by": WORKER.model_dump(mode="json"),
            "note": NOTE,
        }

    def open_case(self, contacts: int) -> UUID:
        """Save a case with so many contacts."""
        return self.cases.open_case("SC-2026-001", contacts + 1, self.contact)

    def record_contact(self, case: UUID) -> None:
        """Load a case, record a contact and save it."""
        self.cases.record_contact(case, self.contact)


Side = Ours | Theirs


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--format", choices=["json"], default="json")
    parser.add_argument("--short", action="store_true", help="fewer and smaller rounds, under a minute")
    size = SHORT if parser.parse_args(arguments).short else LONG
    random.seed(SEED)
    with ExitStack() as stack:
        server = stack.enter_context(_server())
        rates = measure(server, size, stack)
    names = ("append_1", "append_16_threads", "open_100", "catch_up")
    report(
        "against_the_library",
        SEED,
        rates,
        {f"{n}_vs_library": rates.ratio(f"ours {n}", f"theirs {n}") for n in names},
    )
    return 0


def measure(server: str, size: Size, stack: ExitStack) -> Rates:
    """Run every comparison."""
    rates = Rates()
    keyring = Path(stack.enter_context(TemporaryDirectory(prefix="scp-bench-"))) / "keyring"
    ours = Ours(stack.enter_context(_database(server)), keyring)
    theirs = Theirs(stack.enter_context(_database(server)))
    sides: dict[str, Side] = {"ours": ours, "theirs": theirs}
    rates.measure(
        {f"{n} append_1": appending(s, size.appends // 4, 1) for n, s in sides.items()}, size.rounds
    )
    rates.measure(
        {f"{n} append_16_threads": appending(s, size.appends, 16) for n, s in sides.items()}, size.rounds
    )
    rates.measure({f"{n} open_100": opening(s, size.opens) for n, s in sides.items()}, size.rounds)
    for side in sides.values():
        _fill(side, size.caught_up)
    rates.measure(
        {"ours catch_up": catching_up(ours), "theirs catch_up": their_catching_up(theirs)},
        size.rounds,
    )
    ours.log.close()
    ours.keyring.close()
    theirs.cases.close()
    return rates


def appending(side: Side, appends: int, callers: int) -> Callable[[], Work]:
    """So many contacts recorded by so many callers, each on its own cases."""

    def prepare() -> Work:
        cases = [side.open_case(contacts=2) for _ in range(CASES)]

        def append(number: int) -> None:
            side.record_contact(cases[number % CASES])

        def work() -> int:
            with ThreadPoolExecutor(callers) as pool:
                return sum(1 for _ in pool.map(append, range(appends)))

        return work

    return prepare


def opening(side: Side, opens: int) -> Callable[[], Work]:
    """A case of 100 events, opened so many times."""
    case = side.open_case(contacts=98)

    def open_once() -> int:
        if isinstance(side, Ours):
            return side.log.load(participant, ParticipantId(case)).version
        return int(side.cases.repository.get(case).version)

    def work() -> int:
        assert {open_once() for _ in range(opens)} == {100}
        return opens

    return lambda: work


def catching_up(ours: Ours) -> Callable[[], Work]:
    """The read model of all minutes, built from nothing by our follower."""
    expected = 45 * sum(isinstance(r.event, participant.ContactRecorded) for r in ours.log.read_all())
    head = ours.log.head()

    def prepare() -> Work:
        with psycopg.connect(ours.conninfo, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS follower, rm_minutes_v1 CASCADE")
        follower.prepare(ours.conninfo, [minutes])

        def work() -> int:
            with follower.Follower(ours.log, minutes) as following:
                assert following.catch_up() == head
            with psycopg.connect(ours.conninfo) as connection:
                total = connection.execute(
                    "SELECT sum(minutes) FROM rm_minutes_v1.contact_minutes"
                ).fetchone()
            assert total == (expected,)
            return head

        return work

    return prepare


def their_catching_up(theirs: Theirs) -> Callable[[], Work]:
    """The same read model, built from nothing by the library's runner."""
    head = theirs.cases.recorder.max_notification_id()
    assert head is not None

    def prepare() -> Work:
        with psycopg.connect(theirs.conninfo, autocommit=True) as connection:
            tables = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'cases_events'"
            ).fetchall()
            for (table,) in tables:
                connection.execute(SQL("DROP TABLE {}").format(Identifier(table)))

        def work() -> int:
            assert plain_library.catch_up(theirs.conninfo, head) > 0
            return head

        return work

    return prepare


def _fill(side: Side, events: int) -> None:
    """Make the log so long, with cases of 50 events."""
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: side.open_case(contacts=48), range(events // 50)))


def _grounds() -> Decision:
    return Decision(
        by=WORKER,
        reason_code="onset",
        reason_text=NOTE,
        legal_basis=LegalBasis(
            instrument="statute", act="Example Act", section="s. 1", valid_from=NOON.date().replace(year=2020)
        ),
        options_considered=("agree", NO_ACTION),
        views=Views(expressed=NOTE),
        policy_version=CURRENT.version,
    )


@contextmanager
def _server() -> Iterator[str]:
    """Yield the server named in SCP_DATABASE_URL, or one of our own that ends with us."""
    with TemporaryDirectory(prefix="scp-bench-") as home, open_database(home=Path(home) / "pg") as conninfo:
        yield conninfo


@contextmanager
def _database(server: str) -> Iterator[str]:
    name = f"bench_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    try:
        yield make_conninfo(server, dbname=name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
