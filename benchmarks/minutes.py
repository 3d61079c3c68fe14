"""The same read model as the plain library's, as a projection of ours: minutes held, by case."""

from __future__ import annotations

from scp_events.aggregates import engagement
from scp_events.aggregates.engagement.events import ContactRecorded
from scp_events.follower import On, PersonalColumn

NAME = "minutes"
VERSION = 1
READS = (engagement,)
AS_RECORDED = False
TABLES = "CREATE TABLE contact_minutes (case_id uuid PRIMARY KEY, minutes bigint NOT NULL)"
PERSONAL: dict[str, PersonalColumn] = {}
ON: On = {
    ContactRecorded: """
        INSERT INTO contact_minutes AS known VALUES (%(case_id)s, %(held_minutes)s)
        ON CONFLICT (case_id) DO UPDATE SET minutes = known.minutes + excluded.minutes""",
}
IGNORES = frozenset(engagement.EVENTS) - set(ON)
