"""What imports came to, told so that two of them can be compared."""

from __future__ import annotations

import json
import re

from scp_events.event_log import LogReader
from scp_events.vocabulary import CaseId

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def stories(log: LogReader) -> dict[str, list[str]]:
    """Return every case's events in the order of the log, without what differs from run to run.

    Ids count by order of appearance in their case; which case comes first in the log says nothing.
    """
    return {reference: _story(log, case_id) for reference, case_id in log.cases()}


def _story(log: LogReader, case_id: CaseId) -> list[str]:
    seen: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return seen.setdefault(found[0], f"id-{len(seen)}")

    told = []
    for recorded in log.case_history(case_id):
        said = recorded.envelope.model_dump(mode="json") | {"version": recorded.version}
        told.append(ID.sub(numbered, json.dumps(said)))
    return told
