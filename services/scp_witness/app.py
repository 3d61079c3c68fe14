"""The app: one thing to ask for, and one to read, in the text formats of C2SP tlog-witness."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from scp_events.ledger.witness.cosigning import PATH, TEXT
from scp_witness.desk import Answer, Desk

LARGEST = 64 * 1024
"""Bytes a request may have: a proof of 63 hashes and a checkpoint with a few signatures are much less."""
PATIENCE = 10.0
"""Seconds a request may take to arrive."""


def create_app(desk: Desk) -> FastAPI:
    """Return the app that asks `desk`."""
    app = FastAPI(title="scp-witness", openapi_url=None, redirect_slashes=False)

    async def add_checkpoint(request: Request) -> Response:
        """Cosign a checkpoint that continues the one before."""
        body = await body_of(request)
        if isinstance(body, Answer):
            return _response(body)
        return _response(await run_in_threadpool(desk.add_checkpoint, body))

    async def latest(origin_hash: str) -> Response:
        """The last checkpoint cosigned for a log; it is called by the SHA-256 of its name."""
        response = _response(await run_in_threadpool(desk.latest, origin_hash))
        response.headers["Cache-Control"] = "no-cache"
        return response

    async def livez() -> Response:
        """The program answers."""
        return Response("alive\n", media_type=TEXT)

    app.add_api_route(PATH, add_checkpoint, methods=["POST"])
    app.add_api_route("/{origin_hash}/checkpoint", latest, methods=["GET", "HEAD"])
    app.add_api_route("/livez", livez, methods=["GET"])
    return app


async def body_of(request: Request) -> bytes | Answer:
    """Return what was sent; or the answer where it is too much, or too slow in coming."""
    body = b""
    try:
        async with asyncio.timeout(PATIENCE):
            async for part in request.stream():
                body += part
                if len(body) > LARGEST:
                    return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LARGEST} bytes\n")
    except ClientDisconnect:
        return Answer(HTTPStatus.BAD_REQUEST, "the request is not complete\n")
    except TimeoutError:
        return Answer(HTTPStatus.REQUEST_TIMEOUT, f"send it within {PATIENCE:.0f} seconds\n")
    return body


def _response(answer: Answer) -> Response:
    return Response(answer.said, answer.status, headers={"Content-Type": answer.media_type})
