"""What this room says when it cannot do as asked: the value that surprised it, and what to do."""

import psycopg


class DatabaseError(Exception):
    """There is no database to work with. The text says why and what to do; it never holds a password."""


class MigrationError(DatabaseError):
    """The tables cannot be brought up to date without somebody deciding something first."""


def is_out_of_reach(error: BaseException) -> bool:
    """Whether a server cannot be reached, or can be no longer: what may be repeated is asked again."""
    return isinstance(error, psycopg.OperationalError) or broke_off(error)


def broke_off(error: BaseException) -> bool:
    """Whether a connection ended without a word from the server.

    Of what the server did not say the driver knows no kind: it raises `psycopg.DatabaseError` itself, which
    whoever waits for a server that comes back (`psycopg.OperationalError`) would not think of.
    """
    return type(error) is psycopg.DatabaseError and error.sqlstate is None
