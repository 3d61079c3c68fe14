"""Commands over HTTP: one POST for every command, answered before the framework is asked.

Most requests are commands. So a command is found by its address alone, and its headers and body are read
here: the framework's router, dependencies and answers would cost more than all of that. What can be sent is
described in `command_openapi`, from the same list.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import AwareDatetime, TypeAdapter, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from scp_api import failures, preconditions, problems
from scp_api.addresses import Addressed, find, id_name, location, path_of
from scp_api.parts import Parts
from scp_events.access import Send as Sending
from scp_events.commands import NAME_READERS, Address, By, Offer, read, request_for
from scp_events.event_log import CommandRequest, Outcome
from scp_events.vocabulary import CaseReference, Correct, EventId, Position, Provenance, Word

LARGEST_BODY = 256 * 1024
"""No request may be larger than anything the vocabulary can say."""


class Answer(Word):
    """What a command came to. `events` is 0 where it was already so; `repeated` where it was sent before."""

    stream_id: UUID
    version: int
    events: int
    event_ids: tuple[EventId, ...]
    first_position: Position | None
    last_position: Position | None
    recorded_at: AwareDatetime | None
    repeated: bool


class CommandDoor:
    """Answers what is addressed to a command, and passes everything else on."""

    def __init__(self, app: ASGIApp, parts: Parts) -> None:
        self._app = app
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a command, or pass the request on."""
        found = find(scope["path"]) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        scope["address"] = path_of(found.offer)
        try:
            response = await self._answered(found, Request(scope, receive))
        except failures.EXPECTED as error:
            response = failures.answer_to(error)
        await response(scope, receive, send)

    async def _answered(self, found: Addressed, request: Request) -> Response:
        if request.method != "POST":
            raise problems.method_not_allowed(["POST"])
        preconditions.must_know_parameters(request)
        outcome = await self._parts.handler.handle(await self._request(found, request))
        return _begun(found, outcome) if found.offer.begins else _done(outcome)

    async def _request(self, found: Addressed, request: Request) -> CommandRequest:
        """Return what is asked for, once it is clear who asks, that they may, and under which key."""
        offer = found.offer
        who = preconditions.allowed(request, Sending(offer.aggregate, offer.command))
        command_id = preconditions.command_id(request, who.actor)
        preconditions.must_be_json(request)
        raw = await _body(request)
        said = read(offer, raw)
        if isinstance(said.command, Correct):
            correcting = Sending(offer.aggregate, Correct, type(said.command.instead))
            preconditions.must_be_allowed(who, correcting)
        return await request_for(
            self._parts.handler,
            offer,
            said,
            _address(found),
            Provenance(
                by=who.through or who.actor,
                on_behalf_of=who.actor if who.through else None,
                command_id=command_id,
                occurred_at=said.occurred_at,
                purpose=who.purpose.value,
            ),
            expected_version=preconditions.expected_version(request, required=needs_version(offer)),
            fingerprint=preconditions.fingerprint(request, raw),
        )


def needs_version(offer: Offer) -> bool:
    """Whether it must be said on which version it was decided: a decision about what is there already."""
    return offer.decides and not offer.begins


# --- reading ----------------------------------------------------------------------------------------------

_READERS: dict[By, TypeAdapter[Any]] = {
    By.CASE: TypeAdapter(CaseReference),
    By.ID: TypeAdapter(UUID),
}


def _address(found: Addressed) -> Address:
    """Return what the one name in an address means."""
    by = found.offer.addressed_by
    reader = NAME_READERS[found.offer.aggregate.CATEGORY] if by is By.NAME else _READERS[by]
    try:
        address: Address = reader.validate_python(found.name)
    except ValidationError:
        raise _misspelled("case_reference" if by is By.CASE else id_name(found.offer.aggregate)) from None
    return address


def _misspelled(name: str) -> problems.Problem:
    return problems.invalid([problems.WrongField(location=("path", name), detail="cannot be read")])


async def _body(request: Request) -> bytes:
    """Return what was sent, and stop reading where it is too much."""
    parts, arrived = [], 0
    async for part in request.stream():
        arrived += len(part)
        if arrived > LARGEST_BODY:
            raise problems.Problem(413, "body-too-large", "send less at once")
        parts.append(part)
    return b"".join(parts)


# --- answering --------------------------------------------------------------------------------------------


def _done(outcome: Outcome, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    answer = Answer(
        stream_id=outcome.stream.id,
        version=outcome.version,
        events=outcome.events,
        event_ids=outcome.event_ids,
        first_position=outcome.first_position,
        last_position=outcome.last_position,
        recorded_at=outcome.recorded_at,
        repeated=outcome.repeated,
    )
    etag = {"ETag": f'"{outcome.version}"'}
    return Response(answer.model_dump_json(), status, etag | (headers or {}), "application/json")


def _begun(found: Addressed, outcome: Outcome) -> Response:
    there = location(found.offer.aggregate, found.name, outcome.stream.id)
    return _done(outcome, 201 if outcome.events else 200, {"Location": there})
