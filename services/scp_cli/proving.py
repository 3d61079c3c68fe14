"""`scp-events verify`, `export` and `anchors`: that the log is what it was, for ourselves and for others."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from scp_cli.output import Format, Shown, as_json, progress, remark, show, write

if TYPE_CHECKING:
    from scp_events.event_log import LogReader
    from scp_events.ledger.log.settings import LedgerSettings
    from scp_events.ledger.log.startup import Asked
    from scp_events.ledger.log.verifying import Anchor, Verified
    from scp_events.vocabulary import CaseId

STALE = 3
"""The exit code where an anchor contradicts the log."""
NOT_VERIFIED = 4
"""The exit code where something is not as the ledger has it."""

CheckpointFirst: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--checkpoint/--no-checkpoint", help="First cover what is new by a checkpoint, or leave it."
    ),
]


# --- verify -----------------------------------------------------------------------------------------------


def verify(*, checkpoint: CheckpointFirst = True, how: Shown = Format.TABLE) -> None:
    """Verify the whole log against its ledger and its anchors.

    Every event is hashed anew and compared with the ledger; the first position that is not as it was is
    named, with exit code 4. Nobody can vouch for events that no checkpoint covers yet; it says how many.
    """
    from scp_cli.connecting import opened_ledger

    with opened_ledger() as (conninfo, settings):
        found, first, wrong = checked(conninfo, settings, checkpoint=checkpoint)
    if how is Format.TABLE:
        write("".join(f"{line}\n" for line in told(found, first, wrong)))
    else:
        _show_one(_as_row(found, first, wrong), how)
    if wrong:
        raise typer.Exit(NOT_VERIFIED)


def checked(
    conninfo: str, settings: LedgerSettings, *, checkpoint: bool
) -> tuple[Verified, int | None, str | None]:
    """Verify the log, what is new included; return what was found, where it is wrong first, and why."""
    from scp_events.ledger.log.verifying import verify as verify_log

    contradiction = _cover(conninfo, settings) if checkpoint else None
    held = _held(conninfo, settings)
    with progress("verifying") as bar:
        found = verify_log(conninfo, held, bar)
    wrong = contradiction or found.wrong
    first = found.first_wrong if found.wrong else found.size + 1 if wrong else None
    return found, first, wrong


def _cover(conninfo: str, settings: LedgerSettings) -> str | None:
    """Cover what is new by a checkpoint, where we may; return what an anchor says against this log."""
    from scp_events.ledger.log.anchors import AnchorError
    from scp_events.ledger.log.keeping import EXPECTED, checkpoint_now
    from scp_events.ledger.log.startup import StaleLogError

    try:
        checkpoint_now(conninfo, settings)
    except StaleLogError as stale:
        return str(stale)
    except (AnchorError, OSError, *EXPECTED) as error:
        remark(f"scp-events: no checkpoint was made: {error}")
    return None


def _held(conninfo: str, settings: LedgerSettings) -> list[Anchor]:
    """Return what the file of published checkpoints holds."""
    import psycopg

    from scp_events.ledger.log.anchors import AnchorError, AnchorFile
    from scp_events.ledger.log.log_key import known_keys
    from scp_events.ledger.log.verifying import held_in

    path = settings.anchor_file
    if path is None or not path.exists():
        return []
    try:
        with psycopg.connect(conninfo, autocommit=True) as connection:
            keys = known_keys(connection)
            return list(held_in(AnchorFile(path), keys, connection)) if keys else []
    except AnchorError as error:
        remark(f"scp-events: not compared with {path}: {error}")
        return []


def told(found: Verified, first: int | None, wrong: str | None) -> list[str]:
    """Say what was found in lines for people."""
    from scp_events.ledger.format.paper import format_for_paper

    later = found.head - found.size
    if wrong:
        return [f"WRONG from position {first} on: {wrong}"]
    lines = [
        f"Verified: {format_for_paper(found.size, found.root)}.",
        f"Every event, tile and count is as the ledger has it; {found.anchors} checkpoints agree.",
    ]
    if later > 0:
        lines.append(f"Nobody can vouch for the last {later} events: no checkpoint covers them yet.")
    return lines


def _as_row(found: Verified, first: int | None, wrong: str | None) -> dict[str, object]:
    return {
        "size": found.size,
        "root": found.root.hex(),
        "first_wrong_position": first,
        "wrong": wrong,
        "head": found.head,
        "not_covered": max(found.head - found.size, 0),
        "anchors_agreeing": found.anchors,
    }


def _show_one(row: dict[str, object], how: Format) -> None:
    """Write one row: as an object, or as a table of one line."""
    if how is Format.JSON:
        write(as_json(row))
    else:
        show([row], how, {})


# --- export -----------------------------------------------------------------------------------------------


def export(
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="Its reference, such as SC-2025-014, or its id.")
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
    contradiction = _cover(log.conninfo, settings) if checkpoint else None
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
