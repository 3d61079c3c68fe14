"""`scp-events erase`: a young person's data erased, asked by one person, approved by another, carried out."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from scp_cli import completing
from scp_cli.output import Format, Shown, as_json, remark, show, show_rich, write
from scp_cli.people import OURS, Organisation, Role, somebody

if TYPE_CHECKING:
    from scp_events.aggregates.record.events import ErasureOrigin
    from scp_events.erasure import Certificate, Standing
    from scp_events.event_log import BlockingCommandHandler, LogReader
    from scp_events.privacy.copies import Copy
    from scp_events.vocabulary import Actor, CaseId, Command, Grounds

WAIT_SECONDS = 60
ORIGINS = "participant, guardian, mentor, retention-schedule or court"


def erase(  # noqa: PLR0913 - one argument an option
    case: Annotated[
        str | None,
        typer.Argument(
            metavar="[CASE]",
            help="Its reference or its id; or mentors/NAME.",
            show_default=False,
            autocompletion=completing.case,
        ),
    ] = None,
    *,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="Who asks, approves, refuses or carries it out.", show_default=False
        ),
    ] = None,
    role: Role = "supervisor",
    organisation: Organisation = OURS,
    origin: Annotated[str, typer.Option(help=f"On whose account: {ORIGINS}.")] = "participant",
    grounds: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Why it is approved or refused, as JSON.")
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse what was requested.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish every erasure that was approved and is not done.")
    ] = False,
    unfinished: Annotated[
        bool,
        typer.Option("--unfinished", help="List the erasures that are not done, and what held each."),
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0,
            envvar="SCP_ERASURE_WAIT",
            help="How long whatever keeps old rows in files is waited for.",
        ),
    ] = WAIT_SECONDS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how it stands, and do nothing.")] = False,
    how: Shown = Format.TABLE,
) -> None:
    """Erase the personal data of a case, or of a mentor, for ever.

    The first time it is requested. The second time, by somebody else and with --grounds, it is approved and
    carried out: no key is ever made for this person again, theirs are destroyed, read models are purged, and
    tables are written anew so that no file holds what was in them. Sent again, it finishes what is left, and
    prints the certificate.

    Exit code 10 says that it is NOT FINISHED: a session, a prepared transaction, a slot or a standby kept old
    rows for longer than --wait. It is named: end it, and --resume.
    """
    if unfinished:
        _list_unfinished(how)
        return
    if by is None:
        raise typer.BadParameter("say who you are", param_hint="--by")
    if (case is None) != resume:
        raise typer.BadParameter("name a CASE, or --resume every erasure that was approved")
    if refuse and grounds is None:
        raise typer.BadParameter("to refuse is a decision: say why with --grounds", param_hint="--refuse")
    asked, said = _Asked(somebody(by, role, organisation), wait, how), _grounds(grounds)
    from scp_cli.connecting import opened_log, opened_to_append
    from scp_events import erasure

    if dry_run:
        with opened_log() as log:
            for case_id in [_whose(log, case)] if case else erasure.unfinished(log):
                _show_standing(log, case_id, erasure.standing(log, case_id))
        return
    with opened_to_append() as (log, handler):
        if case is None:
            _finish_all(log, handler, asked)
            return
        case_id = _whose(log, case)
        decision = _decision(log, case_id, _origin(origin), said, refuse=refuse)
        if decision is not None:
            say(handler, case_id, decision, asked.by)
        _go_on(log, handler, case_id, asked)


# --- deciding ---------------------------------------------------------------------------------------------


def _decision(
    log: LogReader, case_id: CaseId, origin: ErasureOrigin, grounds: Grounds | None, *, refuse: bool
) -> Command | None:
    """Return what somebody decides about the erasure; None where nothing is left to decide."""
    from scp_events import erasure
    from scp_events.aggregates.record import Erasure
    from scp_events.aggregates.record.commands import ApproveErasure, RefuseErasure, RequestErasure

    found = erasure.standing(log, case_id).erasure
    if grounds is not None:
        return RefuseErasure(decision=grounds) if refuse else ApproveErasure(decision=grounds)
    return None if found is Erasure.REQUESTED or found.is_approved else RequestErasure(origin=origin)


def say(handler: BlockingCommandHandler, case_id: CaseId, command: Command, by: Actor) -> None:
    """Record what somebody asks or decides about the erasure."""
    from uuid_utils.compat import uuid7

    from scp_events import erasure
    from scp_events.aggregates import record
    from scp_events.event_log import CommandRequest
    from scp_events.vocabulary import CommandId, Provenance, the_one

    handler.handle(
        CommandRequest(
            aggregate=record,
            stream=the_one(record.CATEGORY, case_id),
            case_id=case_id,
            command=command,
            provenance=Provenance(by=by, command_id=CommandId(uuid7()), purpose=erasure.PURPOSE),
        )
    )


# --- carrying out -----------------------------------------------------------------------------------------


class _Asked(NamedTuple):
    """By whom it is carried out, how long it waits, and how the certificate is shown."""

    by: Actor
    wait: float
    how: Format


def _finish_all(log: LogReader, handler: BlockingCommandHandler, asked: _Asked) -> None:
    """Finish every erasure that can be finished; one that cannot keeps no other waiting."""
    from scp_cli.failures import NOT_FINISHED
    from scp_events import erasure
    from scp_events.vocabulary import Refused

    code = 0
    for case_id in erasure.unfinished(log):
        try:
            _go_on(log, handler, case_id, asked)
        except (Refused, erasure.ErasureIncompleteError) as error:
            code = NOT_FINISHED if isinstance(error, erasure.ErasureIncompleteError) else code or 1
            remark(f"scp-events: {log.reference_of(case_id) or case_id}: {error}")
    if code:
        raise typer.Exit(code)


def _go_on(log: LogReader, handler: BlockingCommandHandler, case_id: CaseId, asked: _Asked) -> None:
    """Carry out what was approved, and show the certificate; or say how it stands."""
    import psycopg

    from scp_cli.answering import bring_up_to_date
    from scp_events import erasure, follower
    from scp_events.projections import ALL as PROJECTIONS

    found = erasure.standing(log, case_id)
    if found.approved is None:
        _show_standing(log, case_id, found)
        return
    follower.prepare(log.conninfo, PROJECTIONS)
    certificate = erasure.carry_out(
        log,
        handler,
        case_id,
        PROJECTIONS,
        by=asked.by,
        wait=asked.wait,
        data=data_directory(),
        after=lambda step: remark(f"scp-events: {step}: done"),
    )
    with psycopg.connect(log.conninfo, autocommit=True) as connection:
        bring_up_to_date(log, connection, PROJECTIONS)
    _show_certificate(log, certificate, asked.how)
    for other in _linked_to(log, case_id):
        remark(f"scp-events: linked to {log.reference_of(other) or other}: erase that record as well")


def data_directory() -> Path | None:
    """Return the data directory of the embedded server; None where somebody else looks after the server."""
    from scp_events.runtime.settings import ServiceSettings

    settings = ServiceSettings()
    if settings.url is not None:
        return None
    from scp_events.database.home import Home

    return Home(settings.home.expanduser().resolve()).data


def _linked_to(log: LogReader, case_id: CaseId) -> list[CaseId]:
    """Return the other records of the same person."""
    from scp_events.aggregates import participant
    from scp_events.history import effective, state_of
    from scp_events.vocabulary import the_one

    history = log.stream_history(the_one(participant.CATEGORY, case_id))
    state = state_of(participant, effective(recorded.fact for recorded in history))
    return list(participant.view(state).linked)


def _show_standing(log: LogReader, case_id: CaseId, found: Standing) -> None:
    from scp_events.aggregates.record import Erasure

    named = log.reference_of(case_id) or str(case_id)
    write(f"{named}: erasure is {found.erasure.replace('-', ' ')}\n")
    if found.erasure is Erasure.REQUESTED and found.requested is not None:
        asked = found.requested
        remark(
            f"scp-events: requested by {asked.by.id} on {asked.recorded_at.date()}: somebody else"
            " approves it with --by and --grounds, or refuses it with --refuse besides"
        )
    elif found.erasure is Erasure.DONE:
        remark(f"scp-events: `scp-events erase {named} --by CODE` prints the certificate again")
    elif found.approved is not None:
        remark(f"scp-events: `scp-events erase {named} --by CODE` carries it out, and prints the certificate")


WAITING = {
    "case": "case",
    "erasure": "erasure",
    "tried_at": "last tried",
    "tried_by": "by",
    "held_by": "not finished because of",
}


def _list_unfinished(how: Format) -> None:
    """List what somebody has to finish, with what kept it from being finished."""
    from scp_cli.connecting import opened_log
    from scp_events import erasure

    with opened_log() as log:
        tried = erasure.attempts(log.conninfo)
        rows = [
            {
                "case": log.reference_of(case_id) or str(case_id),
                "erasure": str(erasure.standing(log, case_id).erasure),
                "tried_at": attempt.tried_at if attempt else None,
                "tried_by": attempt.tried_by if attempt else None,
                "held_by": "; ".join(attempt.reasons) if attempt else None,
            }
            for case_id in erasure.unfinished(log)
            for attempt in [tried.get(case_id)]
        ]
    show(rows, how, WAITING)


def _show_certificate(log: LogReader, certificate: Certificate, how: Format) -> None:
    from scp_events.case_file.story import pairs

    if how is Format.TABLE:
        show_rich(
            f"{certificate.case_reference or certificate.case_id}: erased at position"
            f" {certificate.log_position}",
            pairs(certificate_lines(certificate), indent=2),
        )
    else:
        write(as_json(certificate.model_dump(mode="json"), indent=2 if how is Format.JSON else None))
    for place in certificate.out_of_reach:
        remark(f"scp-events: nobody looked at the server's {place.replace('-', ' ')}: not vouched for")
    for copy in certificate.copies:
        remark(
            f"scp-events: {copy.path} on {copy.machine} was written by this program ({copy.kind},"
            f" {copy.written_at.date()}){_what_to_do_with(copy)}"
        )
    epochs = {key.epoch for key in certificate.keys if key.epoch is not None}
    if any(each.retired_at is None for each in log.keyring.epochs() if each.epoch in epochs):
        remark(
            "scp-events: backups made before still hold the keys: `scp-events keys rotate`, then"
            " `scp-events keys retire`, makes them useless"
        )


def _what_to_do_with(copy: Copy) -> str:
    if copy.is_gone:
        return " and is not there any more: unless it was removed, find where it went"
    return ": remove it and what was made of it"


def certificate_lines(certificate: Certificate) -> list[tuple[str, str]]:
    """Return what a certificate says, line by line."""
    signed = {
        "requested by": certificate.requested,
        "approved by": certificate.approved,
        "carried out by": certificate.carried_out,
    }
    keys = [f"{key.group} {key.key_id}" for key in certificate.keys]
    return [
        *(
            (name, f"{who.by.id} of {who.by.organisation} on {who.recorded_at:%Y-%m-%d %H:%M} UTC")
            for name, who in signed.items()
        ),
        ("on account of", certificate.origin),
        ("keys destroyed", ", ".join(keys)),
        ("purged", ", ".join(certificate.stores)),
    ]


# --- what was typed ---------------------------------------------------------------------------------------


def _whose(log: LogReader, typed: str) -> CaseId:
    """Return whose data it is: of a case, or of a mentor."""
    from scp_cli.connecting import case_named
    from scp_events import erasure

    return erasure.outside_a_case(log, typed) or case_named(log, typed)


def _origin(typed: str) -> ErasureOrigin:
    from scp_events.aggregates.record.events import ErasureOrigin

    try:
        return ErasureOrigin(typed)
    except ValueError:
        raise typer.BadParameter(f"{typed!r} is not one of {ORIGINS}", param_hint="--origin") from None


def _grounds(file: Path | None) -> Grounds | None:
    """Return the grounds in a file; what is wrong with them is said without what they say."""
    if file is None:
        return None
    from pydantic import ValidationError

    from scp_events.vocabulary import Grounds

    try:
        return Grounds.model_validate_json(file.read_bytes())
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, found["loc"])) or "JSON" for found in error.errors()}))
        raise typer.BadParameter(
            f"{file} does not hold grounds: see {wrong}", param_hint="--grounds"
        ) from None
