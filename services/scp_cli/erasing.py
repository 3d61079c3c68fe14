"""`scp erase`: a young person's data erased, asked by one person, approved by another, carried out."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp --help` is quick

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli.output import Format, Shown, as_json, remark, show_rich, write

if TYPE_CHECKING:
    from scp_events.aggregates.participant import ErasureOrigin, ParticipantCommand
    from scp_events.erasure import Certificate, Standing
    from scp_events.event_log import EventLog
    from scp_events.vocabulary import Actor, Decision, ParticipantId

ORIGINS = "participant, guardian, retention-schedule or court"


def erase(  # noqa: PLR0913 - one argument an option
    case: Annotated[
        str | None, typer.Argument(metavar="[CASE]", help="Its reference, or its id.", show_default=False)
    ] = None,
    *,
    by: Annotated[str, typer.Option(metavar="CODE", help="Who asks, approves, refuses or carries it out.")],
    role: Annotated[str, typer.Option(help="In which role.")] = "supervisor",
    organisation: Annotated[
        str, typer.Option(metavar="CODE", help="For which organisation.")
    ] = "second-chance",
    origin: Annotated[str, typer.Option(help=f"On whose account: {ORIGINS}.")] = "participant",
    grounds: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Why it is approved or refused, as JSON.")
    ] = None,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse what was requested.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Finish every erasure that was approved and is not done.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how it stands, and do nothing.")] = False,
    how: Shown = Format.TABLE,
) -> None:
    """Erase the personal data of a case, for ever.

    The first time it is requested. The second time, by somebody else and with --grounds, it is approved and
    carried out: no key is ever made for this person again, theirs are destroyed, and read models are purged.
    Sent again, it finishes what is left, and prints the certificate.
    """
    if (case is None) != resume:
        raise typer.BadParameter("name a CASE, or --resume every erasure that was approved")
    actor = _actor(by, role, organisation)
    from scp_cli.connecting import case_named, opened_log
    from scp_events import erasure

    with opened_log() as log:
        if case is not None:
            cases = [case_named(log, case)]
            if not dry_run:
                _decide(log, cases[0], actor, origin, _grounds(grounds, actor), refuse=refuse)
        else:
            cases = erasure.unfinished(log)
        for case_id in cases:
            _go_on(log, case_id, actor, how, dry_run=dry_run)


# --- deciding ---------------------------------------------------------------------------------------------


def _decide(  # noqa: PLR0913 - what one decision comes with
    log: EventLog,
    case_id: ParticipantId,
    actor: Actor,
    origin: str,
    decision: Decision | None,
    *,
    refuse: bool,
) -> None:
    """Record what somebody decides about the erasure, where something is left to decide."""
    from scp_events import erasure
    from scp_events.aggregates import participant

    state = erasure.standing(log, case_id).erasure
    if state in participant.ERASING:
        return
    if decision is None:
        said = participant.RequestErasure(origin=_origin(origin), requested_by=actor)
        if state is not participant.Erasure.REQUESTED:
            _say(log, case_id, said, actor)
    elif refuse:
        _say(log, case_id, participant.RefuseErasure(decision=decision), actor)
    else:
        approved = participant.ApproveErasure(decision=decision, approved_on=_now().date())
        _say(log, case_id, approved, actor)


def _say(log: EventLog, case_id: ParticipantId, command: ParticipantCommand, actor: Actor) -> None:
    from uuid_utils.compat import uuid7

    from scp_events import casework, erasure
    from scp_events.aggregates import participant
    from scp_events.vocabulary import CommandId, Provenance

    sent = Provenance(by=actor, command_id=CommandId(uuid7()), occurred_at=_now(), purpose=erasure.PURPOSE)
    casework.handle(log, participant, case_id, command, sent, case_id=case_id)


# --- carrying out -----------------------------------------------------------------------------------------


def _go_on(log: EventLog, case_id: ParticipantId, actor: Actor, how: Format, *, dry_run: bool) -> None:
    """Carry out what was approved, and show the certificate; or say how it stands."""
    import psycopg

    from scp_cli.answering import PROJECTIONS, bring_up_to_date
    from scp_events import erasure, follower
    from scp_events.aggregates import participant
    from scp_events.follower.purging import purge_copies

    found = erasure.standing(log, case_id)
    if dry_run or found.erasure not in participant.ERASING:
        _show_standing(log, case_id, found)
        return
    follower.prepare(log.conninfo, PROJECTIONS)
    certificate = erasure.carry_out(
        log, case_id, PROJECTIONS, by=actor, now=_now(), after=lambda step: remark(f"scp: {step}: done")
    )
    with psycopg.connect(log.conninfo, autocommit=True) as connection:
        bring_up_to_date(log, connection, PROJECTIONS)
    purge_copies(log.conninfo, PROJECTIONS, certificate.keys)  # what was read before and written since
    _show_certificate(log, certificate, how)
    for other, is_linked in log.load(participant, case_id).state.links.items():
        if is_linked:
            remark(f"scp: linked to {log.reference_of(other) or other}: erase that record as well")


def _show_standing(log: EventLog, case_id: ParticipantId, found: Standing) -> None:
    from scp_events.aggregates.participant import ERASING, Erasure

    named = log.reference_of(case_id) or str(case_id)
    write(f"{named}: erasure is {found.erasure}\n")
    if found.erasure is Erasure.REQUESTED and found.requested is not None:
        asked = found.requested
        remark(
            f"scp: requested by {asked.event.requested_by.id} on {asked.recorded_at.date()}: somebody else"
            " approves it with --by and --grounds, or refuses it with --refuse besides"
        )
    elif found.erasure in ERASING:
        remark(f"scp: `scp erase {named} --by CODE` carries it out, and prints the certificate")


def _show_certificate(log: EventLog, certificate: Certificate, how: Format) -> None:
    from scp_events.case_file.story import pairs

    if how is Format.TABLE:
        show_rich(
            f"{certificate.case_reference or certificate.case_id}: erased at position"
            f" {certificate.log_position}",
            pairs(_lines(certificate), indent=2),
        )
    else:
        write(as_json(certificate.model_dump(mode="json"), indent=2 if how is Format.JSON else None))
    epochs = {key.epoch for key in certificate.keys if key.epoch is not None}
    if any(each.retired_at is None for each in log.keyring.epochs() if each.epoch in epochs):
        remark(
            "scp: backups made before still hold the keys: `scp keys rotate`, then `scp keys retire`, makes"
            " them useless"
        )


def _lines(certificate: Certificate) -> list[tuple[str, str]]:
    signed = {
        "requested by": certificate.requested,
        "approved by": certificate.approved,
        "carried out by": certificate.carried_out,
    }
    keys = [f"{key.group} {key.key_id}" for key in certificate.keys]
    return [
        *((name, f"{who.by.id} on {who.recorded_at:%Y-%m-%d %H:%M} UTC") for name, who in signed.items()),
        ("on account of", certificate.origin),
        ("keys destroyed", ", ".join(keys)),
        ("purged", ", ".join(certificate.stores)),
    ]


# --- what was typed ---------------------------------------------------------------------------------------


def _actor(by: str, role: str, organisation: str) -> Actor:
    from pydantic import ValidationError

    from scp_events.vocabulary import Actor

    try:
        return Actor.model_validate({"id": by, "role": role, "organisation": organisation})
    except ValidationError as error:
        wrong = ", ".join(str(found["loc"][0]) for found in error.errors())
        raise typer.BadParameter(f"not a known role, or not a code: see {wrong}") from None


def _origin(typed: str) -> ErasureOrigin:
    from scp_events.aggregates.participant import ErasureOrigin

    try:
        return ErasureOrigin(typed)
    except ValueError:
        raise typer.BadParameter(f"{typed!r} is not one of {ORIGINS}", param_hint="--origin") from None


def _grounds(file: Path | None, by: Actor) -> Decision | None:
    """Return a decision on the grounds in a file; what is wrong with it is said without what it says."""
    if file is None:
        return None
    from pydantic import ValidationError

    from scp_events.vocabulary import Decision, Grounds

    try:
        said = Grounds.model_validate_json(file.read_bytes())
        return Decision(by=by, **dict(said))
    except ValidationError as error:
        wrong = ", ".join(sorted({".".join(map(str, found["loc"])) or "JSON" for found in error.errors()}))
        raise typer.BadParameter(
            f"{file} does not hold grounds: see {wrong}", param_hint="--grounds"
        ) from None


def _now() -> datetime:
    return datetime.now(UTC)
