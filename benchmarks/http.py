"""Commands over HTTP: the real service against the same service with another store behind it.

16 connections of another process each record one contact after the other with `POST .../record-contact`, or
decide on one referral after the other with `POST .../accept-referral`. The plain library stands behind the
same endpoints, and so does nothing at all, which is what HTTP itself costs: the token, the policy, the body,
the answer. Each server is one process, as `scp-events serve` starts it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import NamedTuple

from benchmarks.callers import Helper
from benchmarks.contacts import LEAD, MINUTES, NOTE, REVIEWED, WORKER, grounds, new_case, reference_of
from benchmarks.ours import Ours
from benchmarks.program import Run, run
from benchmarks.requesting import Sent, client
from benchmarks.rounds import Contender, Done
from benchmarks.stores import Tally
from benchmarks.theirs import Theirs
from scp_api.settings import Settings
from scp_events.access import development

CONNECTIONS = 16
RECORD = Sent(
    "/cases/{}/engagement/record-contact",
    WORKER,
    json.dumps(
        {
            "command": {
                "medium": "in-person",
                "outcome": "held",
                "held_minutes": MINUTES,
                "made_by": WORKER.model_dump(mode="json"),
                "note": NOTE,
            }
        }
    ).encode(),
    times=28,
)
DECIDE = Sent(
    "/referrals/{}/accept-referral",
    LEAD,
    json.dumps({"command": {"decision": grounds().model_dump(mode="json", exclude={"by"})}}).encode(),
    times=1,
    condition=f'If-Match: "{REVIEWED}"\r\n',
)
PATIENCE_SECONDS = 30.0


class Kind(NamedTuple):
    """What is sent to a server, and what there must be before."""

    sent: Sent
    prepare: Callable[[], str]
    """Makes what it is sent to, and returns its name."""
    events: int
    """How many events of it there are then."""


@dataclass(frozen=True)
class Behind:
    """What stands behind a server, and how it is seen what it recorded."""

    program: Sequence[str]
    keyring: str
    conninfo: str
    contacts: Kind
    decisions: Kind
    check: Callable[[Tally], None]


def compare(said: Run) -> Mapping[str, float | None]:
    """Serve with every store, and ask each in turn."""
    ours = said.closing(Ours(said.database(), said.keyring()))
    theirs = said.closing(Theirs(said.database()))
    stand_ins = "benchmarks.stand_ins"
    sides = {
        "ours": Behind(
            ["scp_api"],
            ours.keyring_file,
            ours.conninfo,
            Kind(RECORD, lambda: ours.named_case(2), 2),
            Kind(DECIDE, ours.reviewed_referral, REVIEWED),
            ours.check,
        ),
        "library": Behind(
            [stand_ins, "library"],
            "",
            theirs.conninfo,
            Kind(RECORD, lambda: reference_of(theirs.open_case(1)), 1),
            Kind(DECIDE, lambda: str(theirs.open_case(1)), 1),
            theirs.check,
        ),
        "nothing": Behind(
            [stand_ins, "nothing"],
            "",
            said.server,
            Kind(RECORD, lambda: reference_of(new_case()), 0),
            Kind(DECIDE, lambda: str(new_case()), 0),
            lambda _: None,
        ),
    }
    home = said.place()
    ports = {name: said.opened.enter_context(serving(behind, home)) for name, behind in sides.items()}
    said.compare(
        {name: sending(said, behind, behind.contacts, ports[name], home) for name, behind in sides.items()}
        | {
            f"{name}, decisions": sending(said, behind, behind.decisions, ports[name], home)
            for name, behind in sides.items()
        }
    )
    return {
        "http_vs_library": said.ratio("ours", "library"),
        "http_vs_no_store": said.ratio("ours", "nothing"),
        "http_p99_vs_library": said.ratio("ours p99 ms", "library p99 ms"),
        "http_decision_vs_library": said.ratio("ours, decisions", "library, decisions"),
        "http_decision_vs_no_store": said.ratio("ours, decisions", "nothing, decisions"),
    }


def sending(said: Run, behind: Behind, kind: Kind, port: int, home: Path) -> Contender:
    """Start a client; each round it sends to what was made for it."""
    names = (64 if said.short else 320) if kind.sent is RECORD else (320 if said.short else 1600)
    token = development.mint(home, kind.sent.by, Settings(development=True).audience)
    helper: Helper[Done] = said.opened.enter_context(Helper(client, port, token, kind.sent, CONNECTIONS))

    def contender() -> Done:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            prepared = list(pool.map(lambda _: kind.prepare(), range(names)))
        behind.check(Tally(names * kind.events))
        helper.tell((prepared, said.seconds))
        done = helper.answer()
        behind.check(Tally(done.times, contacts=done.times if kind.sent is RECORD else 0))
        return done

    return contender


@contextmanager
def serving(behind: Behind, home: Path) -> Iterator[int]:
    """Yield the port on which a server serves, as a process of its own."""
    port = _free_port()
    settings = {
        "SCP_DATABASE_URL": behind.conninfo,
        "SCP_HOME": str(home),
        "SCP_KEYRING": behind.keyring,
        "SCP_DEVELOPMENT": "1",
        "SCP_API_PERSON_PER_SECOND": "0",  # it is one person who asks as often as they can
        "SCP_API_ORGANISATION_PER_SECOND": "0",
        "SCP_API_PORT": str(port),
    }
    with subprocess.Popen(  # noqa: S603 - a program of ours
        [sys.executable, "-m", *behind.program], env=os.environ | settings, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert server.poll() is None, f"{server.args!r} has ended: start it by hand to see why"
            assert monotonic() < deadline, f"{server.args!r} does not serve"
            sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port: int = asked.getsockname()[1]
        return port


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("http", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
