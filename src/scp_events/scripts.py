"""Scripts: what is to be done in which order, told apart from who waits for what it takes.

A script is a generator. It yields what it wants, is sent the reply, or has the error raised where it asked,
and returns what it comes to. So one script serves threads, which wait, and an event loop, which must not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

Wanted = TypeVar("Wanted")
T = TypeVar("T")


def play(script: Generator[Wanted, Any, T], reply: Callable[[Wanted], object]) -> T:
    """Give a script what it asks for, until it ends; return what it comes to, or raise what it raises."""
    try:
        wanted = next(script)
        while True:
            try:
                given = reply(wanted)
            except Exception as error:  # noqa: BLE001 - the script may know what to do
                wanted = script.throw(error)
            else:
                wanted = script.send(given)
    except StopIteration as end:
        result: T = end.value
        return result


async def play_async(script: Generator[Wanted, Any, T], reply: Callable[[Wanted], Awaitable[object]]) -> T:
    """Do as `play` does, for a task of an event loop."""
    try:
        wanted = next(script)
        while True:
            try:
                given = await reply(wanted)
            except Exception as error:  # noqa: BLE001 - the script may know what to do
                wanted = script.throw(error)
            else:
                wanted = script.send(given)
    except StopIteration as end:
        result: T = end.value
        return result
