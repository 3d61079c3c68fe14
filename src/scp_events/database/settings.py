"""Which database a program works with, as the environment says it."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from scp_events.database.address import default_home


class DatabaseSettings(BaseSettings):
    """A server elsewhere, or an embedded one. Every setting is a variable that begins with `SCP_`."""

    model_config = SettingsConfigDict(
        env_prefix="SCP_",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,  # docs/SETTINGS.md is drawn from them
    )

    database_url: SecretStr | None = None
    """The PostgreSQL server; without it an embedded one below `home`."""
    home: Path = Field(default_factory=default_home)
    """The directory of whatever has no place of its own."""
    time_zone: str | None = None
    """The organisation's, such as `America/Antigua`. The first one settles it, UTC where none is named."""

    @property
    def url(self) -> str | None:
        """Return the server's address, which may hold a password; None for the embedded one."""
        return self.database_url.get_secret_value() or None if self.database_url else None
