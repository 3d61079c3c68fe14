"""Where PostgreSQL comes from and how its tables get there.

A program asks `open_database` for a connection string and gets the server named in `SCP_DATABASE_URL`, or
else a private one that starts with the first program and stops with the last. `migrate` then brings a schema
up to date. Whatever cannot be had or done is a `DatabaseError`, which says what to do and never shows a
password.
"""

from scp_events.database.address import open_database
from scp_events.database.errors import DatabaseError, MigrationError, broke_off, is_out_of_reach
from scp_events.database.migrations import migrate

__all__ = ["DatabaseError", "MigrationError", "broke_off", "is_out_of_reach", "migrate", "open_database"]
