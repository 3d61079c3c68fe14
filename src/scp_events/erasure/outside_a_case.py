"""Whose record is kept where they are no participant: of what belongs to no case and tells of a person.

Their words are encrypted with keys of their own stream. So their record, and what is decided about erasing
it, stands under the id of that stream, as a participant's stands under the id of their case. All that follows
is the same.
"""

from __future__ import annotations

from scp_events.aggregates import ALL
from scp_events.event_log import LogReader
from scp_events.privacy.marks import hold_words
from scp_events.vocabulary import CaseId, Scope, named

KINDS = {
    each.COLLECTION: each.CATEGORY
    for each in ALL
    if each.SCOPE is Scope.NO_CASE and hold_words(tuple(each.EVENTS))
}
"""What belongs to no case and tells of a person, by what doors call it."""


def outside_a_case(log: LogReader, address: str) -> CaseId | None:
    """Return what the record of `mentors/NAME` stands under; None where nobody is called so."""
    collection, _, name = address.partition("/")
    if collection not in KINDS or not name:
        return None
    stream = named(KINDS[collection], name)
    return CaseId(stream.id) if log.stream_history(stream) else None
