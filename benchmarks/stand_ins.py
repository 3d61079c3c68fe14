"""The real HTTP door with another store behind it: the plain library, or none at all.

    python -m benchmarks.stand_ins library|nothing

Everything up to the log is `scp_api` itself, told by the same settings: the token is verified, the policy
asked, the body read and validated, the answer written, the request logged. The library loads the case, lets
the aggregate decide and saves it. Nothing answers that it was recorded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Self, cast
from uuid import UUID

from anyio.to_thread import run_sync
from psycopg_pool import ConnectionPool
from uuid_utils.compat import uuid7

from benchmarks.contacts import case_named
from benchmarks.plain_library import Cases, environment
from scp_api.app import create_app
from scp_api.parts import Parts
from scp_api.settings import Settings
from scp_events.access import Verifier, development
from scp_events.aggregates.engagement.commands import RecordContact
from scp_events.aggregates.referral.commands import AcceptReferral
from scp_events.event_log import CommandHandler, CommandRequest, LogReader, Outcome
from scp_events.runtime.http_server import HttpServer
from scp_events.runtime.port import Port
from scp_events.runtime.service_log import configure
from scp_events.vocabulary import CaseId, Command, EventId, Position, Stream


class Nothing:
    """A log that keeps nothing."""

    def __init__(self, _conninfo: str) -> None:
        self._position = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to be closed."""

    async def handle(self, request: CommandRequest) -> Outcome:
        """Say that a command was recorded."""
        case_id = request.case_id
        assert case_id is not None
        position = await self.record(case_id, request.command)
        return Outcome(
            stream=request.stream,
            version=1,
            event_ids=(EventId(uuid7()),),
            first_position=Position(position),
            recorded_at=datetime.now(UTC),
        )

    async def case_of(self, reference: str) -> CaseId:
        """Every case is known."""
        return case_named(reference)

    async def case_of_stream(self, stream: Stream) -> CaseId:
        """Every referral is of the case it is named by."""
        return CaseId(stream.id)

    async def record(self, _case: UUID, _command: Command) -> int:
        """Return a place in the log that it is not in."""
        self._position += 1
        return self._position


class Library(Nothing):
    """The plain library's application."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo)
        self._cases = Cases(env=environment(conninfo))

    async def record(self, case: UUID, command: Command) -> int:
        """Load a case, record what the command says and save it, in a thread."""
        if isinstance(command, RecordContact):
            contact = command.model_dump(mode="json", include={"medium", "held_minutes", "made_by", "note"})
            return await run_sync(self._cases.record_contact, case, contact)
        assert isinstance(command, AcceptReferral), command
        return await run_sync(self._cases.accept, case, command.decision.model_dump(mode="json"))


STORES: Mapping[str, Callable[[str], Nothing]] = {"library": Library, "nothing": Nothing}


def main(arguments: list[str]) -> None:
    """Serve as `python -m scp_api` does, with the store named."""
    configure()
    settings = Settings()
    conninfo = settings.url
    assert conninfo is not None
    store = STORES[arguments[0]](conninfo)
    issuer = development.issuer(settings.home, settings.audience, settings.api_host)
    with (
        Port(settings.api_host, settings.api_port, setting="SCP_API_PORT") as port,
        ConnectionPool(conninfo, min_size=0, max_size=1, open=False) as reading,
    ):
        parts = Parts(
            log=cast("LogReader", store),
            handler=cast("CommandHandler", store),
            reading=reading,
            verifier=Verifier([issuer]),
            threads=settings.api_threads,
        )
        server = HttpServer(create_app(parts), port, drain_seconds=settings.api_drain_seconds)
        server.serve_until_stopped()


if __name__ == "__main__":
    main(sys.argv[1:])
