"""What is handed out of a case leaves nothing out, whatever somebody makes the database say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict

from scp_cli.failures import explain
from scp_events.case_file.absence import claim_of, known
from scp_events.case_file.contents import readable
from scp_events.ledger.format.heads import Kind, count_in, entry_of, name_in, name_of
from scp_events.ledger.log.absence import prove_absence
from scp_events.ledger.log.exporting import export
from scp_events.ledger.log.keeping import checkpoint_now
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.offline import verify as offline
from scp_events.vocabulary import CaseId
from tests.conftest import database
from tests.ledger.filled import settings
from tests.ledger.invented_case import kind_of, unpacked
from tests.opened import opened_reader
from tests.services.cli_case import REFERENCE, day, write_case

OTHER = "SC-2025-015"


@dataclass(frozen=True)
class Cases:
    """Two cases of one log, one event of ours, and somebody with all rights."""

    connection: Connection[Any]
    ours: UUID
    other: UUID
    position: int
    """Of our last event but two, a contact."""

    def do(self, statement: str) -> None:
        named = {"ours": self.ours, "other": self.other, "position": self.position}
        self.connection.execute(statement.encode(), named)


Edit = Callable[[Cases], None]


def sql(*statements: str) -> Edit:
    return lambda cases: [cases.do(statement) for statement in statements] and None


def lowered_counts(cases: Cases) -> None:
    """The case, and the stream of one of its events, have one event less in the pages of counts."""
    stream = cases.connection.execute(
        "SELECT stream_id FROM event_log.events WHERE position = %s", (cases.position,)
    ).fetchone()
    assert stream
    less = {name_of(Kind.CASE, cases.ours), name_of(Kind.STREAM, stream[0])}
    for page, entries in cases.connection.execute("SELECT page, entries FROM ledger.head_pages").fetchall():
        each = [entries[at : at + 21] for at in range(0, len(entries), 21)]
        lowered = [entry_of(name_in(e), count_in(e) - 1) if name_in(e) in less else e for e in each]
        cases.connection.execute(
            "UPDATE ledger.head_pages SET entries = %s WHERE page = %s", (b"".join(lowered), page)
        )


A_COLUMN: dict[str, Edit] = {
    "filed under another case": sql(
        "UPDATE event_log.events SET case_id = %(other)s WHERE position = %(position)s"
    ),
    "filed under no case": sql("UPDATE event_log.events SET case_id = NULL WHERE position = %(position)s"),
    "filed in a stream of another case": sql(
        "UPDATE event_log.events e SET case_id = o.case_id, stream_id = o.stream_id, version = o.version + 1"
        " FROM (SELECT case_id, stream_id, max(version) AS version FROM event_log.events"
        " WHERE case_id = %(other)s AND category = 'engagement' GROUP BY 1, 2) o"
        " WHERE position = %(position)s"
    ),
    "called something else": sql(
        "UPDATE event_log.events SET type = 'engagement.choice-recorded' WHERE position = %(position)s"
    ),
    "two cases exchanged": sql(
        "UPDATE event_log.events SET case_id = CASE case_id WHEN %(ours)s THEN %(other)s ELSE %(ours)s END"
    ),
}
WHAT_IS_COVERED: dict[str, Edit] = {
    "counts lowered": lowered_counts,
    "counts lowered and the event filed elsewhere": lambda cases: (
        lowered_counts(cases),
        A_COLUMN["filed under another case"](cases),
    )[1],
    "counts gone": sql("TRUNCATE ledger.head_pages"),
    "the bytes say another case": sql(
        "UPDATE event_log.events SET case_id = %(other)s,"
        " body = convert_to(replace(convert_from(body, 'UTF8'),"
        " %(ours)s::text, %(other)s::text), 'UTF8') WHERE position = %(position)s"
    ),
    "an event deleted": sql("DELETE FROM event_log.events WHERE position = %(position)s"),
    "an event deleted, counts lowered": lambda cases: (
        lowered_counts(cases),
        cases.do("DELETE FROM event_log.events WHERE position = %(position)s"),
    )[1],
    "another root of counts in the checkpoint": sql(
        "UPDATE ledger.checkpoints SET note = replace(note, 'heads ', 'heads A')"
    ),
    "a line below the checkpoint": sql(
        "UPDATE ledger.checkpoints SET note = note || U&'\\2014 nobody.example AAAAAAAA' || chr(10)"
    ),
    "checkpoints exchanged": sql(
        "UPDATE ledger.checkpoints c SET note = o.note FROM ledger.checkpoints o WHERE o.size <> c.size"
        " AND o.size > 0 AND c.size > 0"
    ),
    "references exchanged": sql(
        "UPDATE event_log.cases SET reference = 'x' WHERE case_id = %(ours)s",
        "UPDATE event_log.cases SET reference = 'SC-2025-014' WHERE case_id = %(other)s",
        "UPDATE event_log.cases SET reference = 'SC-2025-015' WHERE case_id = %(ours)s",
    ),
}
EVENT = "engagement.contact-recorded"


@pytest.fixture(scope="module")
def written(postgres_server: str, log_template: str) -> Iterator[str]:
    """Yield the name of a database with two cases, not covered yet."""
    with database(postgres_server, log_template) as conninfo:
        write_case(conninfo, REFERENCE)
        write_case(conninfo, OTHER)
        yield str(conninfo_to_dict(conninfo)["dbname"])


@pytest.fixture
def conninfo(postgres_server: str, written: str) -> Iterator[str]:
    with database(postgres_server, written) as conninfo:
        yield conninfo


@pytest.fixture
def ledger(tmp_path: Path) -> LedgerSettings:
    return settings(tmp_path, ledger_key=tmp_path / "ledger.key")


@pytest.fixture
def cases(conninfo: str) -> Iterator[Cases]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        named = dict(connection.execute("SELECT reference, case_id FROM event_log.cases").fetchall())
        mine = connection.execute(
            "SELECT position FROM event_log.events WHERE case_id = %s AND type = %s ORDER BY 1 DESC",
            (named[REFERENCE], EVENT),
        ).fetchall()
        yield Cases(connection, named[REFERENCE], named[OTHER], mine[0][0])


def with_all_rights(cases: Cases, edit: Edit) -> None:
    for table in ("event_log.events", "ledger.tiles", "ledger.checkpoints"):
        if cases.connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,):
            cases.do(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
    edit(cases)


def positions_of(cases: Cases) -> set[int]:
    """Return where our events are, as they say themselves."""
    found = cases.connection.execute(
        "SELECT position FROM event_log.events WHERE convert_from(body, 'UTF8')::json ->> 'case_id' = %s",
        (str(cases.ours),),
    ).fetchall()
    return {position for (position,) in found}


def handed_out(conninfo: str, ledger: LedgerSettings, case: CaseId, at: int | None) -> Iterator[bytes]:
    """Yield what is handed out of a case; nothing where it is refused, in a line."""
    with opened_reader(conninfo) as log:
        claim = claim_of(log, [EVENT], day(8).date(), day(10).date())
        for ask in (
            lambda: export(conninfo, ledger, case, lambda size: readable(log, case, size), at=at),
            lambda: prove_absence(
                conninfo, ledger, case, claim, lambda size: known(log, case, size, claim), at=at
            ),
        ):
            try:
                yield ask()[1]
            except Exception as error:  # noqa: BLE001 - each of them has to be one that can be told
                assert explain(error), error


def shown(document: bytes) -> set[int]:
    """Return the positions of the events that a document proves, having verified it."""
    report = offline.verify_archive(document, offline.Trust())
    assert report.wrong == []
    return {int(path[-15:-5]) for path in offline.unpacked(document) if path.endswith(offline.LEAF)}


def must_be_whole(conninfo: str, ledger: LedgerSettings, cases: Cases, ours: set[int], at: int) -> None:
    """Whatever is handed out holds every event of ours, and is no proof that there are no contacts."""
    for document in handed_out(conninfo, ledger, CaseId(cases.ours), at):
        assert shown(document) == {position for position in ours if position <= at}
        assert kind_of(unpacked(document)[1]) == offline.BUNDLE, "there is a contact"


def test_a_case_is_whole_where_nobody_changed_anything(
    conninfo: str, ledger: LedgerSettings, cases: Cases
) -> None:
    size, _ = checkpoint_now(conninfo, ledger)
    [bundle] = handed_out(conninfo, ledger, CaseId(cases.ours), size)
    assert shown(bundle) == positions_of(cases)


@pytest.mark.parametrize("edit", A_COLUMN.values(), ids=A_COLUMN)
def test_what_was_changed_before_a_checkpoint_leaves_nothing_out(
    conninfo: str, ledger: LedgerSettings, cases: Cases, edit: Edit
) -> None:
    ours = positions_of(cases)
    with_all_rights(cases, edit)
    try:
        size, _ = checkpoint_now(conninfo, ledger)
    except Exception as error:  # noqa: BLE001 - the tree writer may see it first
        assert explain(error), error
        return
    must_be_whole(conninfo, ledger, cases, ours, size)


@pytest.mark.parametrize("edit", (A_COLUMN | WHAT_IS_COVERED).values(), ids=A_COLUMN | WHAT_IS_COVERED)
def test_what_was_changed_after_a_checkpoint_leaves_nothing_out_at_any(
    conninfo: str, ledger: LedgerSettings, cases: Cases, edit: Edit
) -> None:
    earlier, _ = checkpoint_now(conninfo, ledger)
    write_case(conninfo, "SC-2025-016")
    later, _ = checkpoint_now(conninfo, ledger)
    ours = positions_of(cases)
    with_all_rights(cases, edit)
    for size in (earlier, later):
        must_be_whole(conninfo, ledger, cases, ours, size)
