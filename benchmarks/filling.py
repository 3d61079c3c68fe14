"""Logs of any size, filled by COPY in the way they would have grown.

Many cases are under way at the same time, so a case's events lie scattered among those of others. All are
contacts without notes, like one that was recorded the usual way.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from uuid import UUID

from uuid_utils.compat import uuid7

from benchmarks.contacts import new_case
from benchmarks.ours import Ours
from benchmarks.program import SEED, Run
from scp_events import event_log
from scp_events.event_log.appends import Append
from scp_events.event_log.copying import copy_in

UNDER_WAY, LENGTH = 200, 50
"""Cases that grow at the same time, until each has so many events; then the next begin."""
AT_ONCE = 100_000
"""Events brought in by one COPY."""


def filled(said: Run, size: int) -> tuple[str, list[UUID]]:
    """Return how to connect to a log of so many events, and the cases in it."""
    conninfo = said.database()
    event_log.prepare(conninfo)
    return conninfo, fill(conninfo, a_contact(said), size)


def a_contact(said: Run) -> Append:
    """Return an append as it is recorded the usual way."""
    return said.closing(Ours(said.database(), said.keyring())).stored_case(3, note=None)[-1]


def fill(conninfo: str, like: Append, size: int) -> list[UUID]:
    """Add so many events to a log, all like this one, and return their cases."""
    cases: list[UUID] = [new_case() for _ in range(size // LENGTH)]
    appends = grown(like, cases, random.Random(SEED))
    while batch := list(islice(appends, AT_ONCE)):
        copy_in(conninfo, batch)
    return cases


def grown(like: Append, cases: Sequence[UUID], drawn: random.Random) -> Iterator[Append]:
    """Yield the appends of all cases, contacts like this one, in the order they would have come."""
    for first in range(0, len(cases), UNDER_WAY):
        under_way = cases[first : first + UNDER_WAY]
        versions = dict.fromkeys(under_way, 0)
        turns = list(under_way) * LENGTH
        drawn.shuffle(turns)
        for case in turns:
            versions[case] += 1
            yield _again(like, case, versions[case])


def _again(append: Append, case: UUID, version: int) -> Append:
    """Return the same append for another case, as another command and another event."""
    [event] = append.events
    command, event_id = uuid7(), uuid7()
    body = event.state
    for old, new in ((append.case_id, case), (append.command_id, command), (event.event_id, event_id)):
        body = body.replace(str(old).encode(), str(new).encode())
    again = replace(event, originator_id=case, originator_version=version, event_id=event_id, state=body)
    return replace(append, command_id=command, case_id=case, events=[again])
