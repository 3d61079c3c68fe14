"""What this room says when it cannot do as asked: the value that surprised it, and what to do."""


class DatabaseError(Exception):
    """There is no database to work with. The text says why and what to do; it never holds a password."""


class MigrationError(DatabaseError):
    """The tables cannot be brought up to date without somebody deciding something first."""
