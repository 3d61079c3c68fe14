"""`scp-events export` and `anchors`: that a case is what it was, for others, and who vouches for the log."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli import completing
from scp_cli.output import Format, Shown, remark, show, write
from scp_cli.verifying import CheckpointFirst, cover

if TYPE_CHECKING:
    from scp_events.event_log import LogReader
    from scp_events.ledger.log.settings import LedgerSettings
    from scp_events.ledger.log.startup import Asked
    from scp_events.vocabulary import CaseId

STALE = 3
"""The exit code where an anchor contradicts the log."""

# --- export -----------------------------------------------------------------------------------------------


def export(
    case: Annotated[
        str,
        typer.Argument(
            metavar="CASE",
            help="Its reference, such as SC-2025-014, or its id.",
            autocompletion=completing.case,
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Where to write it; by default its own name, here."),
    ] = None,
    at: Annotated[
        int | None,
        typer.Option(metavar="POSITION", min=1, help="At this published checkpoint, not the newest."),
    ] = None,
    checkpoint: CheckpointFirst = True,
) -> None:
    """Write a case as a bundle that anybody can verify, without us and without network.

    A ZIP with the case's events as they are stored, the proof that they are all there is, what people read,
    and verify.py, which needs Python alone. The same checkpoint gives the same bytes. It is personal data.

    Exit codes: 0 it is written; 1 it could not be proved, or nothing of the case is covered; 2 the question
    was not understood; 3 an anchor contradicts the log.
    """
    from scp_cli.connecting import case_named, ledger_settings, opened_log

    with opened_log() as log:
        case_id = case_named(log, case)
        name, archive = bundled(log, ledger_settings(), case_id, at=at, checkpoint=checkpoint)
        path = output or Path(f"{name}.zip")
        save(log, case_id, path, archive)
    remark(
        f"scp-events: {path} can be verified with the verify.py in it;"
        " compare its key with `scp-events anchors`"
    )
    write(f"{path}\n")


def bundled(
    log: LogReader,
    settings: LedgerSettings,
    case_id: CaseId,
    *,
    at: int | None = None,
    checkpoint: bool = True,
) -> tuple[str, bytes]:
    """Return the name and the bytes of a case's bundle, what is new included."""
    from scp_events.case_file.contents import readable
    from scp_events.ledger.log.exporting import export as export_case

    cover_for_export(log, settings, checkpoint=checkpoint)
    return export_case(log.conninfo, settings, case_id, lambda size: readable(log, case_id, size), at=at)


def save(log: LogReader, case_id: CaseId, path: Path, archive: bytes) -> None:
    """Write a case's bundle, which an erasure of the case names from then on."""
    from scp_events.privacy.copies import CopyKind, write_copy

    write_copy(log.conninfo, CopyKind.BUNDLE, path, archive, [log.reference_of(case_id) or str(case_id)])


def cover_for_export(log: LogReader, settings: LedgerSettings, *, checkpoint: bool) -> None:
    """Make the log's tables, key and newest checkpoint; what an anchor contradicts is not handed out."""
    from scp_events.ledger.log import startup

    startup.prepare(log.conninfo, settings)
    contradiction = cover(log.conninfo, settings) if checkpoint else None
    if contradiction:
        raise startup.StaleLogError(contradiction)


# --- anchors ----------------------------------------------------------------------------------------------

COLUMNS = {"anchor": "anchor", "events": "events", "says": "says"}


def anchors(
    *,
    paper: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Compare with the line at the foot of a printed report."),
    ] = None,
    how: Shown = Format.TABLE,
) -> None:
    """Compare the log with everybody who vouches for it.

    The file of published checkpoints, the witnesses, and with --paper a printed report. Exit code 3 says that
    one of them contradicts: the database was restored from an older backup, or rewritten.
    """
    from scp_cli.connecting import opened_ledger
    from scp_events.case_file.printed import foot_of
    from scp_events.ledger.log.startup import compare

    with opened_ledger() as (conninfo, settings):
        rows = [_as_anchor(each) for each in compare(conninfo, settings).asked]
        if paper is not None:
            rows.append(_on_paper(conninfo, paper))
        log, foot = _log_of(conninfo), foot_of(conninfo)
    show(rows, how, COLUMNS)
    if log:
        remark(f"scp-events: this log signs with {log}")
    if foot:
        remark(f"scp-events: newest published: {foot}")
    if any(row["contradicts"] for row in rows):
        raise typer.Exit(STALE)


def _as_anchor(asked: Asked) -> dict[str, object]:
    says = asked.contradiction or asked.problem or "agrees"
    return {
        "anchor": asked.name,
        "events": asked.size,
        "contradicts": bool(asked.contradiction),
        "says": says,
    }


def _on_paper(conninfo: str, said: str) -> dict[str, object]:
    """Compare with what somebody typed off a report."""
    import psycopg

    from scp_events.ledger.format.paper import NotPrintedError, parse_from_paper
    from scp_events.ledger.log import tables

    try:
        size, printed = parse_from_paper(said)
    except NotPrintedError as error:
        raise typer.BadParameter(str(error), param_hint="--paper") from None
    with psycopg.connect(conninfo, autocommit=True) as connection:
        head = tables.head_of_log(connection)
        root = tables.root_at(connection, size) if size <= head else None
    says = "agrees" if root == printed else f"has another root than this log had at {size} events"
    if root is None:
        says = f"is of {size} events, and this log ends at {head}"
    return {"anchor": "paper", "events": size, "contradicts": root != printed, "says": says}


def _log_of(conninfo: str) -> str | None:
    """Return the public key of the log in a database; None where it has not signed anything yet."""
    import psycopg

    from scp_events.ledger.log.log_key import known_keys

    with psycopg.connect(conninfo, autocommit=True) as connection:
        keys = known_keys(connection)
    return keys.newest.vkey if keys else None
