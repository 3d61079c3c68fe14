"""Keeps projections in step with the log, exactly once.

A projection is a module (see `Projection`). Its rows and the position they were built from commit together,
so an event counts once, however often a follower dies and starts again. `following` runs one follower for
each projection; `status` says how far each has come; `rebuild` makes one anew while it keeps answering.
"""

from scp_events.follower.checkpoints import (
    FencedError,
    OtherTablesError,
    Standing,
    State,
    UnknownProjectionError,
    pause,
    prepare,
    resume,
    retry,
    status,
    wait_for,
)
from scp_events.follower.following import Follower, following
from scp_events.follower.projection import (
    ERASED,
    AnyConnection,
    On,
    PersonalColumn,
    Projection,
    ask,
    schema_of,
)
from scp_events.follower.rebuilding import rebuild

__all__ = [
    "ERASED",
    "AnyConnection",
    "FencedError",
    "Follower",
    "On",
    "OtherTablesError",
    "PersonalColumn",
    "Projection",
    "Standing",
    "State",
    "UnknownProjectionError",
    "ask",
    "following",
    "pause",
    "prepare",
    "rebuild",
    "resume",
    "retry",
    "schema_of",
    "status",
    "wait_for",
]
