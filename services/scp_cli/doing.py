"""`scp-events do`: any command there is, sent from a file, as it would be over HTTP."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID, uuid5

import typer

from scp_cli import completing
from scp_cli.output import Format, Shown, as_json, remark, show, write
from scp_cli.people import OURS, By, Credentials, Organisation, Role, somebody

if TYPE_CHECKING:
    from scp_events.commands import Address, Offer, Said
    from scp_events.event_log import CommandHandler, Outcome
    from scp_events.vocabulary import Actor, Provenance

KEYS = UUID("5d3b4a5c-93a5-4a3b-8a3e-0a9c1c2f7d10")
"""The namespace of command ids made from keys."""
OUTCOME = {
    "stream_id": "of",
    "version": "version",
    "events": "events",
    "event_ids": "recorded as",
    "first_position": "#",
    "recorded_at": "recorded at",
    "repeated": "sent before",
}


def do(  # noqa: PLR0913 - one argument an option
    name: Annotated[
        str, typer.Argument(metavar="COMMAND", help="Such as record-contact, or engagement/correct.")
    ],
    *,
    file: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help='{"command": {...}, "occurred_at": ...}; - is stdin.'),
    ] = None,
    by: By = "",
    role: Role = "",
    organisation: Organisation = OURS,
    credential: Credentials = None,
    case: Annotated[
        str | None,
        typer.Option(
            "--case", metavar="CASE", help="Of which case, by its reference.", autocompletion=completing.case
        ),
    ] = None,
    stream: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="ID", help="Of many in a case, which one; the name of what belongs to none."
        ),
    ] = None,
    purpose: Annotated[str, typer.Option(help="What it is needed for.")] = "casework",
    key: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Sent again with the same key it is done once.")
    ] = None,
    version: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Only if this version is still the latest.")
    ] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print what FILE may hold, and do nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide it, and record nothing.")] = False,
    how: Shown = Format.TABLE,
) -> None:
    """Send a command.

    It is what POST does over HTTP, with the same words and the same rules. FILE holds the command, and when
    it happened: an instant or a day; left out, it is now. A refusal says what to do instead.
    """
    import asyncio

    from scp_cli.connecting import handler_of, opened_log, trial_of
    from scp_events.commands import body_of, offer_named, read

    offer = offer_named(name)
    if schema:
        write(as_json(body_of(offer).model_json_schema(), indent=2))
        return
    actor = somebody(by, role, organisation, credential)
    said = read(offer, _sent(file))
    _must_be_allowed(actor, offer, said, purpose)
    about, sent = _address(offer, case, stream), _provenance(actor, said, purpose, key)
    with opened_log() as log:
        handler = trial_of(log) if dry_run else handler_of(log)
        outcome = asyncio.run(_done(handler, offer, said, about, sent, version))
    if dry_run:
        remark("scp-events: dry run, nothing recorded")
    show([{field: getattr(outcome, field, outcome.stream.id) for field in OUTCOME}], how, OUTCOME)


def _sent(file: str | None) -> bytes:
    if file is None:
        raise typer.BadParameter("name a FILE, or - for stdin", param_hint="--json")
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def _address(offer: Offer, case: str | None, stream: str | None) -> Address:
    """Return what the command is about, as its kind is addressed."""
    from scp_events.commands import By

    if offer.addressed_by is By.NAME:
        return _name(offer, case, stream)
    if offer.addressed_by is By.CASE:
        if case is None:
            raise typer.BadParameter(f"{offer.name} is about a case: name it", param_hint="--case")
        if stream is not None:
            raise typer.BadParameter("a case says what it is about: leave out --id", param_hint="--id")
        return case.upper()
    if case is not None:
        raise typer.BadParameter(
            f"{offer.name} is about one of many {offer.aggregate.COLLECTION}, and --id alone says which:"
            " leave out --case",
            param_hint="--case",
        )
    if stream is None:
        raise typer.BadParameter(
            f"a case may have many {offer.aggregate.COLLECTION}: name the one {offer.name} is about",
            param_hint="--id",
        )
    try:
        return UUID(stream)
    except ValueError:
        raise typer.BadParameter(
            f"{stream!r} is no id: the replay of the case has it", param_hint="--id"
        ) from None


def _name(offer: Offer, case: str | None, name: str | None) -> str:
    """Return what people call a thing that belongs to no case."""
    from pydantic import ValidationError

    from scp_events.commands import NAME_READERS

    kind = offer.aggregate.CATEGORY
    if case is not None:
        raise typer.BadParameter(f"a {kind} belongs to no case: leave out --case", param_hint="--case")
    if name is None:
        raise typer.BadParameter(f"say which {kind} {offer.name} is about, by its name", param_hint="--id")
    try:
        return NAME_READERS[offer.aggregate.CATEGORY].validate_python(name)
    except ValidationError:
        raise typer.BadParameter(
            f"{name!r} is no name: use lower case, digits and hyphens, such as adults-2025", param_hint="--id"
        ) from None


def _must_be_allowed(actor: Actor, offer: Offer, said: Said, purpose: str) -> None:
    """Refuse what the policy denies, as the other doors do."""
    from scp_events.access import Deny, Purpose, Send, decide
    from scp_events.vocabulary import Correct, Refused

    try:
        meant = Purpose(purpose)
    except ValueError:
        raise typer.BadParameter(f"say one of {', '.join(Purpose)}", param_hint="--purpose") from None
    instead = type(said.command.instead) if isinstance(said.command, Correct) else None
    answer = decide(actor, Send(offer.aggregate, offer.command, instead), meant)
    if isinstance(answer, Deny):
        raise Refused(answer.rule, answer.reason)


def _provenance(actor: Actor, said: Said, purpose: str, key: str | None) -> Provenance:
    from uuid_utils.compat import uuid7

    from scp_events.vocabulary import CommandId, Provenance

    command_id = CommandId(uuid7() if key is None else uuid5(KEYS, f"{actor.id}/{key}"))
    return Provenance(by=actor, command_id=command_id, occurred_at=said.occurred_at, purpose=purpose)


async def _done(  # noqa: PLR0913, PLR0917 - what a command comes with
    handler: CommandHandler,
    offer: Offer,
    said: Said,
    address: Address,
    provenance: Provenance,
    version: int | None,
) -> Outcome:
    from scp_events.commands import request_for

    async with handler:
        request = await request_for(handler, offer, said, address, provenance, expected_version=version)
        return await handler.handle(request)
