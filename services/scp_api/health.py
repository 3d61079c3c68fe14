"""Is the program alive, and can it do its work? Open to everybody, so they say nothing else."""

from __future__ import annotations

from typing import Literal

import psycopg
from fastapi import FastAPI, Response
from psycopg_pool import PoolTimeout

from scp_api import problems
from scp_api.answers import json_of
from scp_api.parts import Parts
from scp_events import follower
from scp_events.follower import Standing, State
from scp_events.vocabulary import Word

PATIENCE = 2.0


class Alive(Word):
    """The program answers."""

    status: Literal["alive"] = "alive"


class Behind(Word):
    """How far a read model is behind the log, and whether it moves."""

    name: str
    version: int
    state: State
    lag_events: int
    lag_seconds: float


class Ready(Word):
    """The program can do its work."""

    status: Literal["ready"] = "ready"
    read_models: tuple[Behind, ...]


def install(app: FastAPI, parts: Parts) -> None:
    """Add both."""

    def livez() -> Alive:
        """The program answers."""
        return Alive()

    def readyz() -> Response:
        """The database can be reached; so far are the read models."""
        return json_of(Ready(read_models=tuple(map(_behind, _standings(parts)))))

    app.add_api_route("/livez", livez, tags=["health"], responses=problems.declared(500))
    app.add_api_route(
        "/readyz", readyz, tags=["health"], response_model=Ready, responses=problems.declared(500, 503)
    )


def _standings(parts: Parts) -> list[Standing]:
    try:
        with parts.reading.connection(timeout=PATIENCE) as connection:
            return follower.status(connection)
    except (PoolTimeout, psycopg.OperationalError):
        raise problems.busy("the database cannot be reached") from None


def _behind(standing: Standing) -> Behind:
    return Behind(
        name=standing.name,
        version=standing.version,
        state=standing.state,
        lag_events=standing.lag_events,
        lag_seconds=standing.lag_seconds,
    )
