"""The policies that were adopted, as a process that decides has them at hand.

None is in force on the day of its adoption, and an adopted version never changes. So what is read on a day is
right for all of it: the log is asked once a day, and where somebody names a version that is not known here.
"""

from __future__ import annotations

from datetime import date

from scp_events.aggregates.jurisdiction.events import STREAM, policies_in
from scp_events.event_log.envelope import Codec
from scp_events.event_log.store import Store, Wanted
from scp_events.policy import Policies, version_named_by
from scp_events.vocabulary import LEEWAY, Calendar, Command, When


class AdoptedPolicies:
    """Remembers them for the tasks of one event loop."""

    def __init__(self, store: Store, codec: Codec, calendar: Calendar) -> None:
        self._store = store
        self._codec = codec
        self._calendar = calendar
        self._good_on = date.min
        self.known = Policies()
        """As they were read last."""

    def suffices(self, now: When, command: Command) -> bool:
        """Whether a command may be decided now by what is known, without reading it anew."""
        version = version_named_by(command)
        return now.day <= self._good_on and (version is None or self.known.of(version) is not None)

    async def read(self, now: When) -> None:
        """Read them anew. Whatever another's clock still puts on the day before may not be there yet."""
        found = await self._store.find(Wanted(stream=STREAM, case_id=None))
        self.known = policies_in(
            self._codec.fact(row, self._calendar, unopened=True).event for row in found.stream
        )
        self._good_on = self._calendar.day_of(now.at - LEEWAY)
