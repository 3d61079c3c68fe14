"""How whoever typed a command wants to be answered: options that every command with data has."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Manner:
    """What was asked for beside the question."""

    wide: bool = False
    """Tables as wide as what they hold, whatever the terminal."""
    pager: bool = True
    """Long answers go through a pager, on a terminal."""
    verbose: bool = False
    """Say which log was opened, also where nobody may be looking."""


_asked: ContextVar[Manner] = ContextVar("manner", default=Manner())  # noqa: B039 - frozen
WITH_DATA = "how"
"""The argument of every command that shows data: its `--format`."""


def asked() -> Manner:
    """Return how the command at hand is to answer."""
    return _asked.get()


def straight_out() -> None:
    """Let nothing of this command go through a pager: it tells one thing after the other."""
    _asked.set(replace(_asked.get(), pager=False))


def says_what_it_opens() -> bool:
    """Whether to say which log was opened: to somebody at a terminal, or who asked."""
    return asked().verbose or sys.stderr.isatty()


def offer(command: Any) -> None:  # noqa: ANN401 - Typer's own kind of command is private to it
    """Give a command, or all below a group, the options of every command."""
    _asked.set(Manner())
    for below in getattr(command, "commands", {}).values():
        offer(below)
    ours = _of_all if any(each.name == WITH_DATA for each in command.params) else _of_a_log
    if not hasattr(command, "commands") or ours is _of_all:
        command.params.extend(_options(ours))


def _options(of: Callable[..., None]) -> list[Any]:
    """Return options as Typer makes them of a function's arguments."""
    app = typer.Typer(add_completion=False)
    app.command()(of)
    return typer.main.get_command(app).params


def _takes(field: str, value: bool) -> Callable[[bool], bool]:  # noqa: FBT001 - a value to store
    def take(given: bool) -> bool:  # noqa: FBT001 - Typer calls it so
        if given:
            _asked.set(replace(_asked.get(), **{field: value}))
        return given

    return take


def _option(name: str, field: str, said: str, *, value: bool = True) -> Any:  # noqa: ANN401 - as Typer has it
    return typer.Option(name, callback=_takes(field, value), expose_value=False, help=said)


def _of_a_log(
    *,
    verbose: Annotated[
        bool, _option("--verbose", "verbose", "Say which log is opened, also to a file.")
    ] = False,
) -> None:
    """Hold the options of commands that show no table."""


def _of_all(
    *,
    wide: Annotated[bool, _option("--wide", "wide", "Every column, however narrow the terminal is.")] = False,
    no_pager: Annotated[
        bool, _option("--no-pager", "pager", "Long answers straight to the terminal.", value=False)
    ] = False,
    verbose: Annotated[
        bool, _option("--verbose", "verbose", "Say which log is opened, also to a file.")
    ] = False,
) -> None:
    """Hold the options of commands that show data."""
