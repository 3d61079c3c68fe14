"""A command line on one machine, whose log lies in some database, and somebody who owns that database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg import Connection

from tests.services.cli_run import Ran, scp


class Desk:
    """A command line on one machine, whose log lies in some database."""

    def __init__(self, database: str, home: Path) -> None:
        self.database = database
        self.home = home
        self.environment = {"SCP_HOME": str(home), "SCP_LEDGER_KEY": str(home / "ledger.key")}

    def scp(self, *arguments: str, **environment: str) -> Ran:
        return scp(*arguments, database=self.database, **(self.environment | environment))


def superuser(connection: Connection[Any], statement: str) -> None:
    """Do something that no program of ours may."""
    for table in ("event_log.events", "event_log.commands", "ledger.checkpoints", "ledger.log_keys"):
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL".encode())
    connection.execute(statement.encode())
