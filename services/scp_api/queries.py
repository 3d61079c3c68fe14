"""The questions: what we remember of one thing, a case's history on two axes, and the read models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from scp_api import preconditions, problems
from scp_api.answers import add_question, json_of
from scp_api.commands import KINDS, Kind
from scp_api.parts import Parts
from scp_api.points import AsOf, AsOfQuery, KnownAt, KnownAtQuery
from scp_events import history
from scp_events.access import Resource
from scp_events.access.policy import READ
from scp_events.history import CaseDifference, CaseReplay, Point
from scp_events.vocabulary import CaseReference, ParticipantId, Position, Word

LARGEST_PAGE = 200
S = TypeVar("S")


class Standing(BaseModel, Generic[S]):
    """One thing as it stands: its version, whose case it is, its status and what is remembered of it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    case_id: UUID | None
    version: int
    status: str
    state: S


class CaseListed(Word):
    """One case in a list."""

    reference: CaseReference
    case_id: ParticipantId


class CasePage(Word):
    """A page of cases in order of reference; `next` is the `after` of the next page."""

    cases: tuple[CaseListed, ...]
    next: CaseReference | None


Reference = Annotated[CaseReference, Path(examples=["SC-2025-014"])]


def install(app: FastAPI, parts: Parts) -> None:
    """Add every question."""
    for kind in KINDS:
        _add_standing(app, parts, kind)
    add_question(app, "/cases", _cases(parts), CasePage, "List the cases you may see.")
    add_question(
        app, "/cases/{reference}/history", _history(parts), CaseReplay, "A case at one point.", or_absent=True
    )
    add_question(
        app,
        "/cases/{reference}/differences",
        _differences(parts),
        CaseDifference,
        "What lies between two points of a case.",
        or_absent=True,
    )


def _may_read(request: Request, resource: Resource) -> None:
    """Let somebody read a collection; whoever may not is told so."""
    preconditions.allowed(request, READ, resource)


def _may_read_one(request: Request, resource: Resource) -> None:
    """Let somebody read one thing; whoever may not is told that there is nothing."""
    try:
        preconditions.allowed(request, READ, resource)
    except problems.Problem as problem:
        raise (problems.not_found() if problem.kind == "denied" else problem) from None


# --- one thing --------------------------------------------------------------------------------------------


def _add_standing(app: FastAPI, parts: Parts, kind: Kind) -> None:
    model: Any = Standing[type(kind.aggregate.initial)]  # type: ignore[misc]  # known at run time only

    def endpoint(request: Request, stream_id: UUID) -> Response:
        _may_read_one(request, kind.resource)
        loaded = parts.log.load(kind.aggregate, stream_id)
        if not loaded.version:
            raise problems.not_found()
        standing = model(
            id=stream_id,
            case_id=loaded.case_id,
            version=loaded.version,
            status=loaded.state.status,
            state=loaded.state,
        )
        return json_of(standing, {"ETag": f'"{loaded.version}"'})

    endpoint.__annotations__["stream_id"] = Annotated[UUID, Path(alias=kind.id_name)]
    etag = {"description": "The version now.", "required": True, "schema": {"type": "string"}}
    summary = f"What is remembered of one {kind.resource.value}."
    add_question(app, kind.item, endpoint, model, summary, or_absent=True, headers={"ETag": etag})


# --- cases ------------------------------------------------------------------------------------------------


def _cases(parts: Parts) -> Callable[..., Response]:
    def endpoint(
        request: Request,
        after: Annotated[CaseReference | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
    ) -> Response:
        _may_read(request, Resource.CASES)
        found = [
            (reference, case_id) for reference, case_id in parts.log.cases() if reference > (after or "")
        ]
        page = [CaseListed(reference=reference, case_id=case_id) for reference, case_id in found[:limit]]
        more = page[-1].reference if len(found) > limit else None
        return json_of(CasePage(cases=tuple(page), next=more))

    return endpoint


def _history(parts: Parts) -> Callable[..., Response]:
    def endpoint(
        request: Request, reference: Reference, as_of: AsOfQuery = None, known_at: KnownAtQuery = None
    ) -> Response:
        case_id = _case(parts, request, reference)
        return json_of(history.replay(parts.log, case_id, _point(as_of, known_at)))

    return endpoint


def _differences(parts: Parts) -> Callable[..., Response]:
    def endpoint(  # noqa: PLR0913, PLR0917 - two points of two axes
        request: Request,
        reference: Reference,
        first_as_of: AsOfQuery = None,
        first_known_at: KnownAtQuery = None,
        second_as_of: AsOfQuery = None,
        second_known_at: KnownAtQuery = None,
    ) -> Response:
        case_id = _case(parts, request, reference)
        first, second = _point(first_as_of, first_known_at), _point(second_as_of, second_known_at)
        return json_of(history.diff(parts.log, case_id, first, second))

    return endpoint


def _case(parts: Parts, request: Request, reference: str) -> ParticipantId:
    """Return the case of a reference, for whoever may read its history."""
    _may_read_one(request, Resource.HISTORY)
    case_id = parts.log.case_of(reference)
    if case_id is None or not parts.log.case_history(case_id, parts.log.head()):
        raise problems.not_found()
    return case_id


def _point(as_of: AsOf, known_at: KnownAt) -> Point:
    return Point(as_of=as_of, known_at=Position(known_at) if isinstance(known_at, int) else known_at)
