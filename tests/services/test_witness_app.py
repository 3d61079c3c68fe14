"""What the witness's HTTP door does with requests that do not come as they should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import Request
from starlette.types import Message

from scp_witness import app
from scp_witness.desk import Answer


def arriving(parts: AsyncIterator[Message]) -> Request:
    """Return a request whose body comes in these parts."""
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": "/add-checkpoint", "headers": []}
    return Request(scope, lambda: anext(parts))


async def in_two_parts() -> AsyncIterator[Message]:
    yield {"type": "http.request", "body": b"old 0", "more_body": True}
    yield {"type": "http.request", "body": b"\n\n", "more_body": False}


async def never_at_an_end() -> AsyncIterator[Message]:
    yield {"type": "http.request", "body": b"old 0", "more_body": True}
    await asyncio.Event().wait()


async def broken_off() -> AsyncIterator[Message]:
    yield {"type": "http.request", "body": b"old 0", "more_body": True}
    yield {"type": "http.disconnect"}


async def without_measure() -> AsyncIterator[Message]:
    while True:
        yield {"type": "http.request", "body": b"x" * 4096, "more_body": True}


def received(parts: AsyncIterator[Message]) -> bytes | Answer:
    return asyncio.run(app.body_of(arriving(parts)))


def test_a_body_in_parts_is_put_together() -> None:
    assert received(in_two_parts()) == b"old 0\n\n"


@pytest.mark.parametrize(
    ("parts", "status"), [(never_at_an_end, 408), (broken_off, 400), (without_measure, 413)]
)
def test_a_body_that_does_not_come_whole_is_answered(
    monkeypatch: pytest.MonkeyPatch, parts: Any, status: int
) -> None:
    monkeypatch.setattr(app, "PATIENCE", 0.05 if parts is never_at_an_end else 60)
    answer = received(parts())
    assert isinstance(answer, Answer)
    assert answer.status == status
