"""What followed a referral: defined once, for the pipeline and for the figures.

A contact or an agreement from before the day of submission belongs to an earlier engagement, and did not
follow from this referral. Days are the organisation's.
"""

from __future__ import annotations

from typing import LiteralString

from scp_events.aggregates.engagement.events import ContactRecorded
from scp_events.aggregates.irp.events import IrpAgreedByParticipant
from scp_events.follower import On

TABLES: LiteralString = """
    CREATE TABLE contacts (
        contact_id     uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        held           boolean NOT NULL,
        happened_on    date NOT NULL
    );
    CREATE INDEX contacts_of_a_case ON contacts (case_id, happened_on);

    CREATE TABLE agreements (
        plan_id        uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        agreed_on      date NOT NULL  -- when the young person first agreed to the plan
    );
    CREATE INDEX agreements_of_a_case ON agreements (case_id, agreed_on);
"""

ON: On = {
    ContactRecorded: """
        INSERT INTO contacts (contact_id, case_id, held, happened_on)
        VALUES (%(event_id)s, %(case_id)s, %(outcome)s = 'held', %(occurred_on)s)""",
    IrpAgreedByParticipant: """
        INSERT INTO agreements (plan_id, case_id, agreed_on)
        VALUES (%(stream_id)s, %(case_id)s, %(occurred_on)s)
        ON CONFLICT (plan_id) DO NOTHING""",
}

FIRST_CONTACT_ON: LiteralString = """(
    SELECT min(c.happened_on) FROM contacts c
    WHERE c.case_id = r.case_id AND c.held AND c.happened_on BETWEEN r.submitted_on AND %(on)s)"""
"""The day of the first held contact on or after the day of submission, as far as the day `on`."""

PLAN_AGREED_ON: LiteralString = """(
    SELECT min(a.agreed_on) FROM agreements a
    WHERE a.case_id = r.case_id AND a.agreed_on BETWEEN r.submitted_on AND %(on)s)"""
"""The day of the first agreement on or after the day of submission, as far as the day `on`."""
