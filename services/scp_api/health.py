"""Is the program alive, and can it do its work? Open to everybody, so they say nothing else."""

from __future__ import annotations

from typing import Literal

import psycopg
from fastapi import FastAPI, Response
from psycopg_pool import PoolTimeout

from scp_api import problems
from scp_api.parts import Parts
from scp_events.vocabulary import Word

PATIENCE = 2.0


class Alive(Word):
    """The program answers."""

    status: Literal["alive"] = "alive"


class Ready(Word):
    """The program can do its work."""

    status: Literal["ready"] = "ready"


def install(app: FastAPI, parts: Parts) -> None:
    """Add both."""

    def livez() -> Alive:
        """The program answers."""
        return Alive()

    def readyz() -> Response:
        """The database can be reached."""
        _must_reach_database(parts)
        return Response(Ready().model_dump_json(), media_type="application/json")

    app.add_api_route("/livez", livez, tags=["health"], responses=problems.declared(500))
    app.add_api_route(
        "/readyz", readyz, tags=["health"], response_model=Ready, responses=problems.declared(500, 503)
    )


def _must_reach_database(parts: Parts) -> None:
    try:
        with parts.reading.connection(timeout=PATIENCE) as connection:
            connection.execute("SELECT 1")
    except (PoolTimeout, psycopg.OperationalError):
        raise problems.busy("the database cannot be reached") from None
