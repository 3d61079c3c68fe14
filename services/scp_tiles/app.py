"""The app: read-only, three kinds of address, each with one spelling.

A tile never changes, so whoever has fetched it need never ask again. The checkpoint does, so whoever has one
asks whether it is still the newest.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from scp_events.ledger.format.tiles import Tile
from scp_events.ledger.log import published
from scp_events.ledger.log.published import NotPublishedError
from scp_events.ledger.log.tables import AnyConnection
from scp_events.runtime.service_log import logger, raised_at

TEXT = "text/plain; charset=utf-8"
HASHES = "application/octet-stream"
FOR_GOOD = "max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
NOT_KEPT = "no-store"
RETRY_SECONDS = 5
_SAFE = {"X-Content-Type-Options": "nosniff"}


def create_app(pool: ConnectionPool) -> Starlette:
    """Return the app that reads over these connections."""

    def checkpoint(connection: AnyConnection) -> Response:
        return _found(published.checkpoint(connection).encode(), TEXT, ASK_AGAIN)

    async def newest(request: Request) -> Response:
        """The newest published checkpoint, with the cosignatures it has."""
        return await answered(request, checkpoint)

    async def tile(request: Request) -> Response:
        """The hashes of a tile, or the records under it."""
        path = request.scope["raw_path"].decode("latin-1").removeprefix("/")
        return await answered(request, lambda connection: _tile(connection, path))

    async def answered(request: Request, read: Callable[[AnyConnection], Response]) -> Response:
        try:
            response = await run_in_threadpool(_over, pool, read)
        except (NotPublishedError, ValueError) as error:
            return _said(HTTPStatus.NOT_FOUND, str(error))
        except (psycopg.OperationalError, PoolTimeout) as error:
            return _unreachable(error)
        return _unless_known(request, response)

    app = Starlette(
        routes=[
            Route("/checkpoint", newest, methods=["GET"]),
            Route("/tile/{path:path}", tile, methods=["GET"]),
            Route("/livez", _livez, methods=["GET"]),
        ],
        exception_handlers={Exception: _failed},
    )
    app.router.redirect_slashes = False  # an address has one spelling
    return app


def _over(pool: ConnectionPool, read: Callable[[AnyConnection], Response]) -> Response:
    """Read what belongs together as it is at one moment."""
    with pool.connection() as connection, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return read(connection)


def _tile(connection: AnyConnection, path: str) -> Response:
    """Return what is at a path. Raises `NotPublishedError`, and `ValueError` for no path at all."""
    if path.startswith("tile/entries/"):
        return _found(published.entries(connection, Tile.parse_entries(path)), HASHES, FOR_GOOD)
    return _found(published.hashes(connection, Tile.parse(path)), HASHES, FOR_GOOD)


def _found(content: bytes, media_type: str, kept: str) -> Response:
    tag = f'"{sha256(content).hexdigest()}"'
    return Response(
        content, headers={"Content-Type": media_type, "Cache-Control": kept, "ETag": tag, **_SAFE}
    )


def _unless_known(request: Request, response: Response) -> Response:
    """Return no content to whoever has it already."""
    known = {each.strip() for each in request.headers.get("If-None-Match", "").split(",")}
    if response.headers["ETag"] not in known:
        return response
    kept = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)


def _said(status: HTTPStatus, said: str) -> Response:
    return Response(f"{said}\n", status, headers={"Content-Type": TEXT, "Cache-Control": NOT_KEPT, **_SAFE})


def _unreachable(error: Exception) -> Response:
    logger.warning("unreachable", error=type(error).__name__)
    response = _said(HTTPStatus.SERVICE_UNAVAILABLE, "the log's database cannot be reached: come back")
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


async def _livez(_request: Request) -> Response:
    """The program answers."""
    return _said(HTTPStatus.OK, "alive")


async def _failed(_request: Request, error: Exception) -> Response:
    """Tell the service log what failed, and whoever asked no more than that it did."""
    logger.error("failed", error=type(error).__name__, raised_at=raised_at(error))
    return _said(HTTPStatus.INTERNAL_SERVER_ERROR, "this is our mistake, and the service's log says where")
