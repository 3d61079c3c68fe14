"""What the environment says: every setting is a variable that begins with `SCP_`."""

from __future__ import annotations

from typing import Annotated

from pydantic import field_validator
from pydantic_settings import NoDecode

from scp_events.follower import Projection
from scp_events.projections import ALL
from scp_events.runtime.settings import ServiceSettings

BY_NAME = {projection.NAME: projection for projection in ALL}


class Settings(ServiceSettings):
    """How the projector runs."""

    projector_follows: Annotated[tuple[str, ...], NoDecode] = tuple(BY_NAME)
    """Which projections, separated by commas; several projectors can share them out. By default all."""

    @field_validator("projector_follows", mode="before")
    @classmethod
    def _separate(cls, said: object) -> object:
        return tuple(name.strip() for name in said.split(",")) if isinstance(said, str) else said

    @field_validator("projector_follows")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names or set(names) - BY_NAME.keys() or len(set(names)) < len(names):
            raise ValueError(f"name each projection once, among {', '.join(BY_NAME)}")
        return names

    @property
    def projections(self) -> list[Projection]:
        """Return the projections to follow."""
        return [BY_NAME[name] for name in self.projector_follows]
