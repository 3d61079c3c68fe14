"""Connections that give up on a network that has fallen silent.

A server that dies says so, and a network that breaks mostly does. One that swallows everything says nothing:
without a deadline its caller would wait for as long as the operating system does, which can be hours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool

T = TypeVar("T")

PATIENCE_SECONDS = 30.0
"""How long an answer is waited for, unless somebody says otherwise."""


def patient(conninfo: str, seconds: float) -> str:
    """Return how to connect so that the operating system, too, gives up on a silent network after so long.

    What an address says itself counts.
    """
    said = conninfo_to_dict(conninfo)
    limits = {
        "connect_timeout": max(2, round(seconds)),  # of less, libpq makes two
        "keepalives_idle": max(1, round(seconds / 2)),
        "keepalives_interval": max(1, round(seconds / 6)),
        "keepalives_count": 3,
        "tcp_user_timeout": round(seconds * 1000),
    }
    return make_conninfo(conninfo, **{name: limit for name, limit in limits.items() if name not in said})


class PatientConnection(Connection[Any]):
    """A connection that breaks where an answer takes longer than its patience."""

    patience = PATIENCE_SECONDS

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait for an answer; one that did not come would be taken for the answer to what is asked next."""
        try:
            return super().wait(gen, interval, timeout or self.patience)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()
            raise


def connect_patiently(conninfo: str, seconds: float = PATIENCE_SECONDS) -> PatientConnection:
    """Return a connection in autocommit that gives up on a silent network."""
    connection = PatientConnection.connect(patient(conninfo, seconds), autocommit=True)
    connection.patience = seconds
    return connection


def patient_pool(
    conninfo: str,
    seconds: float,
    *,
    smallest: int,
    largest: int,
    configure: Callable[[Connection[Any]], None] = lambda _connection: None,
) -> ConnectionPool[PatientConnection]:
    """Return a pool of such connections.

    The pool tries to connect for as long as a caller waits, at doubling intervals, and anew with the next
    call: were it to try longer, it would leave a database that came back alone for as long as that had been
    away.
    """

    def prepare(connection: PatientConnection) -> None:
        connection.patience = seconds
        configure(connection)

    return ConnectionPool(
        patient(conninfo, seconds),
        connection_class=PatientConnection,
        min_size=smallest,
        max_size=largest,
        timeout=seconds,
        reconnect_timeout=seconds,
        kwargs={"autocommit": True},
        configure=prepare,
        open=True,
    )
