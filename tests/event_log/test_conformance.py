"""What the eventsourcing library asks of any recorder, asked of ours by the library's own tests.

Its tests of tracking and process recorders and of infrastructure factories do not apply: a follower keeps its
own place (see `follower`), and nobody makes our recorder through a factory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.tests import persistence as asked  # as a module: pytest would take its classes for ours

from scp_events.event_log.recorder import LogRecorder


class OnALogOfItsOwn:
    """Makes recorders on the database of the test, and closes them."""

    @pytest.fixture(autouse=True)
    def _database(self, log_database: str) -> None:
        self.conninfo = log_database

    def create_recorder(self) -> LogRecorder:
        recorder = self.kind(self.conninfo)
        self.addCleanup(recorder.close)  # type: ignore[attr-defined]  # of unittest.TestCase
        return recorder

    kind: type[LogRecorder] = LogRecorder


class TestAnApplicationRecorder(OnALogOfItsOwn, asked.ApplicationRecorderTestCase[LogRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestPositionsOfTwoWritersDoNotInterleave(OnALogOfItsOwn, asked.NonInterleavingNotificationIDsBaseCase):
    pass


class WithoutPositions(LogRecorder):
    """Ours, with the answers of a recorder that knows no positions, and nothing of an event but itself."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:  # type: ignore[override]
        super().insert_events(stored_events, **kwargs)

    def select_events(  # type: ignore[override]
        self, originator_id: UUID | str, **how: Any
    ) -> list[StoredEvent]:
        found = super().select_events(originator_id, **how)
        return [StoredEvent(e.originator_id, e.originator_version, e.topic, e.state) for e in found]


class TestAnAggregateRecorder(OnALogOfItsOwn, asked.AggregateRecorderTestCase):
    kind = WithoutPositions
