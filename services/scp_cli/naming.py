"""Text options that narrow a question."""

from __future__ import annotations

import typer


def something(typed: str | None) -> str | None:
    """Refuse an empty text, such as a variable nobody set: taken for no bound, it would show everything."""
    if typed == "":
        raise typer.BadParameter("is empty: leave it out, or name something")
    return typed
