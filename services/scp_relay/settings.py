"""What the environment says: every setting is a variable that begins with `SCP_`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode

from scp_events.publishing.audiences import BY_NAME, INTERNAL
from scp_events.publishing.partitions import SLICES
from scp_events.runtime.settings import ServiceSettings

LARGEST_BATCH = 2000


class Settings(ServiceSettings):
    """How the relay runs. `SCP_KAFKA_BOOTSTRAP` is the one setting without a default."""

    installation: Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*:[!-~]+$")] = "urn:scp:installation:demo"
    """The source every message names: a URI that no other installation has."""

    kafka_bootstrap: str
    """One or more `host:port`, separated by commas."""
    kafka_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")] = "scp"
    """What the names of our topics and of our transactions begin with: one for each installation."""
    kafka_partitions: Annotated[int, Field(ge=1, le=SLICES)] = 12
    """How many partitions a new topic of events gets. It can never be changed."""
    kafka_replication: Annotated[int, Field(ge=-1)] = -1
    """How many brokers keep a new topic; -1: as the broker's default says."""

    relay_audiences: Annotated[tuple[str, ...], NoDecode] = (INTERNAL.name,)
    """Who is told, separated by commas. One added later is told everything from the beginning."""
    relay_key_file: Path | None = None
    """Holds the secret of the pseudonyms; made when it is not there. By default `stream-pseudonyms.key`
    in `home`."""
    relay_batch: Annotated[int, Field(ge=1, le=LARGEST_BATCH)] = LARGEST_BATCH
    """How many events one transaction holds at most."""
    relay_commit_seconds: Annotated[float, Field(gt=0)] = 30
    """How long the broker may take to take in a transaction before the relay tries again, and then to commit
    it before the relay ends itself, to be started anew."""

    @field_validator("relay_audiences", mode="before")
    @classmethod
    def _separate(cls, said: object) -> object:
        return tuple(name.strip() for name in said.split(",")) if isinstance(said, str) else said

    @field_validator("relay_audiences")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or set(names) - BY_NAME.keys() or len(set(names)) < len(names):
            raise ValueError(f"name each audience once, among {', '.join(BY_NAME)}")
        return names

    @property
    def key_file(self) -> Path:
        """Return where the secret of the pseudonyms is."""
        return self.relay_key_file or self.home / "stream-pseudonyms.key"

    def topic_of(self, audience: str) -> str:
        """Return the topic an audience reads."""
        return f"{self.kafka_prefix}.events.{audience}"

    @property
    def progress_topic(self) -> str:
        """Return the topic that says how far the relay has come."""
        return f"{self.kafka_prefix}.relay.progress"

    @property
    def checkpoints_topic(self) -> str:
        """Return the topic of the log's checkpoints."""
        return f"{self.kafka_prefix}.ledger.checkpoints"

    @property
    def transactional_id(self) -> str:
        """Return the name by which the broker knows that a relay replaces the one before."""
        return f"{self.kafka_prefix}.relay"
