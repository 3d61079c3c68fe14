"""A server with an app of a few lines, to see what all of ours do: `python -m ... PORT PATIENCE MOST`."""

from __future__ import annotations

from scp_events.runtime import beginning

if __name__ == "__main__":
    beginning.begin()

import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from scp_events.runtime import program
from scp_events.runtime.http_limits import Patience
from scp_events.runtime.http_server import HttpServer
from scp_events.runtime.port import Port
from scp_events.runtime.service_log import logger

LARGE = b"x" * (32 * 1024 * 1024)


async def livez(_request: Request) -> Response:
    logger.info("answered")
    return Response("alive")


async def large(_request: Request) -> Response:
    return Response(LARGE)


async def in_pieces(_request: Request) -> Response:
    size = 64 * 1024
    return StreamingResponse(iter([LARGE[:size]] * (len(LARGE) // size)))


async def echo(request: Request) -> Response:
    return Response(await request.body())


def main(port: str, patience: str, most: str) -> None:
    """Serve until told to stop."""
    app = Starlette(
        routes=[
            Route("/livez", livez),
            Route("/large", large),
            Route("/in-pieces", in_pieces),
            Route("/echo", echo, methods=["POST"]),
        ]
    )
    seconds = float(patience)
    with Port("127.0.0.1", int(port), setting="PORT") as taken:
        HttpServer(
            app,
            taken,
            drain_seconds=1,
            most_connections=int(most),
            patience=Patience(head=seconds, body=seconds, answer=seconds),
            behind_tls=True,
        ).serve_until_stopped()


if __name__ == "__main__":
    sys.exit(program.run(lambda: main(*sys.argv[1:]), []))
