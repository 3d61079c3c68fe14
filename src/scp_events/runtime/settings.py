"""What the environment tells every service that reads events."""

from __future__ import annotations

from pydantic import ValidationError

from scp_events.database.settings import DatabaseSettings


class ServiceSettings(DatabaseSettings):
    """Which log a service works with, and where the keys of its personal fields are."""

    keyring: str | None = None
    """Where the keys are kept: a file or the address of a Vault; without it a file in `home`."""


def what_is_wrong(error: ValidationError) -> str:
    """Return which variables cannot be used, and why; never what they hold."""
    return "; ".join(f"{_variable(each['loc'])}{each['msg']}" for each in error.errors())


def _variable(place: tuple[int | str, ...]) -> str:
    """Name the variable; what is wrong with several together says so itself."""
    return f"SCP_{'.'.join(map(str, place)).upper()}: " if place else ""
