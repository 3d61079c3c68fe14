"""The questions: what we remember of one thing, a case's history on two axes, and the read models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar, get_type_hints
from uuid import UUID

from fastapi import FastAPI, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from scp_api import preconditions, problems
from scp_api.addresses import CASE, id_name, item_of
from scp_api.answers import add_question, json_of
from scp_api.parts import Parts
from scp_api.points import AsOf, AsOfQuery, KnownAt, KnownAtQuery
from scp_events import replay
from scp_events.access import Resource
from scp_events.aggregates import ALL
from scp_events.commands import name_of_one
from scp_events.history import effective, state_of, until
from scp_events.replay import CaseDifference, CaseReplay, Point
from scp_events.vocabulary import (
    AnyAggregate,
    CaseId,
    CaseReference,
    Position,
    Scope,
    Stream,
    Word,
    named,
    the_one,
)

LARGEST_PAGE = 200
S = TypeVar("S")


class Standing(BaseModel, Generic[S]):
    """One thing as it stands: its version, whose case it is if any, and what others may read of it."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    case_id: CaseId | None
    version: int
    state: S


class CaseListed(Word):
    """One case in a list."""

    reference: CaseReference
    case_id: CaseId


class CasePage(Word):
    """A page of cases in order of reference; `next` is the `after` of the next page."""

    cases: tuple[CaseListed, ...]
    next: CaseReference | None


Reference = Annotated[CaseReference, Path(examples=["SC-2025-014"])]


def install(app: FastAPI, parts: Parts) -> None:
    """Add every question."""
    for aggregate in ALL:
        _add_standing(app, parts, aggregate)
        if aggregate.SCOPE is Scope.NO_CASE:
            _add_names(app, parts, aggregate)
    add_question(app, "/cases", _cases(parts), CasePage, "List the cases you may see.")
    add_question(app, f"{CASE}/history", _history(parts), CaseReplay, "A case at one point.", or_absent=True)
    between = "What lies between two points of a case."
    add_question(app, f"{CASE}/differences", _differences(parts), CaseDifference, between, or_absent=True)


# --- one thing --------------------------------------------------------------------------------------------


def _add_standing(app: FastAPI, parts: Parts, aggregate: AnyAggregate) -> None:
    """Add the question how one thing stands, whose answer says on which version a decision is made."""
    model: Any = Standing[get_type_hints(aggregate.view)["return"]]  # type: ignore[misc]  # known at run time only

    def standing(case_id: CaseId | None, stream: Stream) -> Response:
        history = parts.log.stream_history(stream)
        version = history[-1].version if history else 0
        if not version and aggregate.BEGINS is not None:
            raise problems.not_found()
        now = parts.log.calendar.moment(parts.now())
        facts = until(effective(recorded.fact for recorded in history), now)
        said = model(
            id=stream.id,
            case_id=case_id,
            version=version,
            state=aggregate.view(state_of(aggregate, facts)),
        )
        return json_of(said, {"ETag": f'"{version}"'})

    def of_case(request: Request, case_reference: Reference) -> Response:
        preconditions.may_read_one(request, aggregate.CATEGORY)
        case_id = _there(parts.log.case_of(case_reference))
        return standing(case_id, the_one(aggregate.CATEGORY, case_id))

    def by_id(request: Request, stream_id: UUID) -> Response:
        preconditions.may_read_one(request, aggregate.CATEGORY)
        stream = Stream(aggregate.CATEGORY, stream_id)
        return standing(_there(parts.log.case_of_stream(stream)), stream)

    def by_name(request: Request, name: str) -> Response:
        preconditions.may_read_one(request, aggregate.CATEGORY)
        return standing(None, named(aggregate.CATEGORY, name))

    by_id.__annotations__["stream_id"] = Annotated[UUID, Path(alias=id_name(aggregate))]
    if aggregate.SCOPE is Scope.NO_CASE:
        by_name.__annotations__["name"] = Annotated[name_of_one(aggregate), Path(alias=id_name(aggregate))]
    endpoints: dict[Scope, Callable[..., Response]] = {
        Scope.ONE_PER_CASE: of_case,
        Scope.MANY_PER_CASE: by_id,
        Scope.NO_CASE: by_name,
    }
    add_question(
        app,
        item_of(aggregate),
        endpoints[aggregate.SCOPE],
        model,
        f"How one {aggregate.CATEGORY} stands now.",
        tag=aggregate.COLLECTION,
        or_absent=True,
        headers={"ETag": {"description": "The version now.", "required": True, "schema": {"type": "string"}}},
    )


class Names(Word):
    """What people call the things of a kind, in order of name."""

    names: tuple[str, ...]


def _add_names(app: FastAPI, parts: Parts, aggregate: AnyAggregate) -> None:
    """Add the question which things of a kind there are."""

    def endpoint(request: Request) -> Response:
        preconditions.may_read_one(request, aggregate.CATEGORY)
        return json_of(Names(names=tuple(parts.log.names(aggregate.CATEGORY))))

    summary = f"Which {aggregate.COLLECTION} there are."
    add_question(app, f"/{aggregate.COLLECTION}", endpoint, Names, summary, tag=aggregate.COLLECTION)


def _there(case_id: CaseId | None) -> CaseId:
    if case_id is None:
        raise problems.not_found()
    return case_id


# --- cases ------------------------------------------------------------------------------------------------


def _cases(parts: Parts) -> Callable[..., Response]:
    def endpoint(
        request: Request,
        after: Annotated[CaseReference | None, Query(description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
    ) -> Response:
        preconditions.may_read(request, Resource.CASES)
        found = [
            (reference, case_id) for reference, case_id in parts.log.cases() if reference > (after or "")
        ]
        page = [CaseListed(reference=reference, case_id=case_id) for reference, case_id in found[:limit]]
        more = page[-1].reference if len(found) > limit else None
        return json_of(CasePage(cases=tuple(page), next=more))

    return endpoint


def _history(parts: Parts) -> Callable[..., Response]:
    def endpoint(
        request: Request, case_reference: Reference, as_of: AsOfQuery = None, known_at: KnownAtQuery = None
    ) -> Response:
        case_id = _case(parts, request, case_reference)
        return json_of(replay.replay(parts.log, case_id, _point(as_of, known_at)))

    return endpoint


def _differences(parts: Parts) -> Callable[..., Response]:
    def endpoint(  # noqa: PLR0913, PLR0917 - two points of two axes
        request: Request,
        case_reference: Reference,
        first_as_of: AsOfQuery = None,
        first_known_at: KnownAtQuery = None,
        second_as_of: AsOfQuery = None,
        second_known_at: KnownAtQuery = None,
    ) -> Response:
        case_id = _case(parts, request, case_reference)
        first, second = _point(first_as_of, first_known_at), _point(second_as_of, second_known_at)
        return json_of(replay.diff(parts.log, case_id, first, second))

    return endpoint


def _case(parts: Parts, request: Request, reference: str) -> CaseId:
    """Return the case of a reference, for whoever may read its history."""
    preconditions.may_read_one(request, Resource.HISTORY)
    case_id = parts.log.case_of(reference)
    if case_id is None or not parts.log.case_history(case_id, parts.log.head()):
        raise problems.not_found()
    return case_id


def _point(as_of: AsOf, known_at: KnownAt) -> Point:
    return Point(as_of=as_of, known_at=Position(known_at) if isinstance(known_at, int) else known_at)
