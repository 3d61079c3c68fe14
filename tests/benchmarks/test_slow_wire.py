"""The slower wire: everything arrives, in order, later, and nothing holds up what comes after it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from benchmarks.servers import slow_wire
from benchmarks.slow_wire import Wire

LATER = 60.0


@dataclass
class Ends:
    """A wire, with whoever calls and whoever is called."""

    wire: Wire
    here: socket.socket
    there: socket.socket

    def take(self, now: float) -> None:
        """Let the wire take what is to be read at either end."""
        for end in list(self.wire.sending):
            end.settimeout(0)
            try:
                self.wire.take(end, now)
            except BlockingIOError:
                continue


@pytest.fixture
def ends() -> Iterator[Ends]:
    with TemporaryDirectory(prefix="scp-") as place, socket.socket(socket.AF_UNIX) as called:
        called.bind(f"{place}/.s.PGSQL.1")
        called.listen()
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(Path(place) / "wire"))
            listening.listen()
            wire = Wire(listening, place, 1, LATER)
            with socket.socket(socket.AF_UNIX) as here:
                here.connect(str(Path(place) / "wire"))
                wire.join()
                there, _ = called.accept()
                with there:
                    for end in (here, there):
                        end.settimeout(0)
                    yield Ends(wire, here, there)
                    for end in wire.sending:
                        end.close()


def test_nothing_arrives_before_its_time(ends: Ends) -> None:
    ends.here.send(b"asked")
    ends.take(now=0.0)
    ends.wire.deliver(LATER - 0.001)
    with pytest.raises(BlockingIOError):
        ends.there.recv(100)
    ends.wire.deliver(LATER)
    assert ends.there.recv(100) == b"asked"


def test_what_is_on_its_way_does_not_hold_up_what_comes_after_it(ends: Ends) -> None:
    ends.here.send(b"one ")
    ends.take(now=0.0)
    ends.here.send(b"two")
    ends.take(now=0.5)
    ends.wire.deliver(LATER + 0.5)
    assert ends.there.recv(100) == b"one two"


def test_both_ways_are_as_long(ends: Ends) -> None:
    ends.there.send(b"answered")
    ends.take(now=0.0)
    ends.wire.deliver(LATER)
    assert ends.here.recv(100) == b"answered"


def test_who_hangs_up_is_missed_at_the_other_end(ends: Ends) -> None:
    ends.here.shutdown(socket.SHUT_WR)
    ends.take(now=0.0)
    ends.wire.deliver(LATER)
    assert ends.there.recv(100) == b""
    ends.there.shutdown(socket.SHUT_WR)
    ends.take(now=1.0)
    ends.wire.deliver(LATER + 1.0)
    assert ends.here.recv(100) == b""
    assert not ends.wire.sending


def test_what_was_sent_before_both_hung_up_still_arrives(ends: Ends) -> None:
    for end in (ends.here, ends.there):
        end.send(b"goodbye")
    ends.take(now=0.0)
    for end in (ends.here, ends.there):
        end.shutdown(socket.SHUT_WR)
    ends.take(now=0.0)
    ends.wire.deliver(LATER)
    for end in (ends.here, ends.there):
        assert (end.recv(100), end.recv(100)) == (b"goodbye", b"")


def test_a_database_answers_over_the_slower_wire(new_database: str) -> None:
    body = "x" * 3_000_000
    with slow_wire(new_database, milliseconds=0.1) as far, psycopg.connect(far) as connection:
        assert connection.execute("SELECT %s::text", [body]).fetchone() == (body,)
