"""What may hold something of a person and cannot be looked at from here: said on the certificate."""

from __future__ import annotations

from enum import StrEnum


class OutOfReach(StrEnum):
    """A place that nobody vouches for. Docs tell what its administrator does about each."""

    WRITE_AHEAD_LOG = "write-ahead-log"
    """Segments that the server keeps, or keeps to write over them."""
    ARCHIVED_WRITE_AHEAD_LOG = "archived-write-ahead-log"
    """Segments that the server has copied to its archive."""
    STRAY_FILES = "files-of-no-relation"
    """What a server that was killed left in its data directory."""
    STANDBYS = "standbys"
    """The files of servers that follow this one."""
