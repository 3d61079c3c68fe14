"""What went wrong, told as problem documents. What is not expected is our mistake, and the log says where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match

from scp_api import problems
from scp_api.addresses import sent_to
from scp_api.problems import Problem, WrongField
from scp_events.access import KeysUnavailableError
from scp_events.commands import MistakenError, NothingThereError, NotJsonError, in_words_of
from scp_events.commands.reading import mistake
from scp_events.event_log import (
    BusyError,
    ClosedError,
    CommandIdReusedError,
    LogUnreachableError,
    LogUnwritableError,
    NewerEventError,
    StaleVersionError,
    UnsafeServerError,
)
from scp_events.importing import ImportUnderWayError
from scp_events.ledger.log.startup import ReadOnlyError, StaleLogError
from scp_events.privacy import KeyServiceDownError
from scp_events.replay import NotKnownYetError, UnknownCaseError
from scp_events.runtime.service_log import logger
from scp_events.vocabulary import Refused


def _refused(error: Refused) -> Problem:
    return Problem(409, "refused", in_words_of(sent_to, error.remedy), rule=error.rule)


def _mistaken(error: MistakenError) -> Problem:
    return problems.invalid(
        [WrongField(location=("body", *each.place), detail=each.detail) for each in error.mistakes]
    )


def _invalid(error: RequestValidationError) -> Problem:
    found = map(mistake, error.errors())
    return problems.invalid([WrongField(location=each.place, detail=each.detail) for each in found])


def _busy(detail: str) -> Callable[[Exception], Problem]:
    return lambda _: problems.busy(detail)


TOLD: Mapping[type[Exception], Callable[[Any], Problem]] = {
    Problem: lambda problem: problem,
    Refused: _refused,
    MistakenError: _mistaken,
    RequestValidationError: _invalid,
    NotJsonError: lambda _: problems.unreadable(),
    NothingThereError: lambda _: problems.not_found(),
    UnknownCaseError: lambda _: problems.not_found(),
    StaleVersionError: lambda error: problems.stale(error.current),
    CommandIdReusedError: lambda _: problems.key_reused(),
    ImportUnderWayError: lambda _: problems.import_under_way(),
    NotKnownYetError: lambda _: problems.not_known_yet(),
    NewerEventError: lambda _: problems.newer_version_needed(),
    ReadOnlyError: lambda _: problems.read_only(),
    StaleLogError: lambda _: problems.read_only(),
    BusyError: _busy("too many want this at once: try again"),
    ClosedError: _busy("the service is stopping: try again"),
    KeysUnavailableError: _busy("the issuer's keys cannot be had just now: try again"),
    PoolTimeout: _busy("the database is busy: try again"),
    LogUnreachableError: _busy("the database cannot be reached: try again with the same key"),
    LogUnwritableError: _busy("the database does not write just now: nothing was recorded, try again"),
    UnsafeServerError: _busy(
        "the database may lose what it records, so nothing is: try again once it is set right"
    ),
    KeyServiceDownError: _busy("the keys of personal data cannot be had just now: try again"),
    psycopg.OperationalError: _busy("the database cannot be reached or is busy: try again"),
}
"""Every error that is expected, and how it is told. The first one that fits counts."""
EXPECTED = tuple(TOLD)


def problem_of(error: Exception) -> Problem:
    """Return the problem an error means to a client."""
    told = next((told for kind, told in TOLD.items() if isinstance(error, kind)), None)
    return told(error) if told else problems.failure()


def answer_to(error: Exception) -> Response:
    """Return the answer to an expected error, and write down what it was."""
    problem = problem_of(error)
    logger.info("problem", kind=problem.kind, rule=problem.document.rule, status=problem.document.status)
    return problem.response()


def install(app: FastAPI) -> None:
    """Answer every expected error with a problem document."""
    for kind in EXPECTED:
        app.add_exception_handler(kind, lambda _, error: answer_to(error))
    app.add_exception_handler(HTTPException, _of_the_router)
    app.add_exception_handler(Exception, lambda _, __: problems.failure().response())


def _of_the_router(request: Request, error: Exception) -> Response:
    """Answer what no route takes: there is nothing at the address, or nothing is done there in this way."""
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return answer_to(problems.method_not_allowed(_methods(request)))
    if error.status_code == HTTPStatus.NOT_FOUND:
        return answer_to(problems.not_found())
    return answer_to(problems.failure())


def _methods(request: Request) -> set[str]:
    """Return what can be done at an address: several routes share it, and each knows its own method only."""
    app: FastAPI = request.app
    found = (route for route in app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in found for method in getattr(route, "methods", None) or ()}
