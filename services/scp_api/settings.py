"""What the environment says: every setting is a variable that begins with `SCP_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from scp_events.ledger.log.settings import LedgerSettings
from scp_events.runtime.settings import ServiceSettings


class Settings(LedgerSettings, ServiceSettings):
    """How the HTTP service runs. `SCP_DEVELOPMENT=1` believes development tokens, on loopback alone."""

    api_host: str = "127.0.0.1"
    """Where to listen."""
    api_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """On which port."""
    api_threads: Annotated[int, Field(ge=1, le=256)] = 16
    """How many threads answer questions, and as many more do what commands need of other streams.

    Each has a connection. Commands that need nothing of the kind take no thread."""
    api_drain_seconds: Annotated[int, Field(ge=1)] = 20
    """How long requests may take to finish once we are told to stop."""
    api_import_megabytes: Annotated[int, Field(ge=1, le=1024)] = 100
    """How large the files of one import may be together that are sent to us."""
    api_import_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How many days an import can be asked about, and its report and rejected rows are kept below `home`."""
    api_follow: bool = False
    """Keep the read models in step from this process: for one machine, where no projector runs."""
    api_person_per_second: Annotated[int, Field(ge=0)] = 100
    """How many requests a second one person or system may send; 0: any number.

    After a pause, ten times as many at once."""
    api_organisation_per_second: Annotated[int, Field(ge=0)] = 500
    """The same for everybody of one organisation together."""
    api_behind_tls: bool = False
    """A proxy in front speaks TLS: let browsers come back over TLS alone (Strict-Transport-Security)."""
    api_address: Annotated[str, Field(pattern=r"^https?://[^/?#]+$")] | None = None
    """What addresses begin with as clients know them, such as `https://records.example`; for DPoP."""
    api_client_certificates: bool = False
    """Believe `Client-Cert`: only where a proxy in front checks certificates and lets nobody else say so."""
    audience: str = "scp-api"
    """Whom tokens must be meant for."""
    issuer: str | None = None
    """Whose tokens are believed."""
    issuer_keys: str | None = None
    """Where the issuer publishes its keys (JWKS): a path, or an https:// address."""
    issuers: Path | None = None
    """A file that names issuers, for several, or other claims: docs/how-to/sign-in-with-keycloak.md."""
    development: bool = False
    """Believe the tokens of `scp-events token`, made with a key in `home`; on loopback alone."""

    @model_validator(mode="after")
    def _somebody_is_believed(self) -> Self:
        if (self.issuer is None) != (self.issuer_keys is None):
            raise ValueError("set both SCP_ISSUER and SCP_ISSUER_KEYS, or neither")
        if self.issuer is None and self.issuers is None and not self.development:
            raise ValueError(
                "nobody could sign in: set SCP_ISSUER and SCP_ISSUER_KEYS, or SCP_ISSUERS,"
                " or SCP_DEVELOPMENT=1 on loopback"
            )
        return self
