"""The questions to read models. They lag behind the log a little, so a writer may ask to wait for a position.

`min_position` says what the answer must contain at least; `Prefer: wait=N` says for how many seconds to wait
for it. An answer that cannot contain it yet is a 503.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response

from scp_api import preconditions, problems
from scp_api.answers import add_question, json_of
from scp_api.parts import Parts
from scp_api.points import LAST_POSITION, DayQuery, KnownAt, KnownAtQuery
from scp_events import follower
from scp_events.access import Deny, Resource
from scp_events.aggregates import referral
from scp_events.follower import AnyConnection, Projection
from scp_events.measures import Count, Durations, Frequency, Period, Rate, every_figure
from scp_events.projections import caseload, decisions, outcomes, referrals
from scp_events.projections.caseload import Case
from scp_events.projections.referrals import Referral
from scp_events.register import Registered, register
from scp_events.replay import Point, resolve
from scp_events.vocabulary import (
    REFERRING,
    Code,
    OrganisationCode,
    PersonCode,
    Position,
    Refused,
    ShortText,
    Word,
)

LONGEST_WAIT = 10
LARGEST_PAGE = 200
_WAIT = re.compile(r"\s*wait\s*=\s*(\d{1,4})\s*(;.*)?", re.IGNORECASE | re.ASCII)

MinPosition = Annotated[
    int, Query(ge=0, le=LAST_POSITION, description="The log position the answer must contain at least.")
]

PREFER = {
    "in": "header",
    "name": "Prefer",
    "required": False,
    "description": "`wait=N`: wait N seconds, 10 at most, for `min_position`. Others are passed over.",
    "schema": {"type": "string", "examples": ["wait=5"]},
}


class Caseload(Word):
    """Whom a key worker looks after, as known at a log position or later."""

    position: Position
    cases: tuple[Case, ...]


class Referrals(Word):
    """An agency's referrals, oldest first, each with the day of every step."""

    position: Position
    referrals: tuple[Referral, ...]


class DecisionPage(Word):
    """A page of the register of decisions; `next` is the `after` of the next page."""

    position: Position
    decisions: tuple[Registered, ...]
    next: Position | None


class Outcomes(Word):
    """The figures, each with its definition, cohort and exclusions. Small numbers are hidden."""

    position: Position
    rates: tuple[Rate, ...]
    durations: tuple[Durations, ...]
    frequencies: tuple[Frequency, ...]
    counts: tuple[Count, ...]


def install(app: FastAPI, parts: Parts) -> None:
    """Add every question to a read model."""
    for path, endpoint, model, summary in (
        ("/caseload", _caseload(parts), Caseload, "Whom a key worker looks after."),
        ("/referrals", _referrals(parts), Referrals, "The referrals of an agency, your own by default."),
        ("/decisions", _decisions(parts), DecisionPage, "The register of decisions, oldest first."),
        ("/outcomes", _outcomes(parts), Outcomes, "What became of referrals, goals, programmes and people."),
    ):
        add_question(app, path, endpoint, model, summary, parameters=[PREFER], refusals=[409])


def _caseload(parts: Parts) -> Callable[..., Response]:
    def endpoint(
        request: Request,
        key_worker: Annotated[PersonCode, Query(examples=["kw-juniper"])],
        on: DayQuery = None,
        known_at: KnownAtQuery = None,
        min_position: MinPosition = 0,
    ) -> Response:
        preconditions.may_read(request, Resource.CASELOAD)
        day = on or _today(parts)
        live = on is None and known_at is None
        asked = (
            _caught_up(parts, request, caseload, min_position)
            if live
            else _as_it_was(parts, caseload, day, known_at)
        )
        with asked as (connection, position):
            cases = caseload.of_key_worker(connection, key_worker, day)
        return json_of(Caseload(position=position, cases=tuple(cases)))

    return endpoint


def _referrals(parts: Parts) -> Callable[..., Response]:
    def endpoint(
        request: Request,
        agency: Annotated[OrganisationCode | None, Query(examples=["police"])] = None,
        min_position: MinPosition = 0,
    ) -> Response:
        asker = preconditions.may_read(request, referral.CATEGORY).actor
        if asker.role in REFERRING and agency not in {None, asker.organisation}:
            raise problems.denied(Deny("own-agency", "an agency sees its own referrals: leave out `agency`"))
        with _caught_up(parts, request, referrals, min_position) as (connection, position):
            found = referrals.of_agency(connection, agency or asker.organisation)
        return json_of(Referrals(position=position, referrals=tuple(found)))

    return endpoint


