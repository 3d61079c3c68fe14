"""Projections that can be asked: their tables made, and brought up to date with the log first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psycopg

from scp_cli.connecting import opened_log
from scp_cli.output import progress, remark
from scp_events import follower
from scp_events.event_log import LogReader
from scp_events.follower import AnyConnection, Follower, Projection, State, checkpoints
from scp_events.projections import ALL as PROJECTIONS

PATIENCE = 1.5
"""Seconds without progress after which nobody else seems to be following; a projector looks every second."""


@contextmanager
def opened_answers(*projections: Projection, catch_up: bool) -> Iterator[tuple[LogReader, AnyConnection]]:
    """Yield the log, and a connection for the questions of projections.

    What is behind although it should not be is said on stderr: an old answer is not shown as a new one.
    """
    with opened_log() as log:
        follower.prepare(log.conninfo, projections)
        with psycopg.connect(log.conninfo, autocommit=True) as connection:
            if catch_up:
                bring_up_to_date(log, connection, projections)
            for projection in projections:
                _say_what_is_behind(log, connection, projection)
            yield log, connection


def bring_up_to_date(log: LogReader, connection: AnyConnection, projections: Iterable[Projection]) -> None:
    """Let projections take in what the log holds: by whoever follows them, or else here."""
    for projection in projections:
        if not _others_do(log, connection, projection):
            with Follower(log, projection) as ours:
                ours.catch_up()


def _others_do(log: LogReader, connection: AnyConnection, projection: Projection) -> bool:
    """Whether a projector brings it up to date: following it here as well would fence that projector."""
    head, found = log.head(), checkpoints.read(connection, projection)
    while found.owner is not None and found.position < head:
        if follower.wait_for(connection, projection, head, PATIENCE):
            return True
        before, found = found, checkpoints.read(connection, projection)
        if found.position == before.position:
            return False
    return found.position >= head


def _say_what_is_behind(log: LogReader, connection: AnyConnection, projection: Projection) -> None:
    found, head = checkpoints.read(connection, projection), log.head()
    if found.position < head or found.state is not State.FOLLOWING:
        remark(
            f"scp-events: {projection.NAME} is {found.state} at position {found.position} of {head}:"
            " `scp-events projections` says why"
        )


@contextmanager
def opened_projections() -> Iterator[tuple[LogReader, AnyConnection]]:
    """Yield the log, and a connection to ask how every projection stands; nothing is taken in.

    Tables that other SQL has made are no failure here: this is where one looks, and builds them anew.
    """
    with opened_log() as log:
        for projection in PROJECTIONS:
            try:
                follower.prepare(log.conninfo, [projection])
            except follower.OtherTablesError as outdated:
                remark(f"scp-events: {outdated}")
        with psycopg.connect(log.conninfo, autocommit=True) as connection:
            yield log, connection


def rebuilt(log: LogReader, projection: Projection) -> int:
    """Build a projection anew, with a progress bar on a terminal; return where it stands then."""
    with progress(f"rebuilding {projection.NAME}") as bar:
        return follower.rebuild(log, projection, bar)
