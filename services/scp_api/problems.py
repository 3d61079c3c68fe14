"""What went wrong, as RFC 9457 problem documents: a stable type, the rule that said no, and what to do.

No document repeats what was sent: a body may be about a young person, and an error travels further than an
answer does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Response
from pydantic import Field

from scp_events.access import Deny, TokenError
from scp_events.vocabulary import Word

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:scp:problem:"
_BEARER = ("Bearer", "invalid_token")
RETRY_AFTER = "2"
UPDATED_AFTER = "300"


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
    "media-type": "The body is of another kind",
    "invalid": "The request is not as it must be",
    "refused": "A rule says no",
    "stale-version": "Decided on a version that is no longer the latest",
    "version-required": "A decision names the version it was made on",
    "key-reused": "The key came with another request before",
    "busy": "Cannot be done just now",
    "not-known-yet": "Nobody knows yet what will be known then",
    "newer-version-needed": "This program is too old for this case",
    "read-only": "Nothing can be recorded just now",
    "too-often": "Asked too often",
    "too-slow": "The request did not arrive in time",
    "not-acceptable": "There is no such form of it",
    "import-under-way": "An import is under way",
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
    scheme, kind = ("DPoP", "invalid_dpop_proof") if error.code.startswith("proof-") else _BEARER
    headers = {"WWW-Authenticate": f'{scheme} error="{kind}", error_description="{error.code}"'}
    return Problem(401, "unauthorised", error.remedy, rule=error.code, headers=headers)


def busy(detail: str) -> Problem:
    """Return that it may work in a moment."""
    return Problem(503, "busy", detail, headers={"Retry-After": RETRY_AFTER})


def too_often(seconds: int) -> Problem:
    """Return that somebody, or their organisation, has asked too often."""
    return Problem(
        429,
        "too-often",
        "you or your organisation asked more often than is allowed: wait as long as Retry-After says",
        headers={"Retry-After": str(seconds)},
    )


def key_reused() -> Problem:
    """Return that a key came with two requests."""
    return Problem(422, "key-reused", "this Idempotency-Key came with another request: choose a new one")


def not_known_yet() -> Problem:
    """Return that a time or a position lies ahead."""
    detail = "`known_at` lies ahead: name a time that has come, or leave it out"
    return Problem(422, "not-known-yet", detail)


def newer_version_needed() -> Problem:
    """Return that a newer program has recorded what this one does not know; other cases are served."""
    detail = "a newer version of this program has recorded in this case: ask again once this one is updated"
    return Problem(503, "newer-version-needed", detail, headers={"Retry-After": UPDATED_AFTER})


def method_not_allowed(methods: Iterable[str]) -> Problem:
    """Return what can be done at an address instead."""
    allow = {"Allow": ", ".join(sorted(methods))}
    return Problem(405, "method-not-allowed", "use a method the Allow header names", headers=allow)


def stale(current: int) -> Problem:
    """Return that somebody decided on an earlier version."""
    return Problem(
        412,
        "stale-version",
        f"version {current} is the latest: read it again and decide anew",
        current_version=current,
        headers={"ETag": f'"{current}"'},
    )


def read_only() -> Problem:
    """Return that the log can be read only; which of its anchors is the reason, our journal says."""
    detail = (
        "nothing is recorded until it is certain that this is the newest log: try again, or tell who runs it"
    )
    return Problem(503, "read-only", detail, headers={"Retry-After": RETRY_AFTER})


def import_under_way() -> Problem:
    """Return that another import has the turn; whose it is, only they are told."""
    detail = "another import is under way here: send this one again when that has ended"
    return Problem(409, "import-under-way", detail)


def import_not_ended() -> Problem:
    """Return that an import has nothing to show yet."""
    return Problem(
        409, "import-under-way", "it is under way: follow its events, and ask again after the last"
    )


def failure() -> Problem:
    """Return that we failed, and nothing about how: the log says where."""
    return Problem(500, "failure", "this is our mistake: try again, and report it if it happens again")


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
    401: {"WWW-Authenticate": _header("How to sign in.", "^(Bearer|DPoP) ")},
    412: {"ETag": _header("The version now.", '^"[0-9]+"$')},
    429: {"Retry-After": _header("Seconds to wait.", "^[0-9]+$")},
    503: {"Retry-After": _header("Seconds to wait.", "^[0-9]+$")},
}
