"""The command endpoints: one POST for every command, made from the command classes of the aggregates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import FastAPI, Path, Request, Response
from pydantic import AwareDatetime

from scp_api import openapi, preconditions, problems, spoken
from scp_api.command_route import CommandRoute, look_up_first
from scp_api.parts import Parts
from scp_events import casework
from scp_events.access import Resource
from scp_events.access.policy import NOT_FOR_PEOPLE, commands_of
from scp_events.aggregates import irp, participant, referral
from scp_events.event_log import Outcome
from scp_events.vocabulary import (
    Aggregate,
    Command,
    CommandId,
    DecisionCommand,
    ParticipantId,
    Position,
    Provenance,
    Word,
)

REFUSALS = (400, 401, 403, 409, 413, 415, 422, 500, 503)


class Answer(Word):
    """What a command came to. `events` is 0 where it was already so; `repeated` where it was sent before."""

    stream_id: UUID
    version: int
    events: int
    first_position: Position | None
    last_position: Position | None
    recorded_at: AwareDatetime | None
    repeated: bool


@dataclass(frozen=True)
class Kind:
    """A kind of resource: its collection, what its ids are called, and who decides about it."""

    resource: Resource
    collection: str
    id_name: str
    aggregate: Aggregate[Any, Any, Any, Any]

    @property
    def item(self) -> str:
        """Return the address of one."""
        return f"/{self.collection}/{{{self.id_name}}}"


REFERRALS = Kind(Resource.REFERRAL, "referrals", "referral_id", referral)
PARTICIPANTS = Kind(Resource.PARTICIPANT, "participants", "participant_id", participant)
IRPS = Kind(Resource.IRP, "irps", "irp_id", irp)
KINDS = (REFERRALS, PARTICIPANTS, IRPS)

BEGINNINGS: frozenset[type[Command]] = frozenset(
    {referral.DraftReferral, participant.Register, irp.StartIrpDraft}
)
"""These make a stream, so they are posted to a collection."""


Endpoint: TypeAlias = Callable[..., Awaitable[Response]]


def install(app: FastAPI, parts: Parts) -> None:
    """Add an endpoint for every command."""
    for kind in KINDS:
        for command in sorted(_later(kind), key=lambda command: command.__name__):
            _add(
                app,
                kind,
                command,
                _on_existing(parts, kind, command),
                f"{kind.item}/{spoken.name_of(command)}",
            )
    _add(app, REFERRALS, referral.DraftReferral, _draft_referral(parts), "/referrals", begins=True)
    _add(app, PARTICIPANTS, participant.Register, _register(parts), "/participants", begins=True)
    _add(app, IRPS, irp.StartIrpDraft, _start_irp(parts), f"{PARTICIPANTS.item}/irps", begins=True)
    look_up_first(app)


def _later(kind: Kind) -> Iterator[type[Command]]:
    """Yield the commands on a thing that exists already."""
    yield from commands_of(kind.resource) - BEGINNINGS - NOT_FOR_PEOPLE


def _add(  # noqa: PLR0913 - one route of the table
    app: FastAPI,
    kind: Kind,
    command: type[Command],
    endpoint: Endpoint,
    path: str,
    *,
    begins: bool = False,
) -> None:
    decides = issubclass(command, DecisionCommand)
    on_existing = () if begins and "{" not in path else (404,)
    versions = () if begins else (412, *((428,) if decides else ()))
    headers = [preconditions.PURPOSE_HEADER, preconditions.KEY_HEADER]
    app.router.add_api_route(
        path,
        endpoint,
        route_class_override=CommandRoute,
        methods=["POST"],
        tags=[kind.collection],
        name=spoken.name_of(command),
        operation_id=spoken.name_of(command),
        summary=(command.__doc__ or "").splitlines()[0],
        description=command.__doc__ or "",
        status_code=201 if begins else 200,
        response_model=Answer,
        responses=_answers(begins=begins) | problems.declared(*REFUSALS, *on_existing, *versions),
        openapi_extra={
            "parameters": headers if begins else [*headers, preconditions.version_header(required=decides)],
            "requestBody": openapi.request_body(command),
        },
    )


def _answers(*, begins: bool) -> dict[int | str, dict[str, Any]]:
    etag = {"description": "The version now.", "required": True, "schema": {"type": "string"}}
    said: dict[int | str, dict[str, Any]] = {200: {"model": Answer, "headers": {"ETag": etag}}}
    if begins:
        location = {"description": "Where it is.", "required": True, "schema": {"type": "string"}}
        said[200]["description"] = "It was so already."
        said[201] = {"model": Answer, "headers": {"ETag": etag, "Location": location}}
    return said


# --- sending ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Post:
    """One request to do something, as it came in."""

    who: preconditions.Asking
    id: CommandId
    kind: Kind
    command: type[Command]
    body: spoken.Spoken
    fingerprint: bytes


async def _send(
    parts: Parts,
    post: Post,
    stream_id: UUID,
    *,
    case_id: ParticipantId | None = None,
    expected_version: int | None = None,
) -> Outcome:
    """Say the command to the log, once for each key."""
    await _must_allow_appending(parts)
    said = spoken.command_from(
        post.command,
        post.body,
        post.who.actor,
        known={spoken.SAID_BY_ADDRESS: case_id or stream_id},
        new_event_id=parts.new_event_id,
    )
    provenance = Provenance(
        by=post.who.actor,
        command_id=post.id,
        occurred_at=spoken.in_the_past(post.body.occurred_at, parts.now()),
        purpose=post.who.purpose.value,
    )
    return await casework.handle_async(
        parts.writing,
        post.kind.aggregate,
        stream_id,
        said,
        provenance,
        case_id=case_id,
        expected_version=expected_version,
        fingerprint=post.fingerprint,
    )


async def _must_allow_appending(parts: Parts) -> None:
    """Refuse where nothing may be recorded. Where that is not known yet a thread looks."""
    if parts.guard is not None and not parts.guard.allows_appending:
        await run_sync(parts.guard.must_allow_appending)


async def _post(request: Request, kind: Kind, command: type[Command]) -> Post:
    """Return what was posted, once it is clear who posted it, that they may, and under which key."""
    who = preconditions.allowed(request, command, kind.resource)
    command_id = preconditions.command_id(request, who.actor)
    preconditions.must_be_json(request)
    raw = await request.body()
    return Post(
        who=who,
        id=command_id,
        kind=kind,
        command=command,
        body=spoken.read(command, raw),
        fingerprint=preconditions.fingerprint(request, raw),
    )


def _on_existing(parts: Parts, kind: Kind, command: type[Command]) -> Endpoint:
    """Return the endpoint of a command on a thing that exists."""
    decides = issubclass(command, DecisionCommand)

    async def endpoint(request: Request, stream_id: UUID) -> Response:
        post = await _post(request, kind, command)
        version = preconditions.expected_version(request, required=decides)
        if await parts.writing.case_of_stream(kind.aggregate, stream_id) is None:
            raise problems.not_found()
        return _done(await _send(parts, post, stream_id, expected_version=version))

    endpoint.__annotations__["stream_id"] = Annotated[UUID, Path(alias=kind.id_name)]
    return endpoint


def _draft_referral(parts: Parts) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        post = await _post(request, REFERRALS, referral.DraftReferral)
        case_id = await run_sync(parts.log.open_case, _reference(post))
        return _begun(REFERRALS, await _send(parts, post, parts.new_stream_id(), case_id=case_id))

    return endpoint


def _register(parts: Parts) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        post = await _post(request, PARTICIPANTS, participant.Register)
        case_id = await run_sync(parts.log.open_case, _reference(post))
        return _begun(PARTICIPANTS, await _send(parts, post, case_id, case_id=case_id))

    return endpoint


def _start_irp(parts: Parts) -> Endpoint:
    async def endpoint(request: Request, participant_id: UUID) -> Response:
        post = await _post(request, IRPS, irp.StartIrpDraft)
        stream = participant.stream(ParticipantId(participant_id))
        case_id = await run_sync(parts.log.case_of_stream, stream)
        if case_id is None:
            raise problems.not_found()
        return _begun(IRPS, await _send(parts, post, parts.new_stream_id(), case_id=case_id))

    return endpoint


def _reference(post: Post) -> str:
    return str(post.body.command.model_dump(include={"case_reference"})["case_reference"])


# --- answering --------------------------------------------------------------------------------------------


def _done(outcome: Outcome, status: int = 200, location: str | None = None) -> Response:
    answer = Answer(
        stream_id=outcome.stream_id,
        version=outcome.version,
        events=outcome.events,
        first_position=outcome.first_position,
        last_position=outcome.last_position,
        recorded_at=outcome.recorded_at,
        repeated=outcome.repeated,
    )
    headers = {"ETag": f'"{outcome.version}"'} | ({"Location": location} if location else {})
    return Response(answer.model_dump_json(), status, headers, "application/json")


def _begun(kind: Kind, outcome: Outcome) -> Response:
    return _done(outcome, 201 if outcome.events else 200, f"/{kind.collection}/{outcome.stream_id}")
