"""What is told of an import as Server-Sent Events; who lost the connection goes on after the last one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from time import monotonic

from anyio import sleep
from anyio.to_thread import run_sync
from fastapi import Request

from scp_api.imports.kept import Kept, Place
from scp_api.imports.words import OutcomeTold, Told
from scp_api.problems import Problem
from scp_events.runtime import ending

MEDIA_TYPE = "text/event-stream"
LOOK_AGAIN_SECONDS = 0.25
SILENCE_SECONDS = 15.0
"""After which a line without meaning is sent, so that nobody on the way takes the connection for dead."""
COME_BACK = b"retry: 2000\n\n"
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def last_event(request: Request) -> int:
    """Return the last event a client has; 0 where it has none. Raises `Problem`."""
    said = request.headers.getlist("last-event-id")
    if not said or said == [""]:
        return 0
    if len(said) > 1 or not _NUMBER.fullmatch(said[0]):
        raise Problem(400, "header-invalid", "send the `id` of the last event you have as `Last-Event-ID:`")
    return int(said[0])


async def events(kept: Kept, place: Place, after: int) -> AsyncIterator[bytes]:
    """Yield every event after one, until the outcome; or until the service ends, then come back."""
    yield COME_BACK
    spoke = monotonic()
    while not ending.told():
        told = await run_sync(kept.told, place, after)
        for number, each in told:
            yield _written(number, each)
            after, spoke = number, monotonic()
            if isinstance(each, OutcomeTold):
                return
        if monotonic() - spoke > SILENCE_SECONDS:
            yield b":\n\n"
            spoke = monotonic()
        await sleep(LOOK_AGAIN_SECONDS)


def is_all_told(kept: Kept, place: Place, after: int) -> bool:
    """Whether a client has everything there will ever be."""
    told = kept.told(place)
    return bool(told) and isinstance(told[-1][1], OutcomeTold) and after >= told[-1][0]


def _written(number: int, told: Told) -> bytes:
    return f"id: {number}\nevent: {told.event}\ndata: {told.model_dump_json()}\n\n".encode()
