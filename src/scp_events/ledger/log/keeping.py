"""Keeps the ledger of one log: writes its tree and publishes its checkpoints until told to stop.

The two have a thread each, because a witness may take seconds to answer, and events do not wait for that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import structlog

from scp_events.event_log import Listener
from scp_events.ledger.format.note import NoteError
from scp_events.ledger.format.tree import ProofError
from scp_events.ledger.key_files import KeyFileError
from scp_events.ledger.log import startup
from scp_events.ledger.log.anchors import AnchorError
from scp_events.ledger.log.log_key import log_key
from scp_events.ledger.log.publishing import Publisher, Round
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tables import AnyConnection, HandedOverError, LedgerError
from scp_events.ledger.log.tree_writer import TreeWriter

POLL_SECONDS = 1.0
"""How often it is looked whether something is due, though nobody said so."""
APART_SECONDS = 1.0
"""How long after one checkpoint the next is published at the earliest: witnesses have other logs too."""
RECONNECT_SECONDS = 0.5
LONGEST_PAUSE = 60.0
"""Seconds after which witnesses that have not cosigned are asked again at the latest."""

EXPECTED = (KeyFileError, LedgerError, NoteError, ProofError, startup.StaleLogError)
"""These say themselves why nothing is signed, and what to do."""

_journal = structlog.get_logger("scp_events.ledger")


class Keeper:
    """Keeps one log's ledger. `run` for one thread; `stop` from anywhere."""

    def __init__(self, conninfo: str, settings: LedgerSettings) -> None:
        self._conninfo = conninfo
        self._settings = settings
        self._news = Listener(conninfo)
        self._stopped = threading.Event()
        self._grown = threading.Event()
        self._finished = threading.Event()
        self._pause = APART_SECONDS

    def stop(self) -> None:
        """Let `run` return once a checkpoint covers all that is recorded by now."""
        self._stopped.set()
        self._news.stop()

    def run(self) -> None:
        """Write and publish until `stop`, through restarts of the database.

        Raises `StaleLogError` for a log that others know more of, `LedgerError` for one that contradicts its
        ledger, `KeyFileError` without its key: nothing is signed then.
        """
        startup.prepare(self._conninfo, self._settings)
        startup.compare(self._conninfo, self._settings).must_not_contradict()
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            log_key(connection, self._settings.key_file)
        publishing = threading.Thread(
            target=self._insist, args=(self._publish,), name="publishing checkpoints"
        )
        publishing.start()
        try:
            with self._news:
                self._insist(self._write)
        finally:
            self._finished.set()
            self._grown.set()
            publishing.join()

    def _insist(self, work: Callable[[AnyConnection], None]) -> None:
        """Do `work` with a connection until it returns; where the connection breaks, again with the next."""
        while True:
            try:
                with psycopg.connect(self._conninfo, autocommit=True) as connection:
                    return work(connection)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                _journal.warning("cannot keep the ledger", error=type(error).__name__)
                if self._stopped.wait(RECONNECT_SECONDS):
                    return None

    def _write(self, connection: AnyConnection) -> None:
        """Write until told to stop, with each key of the log that there is meanwhile."""
        while True:
            try:
                signer = log_key(connection, self._settings.key_file)
                return self._write_with(TreeWriter(connection, signer, self._settings.policy))
            except HandedOverError:
                _journal.info("handed over")

    def _write_with(self, tree_writer: TreeWriter) -> None:
        size = 0
        while not self._stopped.is_set():
            self._news.wait(POLL_SECONDS)
            before, size = size, tree_writer.write(at_once=self._stopped.is_set())
            if size != before:
                self._grown.set()
        tree_writer.write(at_once=True)

    # --- publishing ---------------------------------------------------------------------------------------

    def _publish(self, connection: AnyConnection) -> None:
        publisher = Publisher(connection, self._settings)
        last_round = False
        while not last_round:
            self._grown.wait(POLL_SECONDS)
            self._grown.clear()
            last_round = self._finished.is_set()
            try:
                self._rest_after(publisher.publish())
            except (AnchorError, *EXPECTED) as error:
                _journal.warning("not published", reason=str(error))
                self._rest(published=False)

    def _rest_after(self, came: Round | None) -> None:
        if came is None:
            return
        for reply in came.replies:
            if reply.problem:
                _journal.warning("not cosigned", reason=f"{reply.witness.name} {reply.problem}")
        event = "published" if came.published else "not published"
        _journal.info(event, position=came.size)
        self._rest(published=came.published)

    def _rest(self, *, published: bool) -> None:
        """Wait before the next round: longer every time, while it does not come off."""
        self._pause = APART_SECONDS if published else min(2 * self._pause, LONGEST_PAUSE)
        self._finished.wait(self._pause)


def checkpoint_now(conninfo: str, settings: LedgerSettings) -> tuple[int, Round | None]:
    """Cover all there is by a checkpoint and publish it: for whoever wants to verify, or to hand out a case.

    Returns how many events it covers, and what came of publishing, unless that was done before. Raises as
    `Keeper.run` does.
    """
    startup.prepare(conninfo, settings)
    startup.compare(conninfo, settings).must_not_contradict()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        signer = log_key(connection, settings.key_file)
        size = TreeWriter(connection, signer, settings.policy).write(at_once=True)
        return size, Publisher(connection, settings).publish()
