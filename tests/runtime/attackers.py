"""Clients that mean harm, each in a process of its own: `python -m tests.runtime.attackers KIND PORT SIZE`.

Each ends by itself: once it was turned away, or after a time. It says in JSON what became of it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from time import monotonic

HOST = "127.0.0.1"
CHUNK = 64 * 1024
LONGEST = 60.0
"""Seconds after which an attacker gives up."""
BEGINNING = b"GET /livez HTTP/1.1\r\nHost: x\r\n"


def attacking(kind: str, port: int, size: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.runtime.attackers", kind, str(port), str(size)],
        stdout=subprocess.PIPE,
        text=True,
    )


async def flood(port: int, repeated: bytes, times: int) -> dict[str, object]:
    """Send a head that does not end; say how much of it was taken, and what was answered."""
    reader, writer = await asyncio.open_connection(HOST, port)
    sent, answer = 0, b""
    try:
        writer.write(BEGINNING)
        for _ in range(times):
            writer.write(repeated)
            await writer.drain()
            sent += len(repeated)
        answer = await reader.read(100)
    except ConnectionError:
        """It was turned away while it was still sending."""
    finally:
        writer.close()
    return {"sent": sent, "answer": answer.decode().partition("\r\n")[0]}


async def one_header(port: int, megabytes: int) -> dict[str, object]:
    return await flood(port, b"a" * CHUNK, megabytes * 1024 * 1024 // CHUNK)


async def headers(port: int, thousands: int) -> dict[str, object]:
    return await flood(port, b"a: b\r\n" * 1000, thousands)


async def slow(port: int, connections: int) -> dict[str, object]:
    """Send a byte now and then on each of many connections; say how many were ended, and how soon."""
    began = monotonic()
    lasted = await asyncio.gather(*(_dripping(port, began) for _ in range(connections)))
    return {"ended": sum(each < LONGEST for each in lasted), "longest": max(lasted)}


async def _dripping(port: int, began: float) -> float:
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(BEGINNING + b"X-Slow: ")
    connected = monotonic()
    try:
        while monotonic() - began < LONGEST:
            writer.write(b"a")
            try:
                if await asyncio.wait_for(reader.read(100), 1.0):
                    break
            except TimeoutError:
                continue
            break
    except ConnectionError:
        """It was ended."""
    finally:
        writer.close()
    return monotonic() - connected


KINDS: dict[str, Callable[[int, int], Awaitable[dict[str, object]]]] = {
    "one-header": one_header,
    "headers": headers,
    "slow": slow,
}


async def main(kind: str, port: str, size: str) -> None:
    print(json.dumps(await KINDS[kind](int(port), int(size))))  # noqa: T201 - its result


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
