"""What the environment says: every setting is a variable that begins with `SCP_`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from scp_events.database.settings import DatabaseSettings


class Settings(DatabaseSettings):
    """Where monitors are answered.

    On this machine alone, unless somebody decides otherwise: types and times of recording are no public
    matter by themselves. Put a proxy in front that knows who may ask.
    """

    tiles_host: str = "127.0.0.1"
    """Where to listen."""
    tiles_port: Annotated[int, Field(ge=0, le=65535)] = 8070
    """On which port."""
