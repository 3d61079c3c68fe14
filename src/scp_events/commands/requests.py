"""From an address to a request: which stream of which case a command is about."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias
from uuid import UUID

from scp_events.commands.reading import Said
from scp_events.commands.registry import Offer
from scp_events.event_log import CommandHandler, CommandRequest
from scp_events.vocabulary import CaseId, Provenance, Scope, Stream, the_one

Address: TypeAlias = str | UUID
"""What a command is about: a case, by its reference; or, of many in a case, one by its id."""


class NothingThereError(Exception):
    """There is no such case, or nothing of this id."""


class Place(NamedTuple):
    """Where a command goes."""

    stream: Stream
    case_id: CaseId
    case_reference: str | None


async def request_for(  # noqa: PLR0913 - what a command comes with, by name
    handler: CommandHandler,
    offer: Offer,
    said: Said,
    address: Address,
    provenance: Provenance,
    *,
    new_stream_id: Callable[[], UUID],
    expected_version: int | None = None,
    fingerprint: bytes | None = None,
) -> CommandRequest:
    """Return a command as the log takes it. Raises `NothingThereError`.

    A case is opened where nobody has used its reference yet and the command is one that may begin a case.
    """
    place = await _place(handler, offer, address, new_stream_id)
    return CommandRequest(
        aggregate=offer.aggregate,
        stream=place.stream,
        case_id=place.case_id,
        case_reference=place.case_reference,
        command=said.command,
        provenance=provenance,
        expected_version=expected_version,
        fingerprint=fingerprint,
    )


async def _place(
    handler: CommandHandler, offer: Offer, address: Address, new_stream_id: Callable[[], UUID]
) -> Place:
    category = offer.aggregate.CATEGORY
    if isinstance(address, UUID):
        stream = Stream(category, address)
        return Place(stream, _there(await handler.case_of_stream(stream)), None)
    find = handler.open_case if offer.opens_case else handler.case_of
    case_id = _there(await find(address))
    one = offer.aggregate.SCOPE is Scope.ONE_PER_CASE
    return Place(the_one(category, case_id) if one else Stream(category, new_stream_id()), case_id, address)


def _there(case_id: CaseId | None) -> CaseId:
    if case_id is None:
        raise NothingThereError
    return case_id
