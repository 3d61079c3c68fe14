"""The app: every endpoint, behind authentication, with problems as documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.types import ASGIApp

from scp_api import documentation, failures, health, openapi, queries, read_models
from scp_api.authentication import Authentication, Reached
from scp_api.command_door import CommandDoor
from scp_api.imports import door as imports
from scp_api.imports.under_way import Importing
from scp_api.parts import Parts
from scp_api.personal_answers import PersonalAnswers
from scp_api.rate_limit import RateLimit, Rates
from scp_api.request_log import RequestLog

DESCRIPTION = """
Programme tracking for young people in second-chance programmes, as a log of decisions.

Commands are POSTs with an `Idempotency-Key`; decisions name the version they were made on (`If-Match`).
Every request says what it is for (`Scp-Purpose`). A refusal is a problem document that names the rule.
"""


def create_app(
    parts: Parts,
    importing: Importing | None = None,
    rates: Rates | None = None,
    reached: Reached | None = None,
) -> ASGIApp:
    """Return the app made of `parts`, which takes imports where it is given what works on them.

    The framework is innermost: it answers questions and takes files, and no command.
    """
    app = FastAPI(
        title="scp-events",
        version=version("scp-events"),
        description=DESCRIPTION,
        docs_url=None,  # its pages would run code from elsewhere, beside people's records
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_while_serving(parts),
    )
    failures.install(app)
    health.install(app, parts)
    queries.install(app, parts)
    read_models.install(app, parts)
    if importing is not None:
        imports.install(app, parts, importing)
    openapi.install(app)
    documentation.install(app)
    known = RateLimit(CommandDoor(app, parts), rates or Rates())
    return RequestLog(PersonalAnswers(Authentication(known, parts.verifier, reached or Reached())))


def _while_serving(parts: Parts) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Let as many threads work at once as there are connections, so that no pool runs dry.

    The document takes a second to make, in which nobody would be answered: so it is made before anybody asks.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = parts.threads
        app.openapi()
        async with parts.handler:
            yield

    return lifespan
