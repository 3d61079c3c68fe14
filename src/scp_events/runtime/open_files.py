"""How many connections a process can hold: each is an open file, and the system bounds those."""

from __future__ import annotations

import sys

FOR_OURSELVES = 256
"""Files that are no client's: the database's connections, the log, what is imported."""
FEWEST = 16

if sys.platform == "win32":

    def room_for(connections: int) -> int:
        """Return how many of so many connections there is room for."""
        return connections

else:
    import resource

    def room_for(connections: int) -> int:
        """Ask for room for so many connections, and return for how many there is room."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = connections + FOR_OURSELVES
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return connections
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return max(most - FOR_OURSELVES, FEWEST)
