"""Keeps projections in step with the log, exactly once.

A projection is a module (see `Projection`). Its rows and the position they were built from commit together,
so an event counts once, however often a follower dies and starts again. They are those of the history in
order of time, whatever the order in which it was typed in. `following` runs one follower for each projection;
`status` says how far each has come; `rebuild` makes one anew while it keeps answering; `at` builds one as it
was on another day.
"""

from scp_events.follower.as_of import Point, at
from scp_events.follower.checkpoints import (
    FencedError,
    OtherTablesError,
    Standing,
    State,
    TablesWithoutCaseError,
    UnknownProjectionError,
    pause,
    prepare,
    resume,
    retry,
    status,
    wait_for,
)
from scp_events.follower.comparing import Difference, differences
from scp_events.follower.following import Follower, following
from scp_events.follower.projection import AnyConnection, On, PersonalColumn, Projection, ask, schema_of
from scp_events.follower.rebuilding import rebuild
from scp_events.follower.values import ERASED, ProjectedEvent

__all__ = [
    "ERASED",
    "AnyConnection",
    "Difference",
    "FencedError",
    "Follower",
    "On",
    "OtherTablesError",
    "PersonalColumn",
    "Point",
    "ProjectedEvent",
    "Projection",
    "Standing",
    "State",
    "TablesWithoutCaseError",
    "UnknownProjectionError",
    "ask",
    "at",
    "differences",
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
