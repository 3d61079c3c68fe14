"""Who acts, as typed: a code, a role and an organisation, never the name of whoever is logged in."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from scp_events.vocabulary import Actor

By: TypeAlias = Annotated[str, typer.Option("--by", metavar="CODE", help="Who acts, by their code.")]
Role: TypeAlias = Annotated[
    str, typer.Option("--role", help="In which role, such as key-worker or supervisor.")
]
Organisation: TypeAlias = Annotated[
    str, typer.Option("--organisation", metavar="CODE", help="For which organisation.")
]
Credentials: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--credential", metavar="CODE", help="A credential held; may be repeated."),
]
OURS = "second-chance"


def somebody(by: str, role: str, organisation: str, credentials: Sequence[str] | None = None) -> Actor:
    """Return who acts."""
    from pydantic import ValidationError

    from scp_events.vocabulary import Actor

    missing = [option for option, value in (("--by", by), ("--role", role)) if not value]
    if missing:
        raise typer.BadParameter(f"say who acts: {' and '.join(missing)} must be given")
    said = {"id": by, "role": role, "organisation": organisation, "credentials": tuple(credentials or ())}
    try:
        return Actor.model_validate(said)
    except ValidationError as error:
        wrong = ", ".join(f"--{_OPTIONS.get(str(each['loc'][0]), each['loc'][0])}" for each in error.errors())
        raise typer.BadParameter(
            f"not a known role, or not a code, which is lower case, digits and hyphens: see {wrong}"
        ) from None


_OPTIONS = {"id": "by", "credentials": "credential"}
