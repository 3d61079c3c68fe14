"""From an address to a request: which stream of which case a command is about."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias
from uuid import UUID, uuid5

from scp_events.commands.reading import Said
from scp_events.commands.registry import Offer
from scp_events.event_log import CommandHandler, CommandRequest
from scp_events.vocabulary import CaseId, CommandId, Provenance, Scope, Stream, named, the_one

Address: TypeAlias = str | UUID
"""What a command is about: a case, or what belongs to none, by its name; of many in a case, one by its id."""


class NothingThereError(Exception):
    """There is no such case, or nothing of this id."""


class Place(NamedTuple):
    """Where a command goes."""

    stream: Stream
    case_id: CaseId | None
    name: str | None


async def request_for(  # noqa: PLR0913 - what a command comes with, by name
    handler: CommandHandler,
    offer: Offer,
    said: Said,
    address: Address,
    provenance: Provenance,
    *,
    expected_version: int | None = None,
    fingerprint: bytes | None = None,
) -> CommandRequest:
    """Return a command as the log takes it. Raises `NothingThereError`.

    A case is opened where nobody has used its reference yet and the command is one that may begin a case. The
    id of what is begun follows from the command's: sent again, it is about the same.
    """
    place = await _place(handler, offer, address, provenance.command_id)
    return CommandRequest(
        aggregate=offer.aggregate,
        stream=place.stream,
        case_id=place.case_id,
        name=place.name,
        command=said.command,
        provenance=provenance,
        expected_version=expected_version,
        fingerprint=fingerprint,
    )


async def _place(handler: CommandHandler, offer: Offer, address: Address, command_id: CommandId) -> Place:
    category = offer.aggregate.CATEGORY
    if isinstance(address, UUID):
        stream = Stream(category, address)
        return Place(stream, _there(await handler.case_of_stream(stream)), None)
    if offer.aggregate.SCOPE is Scope.NO_CASE:
        return Place(named(category, address), None, address)
    find = handler.open_case if offer.opens_case else handler.case_of
    case_id = _there(await find(address))
    one = offer.aggregate.SCOPE is Scope.ONE_PER_CASE
    stream = the_one(category, case_id) if one else Stream(category, uuid5(command_id, category))
    return Place(stream, case_id, address)


def _there(case_id: CaseId | None) -> CaseId:
    if case_id is None:
        raise NothingThereError
    return case_id
