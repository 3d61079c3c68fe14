"""What the environment says: every setting is a variable that begins with `SCP_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from scp_events.database.address import default_home


class Settings(BaseSettings):
    """How the witness runs. It listens on this machine alone; put TLS in front to be asked from elsewhere."""

    model_config = SettingsConfigDict(
        env_prefix="SCP_", extra="ignore", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    home: Path = Field(default_factory=default_home)
    """The directory of whatever has no place of its own."""
    witness_home: Path | None = None
    """Holds its key, what it has promised, and the list of logs; by default `witness` in `home`."""
    witness_host: str = "127.0.0.1"
    """Where to listen."""
    witness_port: Annotated[int, Field(ge=0, le=65535)] = 8090
    """On which port."""

    @property
    def directory(self) -> Path:
        """Return where the witness keeps what is its own."""
        return self.witness_home or self.home / "witness"
