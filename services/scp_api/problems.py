"""What went wrong, as RFC 9457 problem documents: a stable type, the rule that said no, and what to do.

No document repeats what was sent: a body may be about a young person, and an error travels further than an
answer does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

import psycopg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from scp_api.addresses import sent_to
from scp_events.access import Deny, KeysUnavailableError, TokenError
from scp_events.commands import MistakenError, NotJsonError, NothingThereError, in_words_of
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
from scp_events.ledger.log.startup import ReadOnlyError, StaleLogError
from scp_events.privacy import KeyServiceDownError
from scp_events.replay import NotKnownYetError, UnknownCaseError
from scp_events.vocabulary import Refused, Word

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:scp:problem:"
RETRY_AFTER = "2"
UPDATED_AFTER = "300"

_journal = structlog.get_logger("scp_api")


class WrongField(Word):
    """One place in the request that is not as it must be. It never repeats what was there."""

    location: tuple[str, ...]
    detail: str


class ProblemDocument(Word):
    """What went wrong, and what to do about it."""

    type: Annotated[str, Field(pattern=r"^urn:scp:problem:[a-z-]+$", examples=["urn:scp:problem:refused"])]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    """What to do."""
    rule: str | None = None
    """The rule that said no, by its stable name."""
    current_version: int | None = None
    """The version of the stream now, where another was expected."""
    errors: tuple[WrongField, ...] = ()


TITLES = {
    "unauthorised": "No valid token",
    "denied": "Not allowed in this role or for this purpose",
    "not-found": "Nothing here",
    "method-not-allowed": "Not done with this method",
    "purpose-missing": "No purpose was said",
    "header-invalid": "A header is missing or cannot be read",
    "body-unreadable": "The body cannot be read",
    "body-too-large": "The body is too large",
    "media-type": "The body must be JSON",
    "invalid": "The request is not as it must be",
    "refused": "A rule says no",
    "stale-version": "Decided on a version that is no longer the latest",
    "version-required": "A decision names the version it was made on",
    "key-reused": "The key came with another request before",
    "busy": "Cannot be done just now",
    "not-known-yet": "Nobody knows yet what will be known then",
    "newer-version-needed": "This program is too old for this case",
    "read-only": "Nothing can be recorded just now",
    "failure": "The program failed",
}


class Problem(Exception):  # noqa: N818 - an answer, not an error of the program
    """A problem on its way to the client."""

    def __init__(  # noqa: PLR0913 - the members of a problem document, by name
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        rule: str | None = None,
        current_version: int | None = None,
        errors: Sequence[WrongField] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.headers = dict(headers or {})
        self.document = ProblemDocument(
            type=PREFIX + kind,
            title=TITLES[kind],
            status=status,
            detail=detail,
            rule=rule,
            current_version=current_version,
            errors=tuple(errors),
        )

    def response(self) -> Response:
        """Return it as an answer."""
        return Response(
            self.document.model_dump_json(exclude_defaults=True),
            status_code=self.document.status,
            media_type=MEDIA_TYPE,
            headers=self.headers,
        )


def invalid(errors: Sequence[WrongField]) -> Problem:
    """Return which places in a request are not as they must be."""
    return Problem(422, "invalid", "correct the places named in `errors` and send it again", errors=errors)


def unreadable() -> Problem:
    """Return that a body is no JSON."""
    return Problem(400, "body-unreadable", "send a body that is JSON")


def not_found() -> Problem:
    """Return the one answer for what does not exist and for what may not be seen."""
    return Problem(404, "not-found", "there is nothing here for you: check the address and your role")


def denied(answer: Deny) -> Problem:
    """Return why the policy says no, before anything was looked up."""
    return Problem(403, "denied", answer.reason, rule=answer.rule)


def unauthorised(error: TokenError) -> Problem:
    """Return why the token opens nothing."""
    headers = {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{error.code}"'}
    return Problem(401, "unauthorised", error.remedy, rule=error.code, headers=headers)


def busy(detail: str) -> Problem:
    """Return that it may work in a moment."""
    return Problem(503, "busy", detail, headers={"Retry-After": RETRY_AFTER})


def newer_version_needed() -> Problem:
    """Return that a newer program has recorded what this one does not know; other cases are served."""
    detail = "a newer version of this program has recorded in this case: ask again once this one is updated"
    return Problem(503, "newer-version-needed", detail, headers={"Retry-After": UPDATED_AFTER})


def method_not_allowed(methods: Iterable[str]) -> Problem:
    """Return what can be done at an address instead."""
    allow = {"Allow": ", ".join(sorted(methods))}
    return Problem(405, "method-not-allowed", "use a method the Allow header names", headers=allow)


def read_only() -> Problem:
    """Return that the log can be read only; which of its anchors is the reason, our journal says."""
    detail = (
        "nothing is recorded until it is certain that this is the newest log: try again, or tell who runs it"
    )
    return Problem(503, "read-only", detail, headers={"Retry-After": RETRY_AFTER})


def failure() -> Problem:
    """Return that we failed, and nothing about how: the log says where."""
    return Problem(500, "failure", "this is our mistake: try again, and report it if it happens again")


# --- errors into problems ---------------------------------------------------------------------------------


def problem_of(error: Exception) -> Problem:  # noqa: PLR0911 - one return for each kind of error
    """Return the problem an error means to a client."""
    match error:
        case Problem():
            return error
        case Refused():
            return Problem(409, "refused", in_words_of(sent_to, error.remedy), rule=error.rule)
        case MistakenError():
            return invalid(
                [WrongField(location=("body", *each.place), detail=each.detail) for each in error.mistakes]
            )
        case NotJsonError():
            return unreadable()
        case StaleVersionError():
            return _stale(error)
        case CommandIdReusedError():
            return Problem(
                422, "key-reused", "this Idempotency-Key came with another request: choose a new one"
            )
        case UnknownCaseError() | NothingThereError():
            return not_found()
        case NotKnownYetError():
            return Problem(
                422, "not-known-yet", "`known_at` lies ahead: name a time that has come, or leave it out"
            )
        case NewerEventError():
            return newer_version_needed()
        case ReadOnlyError() | StaleLogError():
            return read_only()
        case RequestValidationError():
            return invalid([_wrong_field(found) for found in error.errors()])
        case HTTPException() if error.status_code == HTTPStatus.NOT_FOUND:
            return not_found()
    return _passing(error)


PASSING: Mapping[type[Exception], str] = {
    BusyError: "too many want this at once: try again",
    ClosedError: "the service is stopping: try again",
    KeysUnavailableError: "the issuer's keys cannot be had just now: try again",
    PoolTimeout: "the database is busy: try again",
    psycopg.OperationalError: "the database cannot be reached or is busy: try again",
    LogUnreachableError: "the database cannot be reached: try again with the same key",
    LogUnwritableError: "the database does not write just now: nothing was recorded, try again",
    UnsafeServerError: "the database may lose what it records, so nothing is: try again once it is set right",
    KeyServiceDownError: "the keys of personal data cannot be had just now: try again",
}
"""What may work in a moment, and what to say of it."""


def _passing(error: Exception) -> Problem:
    said = next((said for kind, said in PASSING.items() if isinstance(error, kind)), None)
    return busy(said) if said else failure()


def _stale(error: StaleVersionError) -> Problem:
    return Problem(
        412,
        "stale-version",
        f"version {error.current} is the latest: read it again and decide anew",
        current_version=error.current,
        headers={"ETag": f'"{error.current}"'},
    )


def _wrong_field(found: Mapping[str, Any]) -> WrongField:
    place, detail = mistake(found)
    return WrongField(location=place, detail=detail)


# --- handing them out -------------------------------------------------------------------------------------


EXPECTED: tuple[type[Exception], ...] = (
    Problem,
    Refused,
    MistakenError,
    NotJsonError,
    NothingThereError,
    StaleVersionError,
    CommandIdReusedError,
    UnknownCaseError,
    NotKnownYetError,
    NewerEventError,
    ReadOnlyError,
    StaleLogError,
    RequestValidationError,
    HTTPException,
    *PASSING,
)
"""What has an answer of its own. Any other error is our mistake, and the journal tells where."""


def install(app: FastAPI) -> None:
    """Answer every expected error with a problem document."""
    for kind in EXPECTED:
        app.add_exception_handler(kind, _answer)


def answer_to(error: Exception) -> Response:
    """Return the answer to an expected error, and write down what it was."""
    problem = problem_of(error)
    _journal.info("problem", kind=problem.kind, rule=problem.document.rule, status=problem.document.status)
    return problem.response()


def _answer(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return answer_to(method_not_allowed(_methods(request)))
    return answer_to(error)


def _methods(request: Request) -> set[str]:
    """Return what can be done at an address: several routes share it, and each knows its own method only."""
    app: FastAPI = request.app
    found = (route for route in app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in found for method in getattr(route, "methods", None) or ()}


# --- describing them --------------------------------------------------------------------------------------


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return how OpenAPI describes problem answers with these statuses."""
    return {status: _declaration(status) for status in statuses}


def _declaration(status: int) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
    headers = _HEADERS.get(status)
    return said | ({"headers": headers} if headers else {})


def _header(description: str, pattern: str) -> dict[str, Any]:
    return {
        "description": description,
        "required": True,
        "schema": {"type": "string", "pattern": pattern},
    }


_HEADERS: Mapping[int, dict[str, Any]] = {
    401: {"WWW-Authenticate": _header("How to sign in.", "^Bearer ")},
    412: {"ETag": _header("The version now.", '^"[0-9]+"$')},
    503: {"Retry-After": _header("Seconds to wait.", "^[0-9]+$")},
}