def _decisions(parts: Parts) -> Callable[..., Response]:
    def endpoint(  # noqa: PLR0913, PLR0917 - one argument a query parameter
        request: Request,
        by: Annotated[PersonCode | None, Query(description="Decided by this person.")] = None,
        organisation: Annotated[
            OrganisationCode | None, Query(description="Decided for this organisation.")
        ] = None,
        reason: Annotated[Code | None, Query(description="With this reason.")] = None,
        law: Annotated[
            ShortText | None, Query(description="Under an act whose name or section holds this.")
        ] = None,
        since: DayQuery = None,
        until: DayQuery = None,
        late: Annotated[bool, Query(description="Entered a week or more after it was so.")] = False,  # noqa: FBT002 - by name
        after: Annotated[int, Query(ge=0, le=LAST_POSITION, description="`next` of the page before.")] = 0,
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
        min_position: MinPosition = 0,
    ) -> Response:
        preconditions.may_read(request, Resource.DECISIONS)
        wanted = decisions.Wanted(
            by=by, organisation=organisation, reason=reason, law=law, since=since, until=until, late=late
        )
        with _caught_up(parts, request, decisions, min_position) as (connection, position):
            found = register(parts.log, connection, Position(after), limit + 1, wanted)
        page = tuple(found[:limit])
        more = page[-1].position if len(found) > limit else None
        return json_of(DecisionPage(position=position, decisions=page, next=more))

    return endpoint


def _outcomes(parts: Parts) -> Callable[..., Response]:
    def endpoint(
        request: Request,
        on: DayQuery = None,
        since: DayQuery = None,
        until: DayQuery = None,
        min_position: MinPosition = 0,
    ) -> Response:
        preconditions.may_read(request, Resource.OUTCOMES)
        cohort, day = Period(since=since or date.min, until=until or date.max), on or _today(parts)
        with _caught_up(parts, request, outcomes, min_position) as (connection, position):
            return json_of(_figures(connection, position, day, cohort))

    return endpoint


def _figures(connection: AnyConnection, position: Position, day: date, cohort: Period) -> Outcomes:
    found = every_figure(connection, day, cohort)
    return Outcomes(
        position=position,
        rates=tuple(figure for figure in found if isinstance(figure, Rate)),
        durations=tuple(figure for figure in found if isinstance(figure, Durations)),
        frequencies=tuple(figure for figure in found if isinstance(figure, Frequency)),
        counts=tuple(figure for figure in found if isinstance(figure, Count)),
    )


@contextmanager
def _as_it_was(
    parts: Parts, projection: Projection, day: date, known_at: KnownAt
) -> Iterator[tuple[AnyConnection, Position]]:
    """Yield a connection on which the projection is as of the end of a day, and by what was known then."""
    known = Position(known_at) if isinstance(known_at, int) else known_at
    through = resolve(parts.log, Point(known_at=known)).known_through
    with follower.at(parts.log, projection, follower.Point(as_of=day, known_through=through)) as connection:
        yield connection, through


def _today(parts: Parts) -> date:
    return parts.log.calendar.day_of(parts.now())


# --- how far ----------------------------------------------------------------------------------------------


@contextmanager
def _caught_up(
    parts: Parts, request: Request, projection: Projection, at_least: int
) -> Iterator[tuple[AnyConnection, Position]]:
    """Yield a connection on which the projection contains `at_least`, and the position it contains."""
    _must_be_in_the_log(parts, at_least)
    with parts.reading.connection() as connection:
        if not follower.wait_for(connection, projection, Position(at_least), _patience(request)):
            raise problems.busy("the read model does not contain `min_position` yet: send `Prefer: wait=5`")
        yield connection, _position(connection, projection)


def _must_be_in_the_log(parts: Parts, position: int) -> None:
    if position > (head := parts.log.head()):
        raise Refused(
            "a-position-is-in-the-log",
            f"the log has come to position {head}: name one up to there, such as a command's `last_position`",
        )


def _patience(request: Request) -> float:
    """Return how many seconds the client would wait; a preference that cannot be read is none (RFC 7240)."""
    said: list[Any] = [_WAIT.fullmatch(each) for each in request.headers.get("prefer", "").split(",")]
    return min(next((int(found[1]) for found in said if found), 0), LONGEST_WAIT)


def _position(connection: AnyConnection, projection: Projection) -> Position:
    standings = follower.status(connection)
    return next(s.position for s in standings if (s.name, s.version) == (projection.NAME, projection.VERSION))
