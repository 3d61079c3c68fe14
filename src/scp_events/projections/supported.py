"""Support, for figures: who was helped with work, and how people stood first and last.

Employment, debts and housing tell of a person: each is kept as text, and says `erased` once its key is gone.
"""

from __future__ import annotations

from typing import LiteralString

from scp_events.aggregates.support.events import (
    DebtPositionRecorded,
    EmploymentStatusRecorded,
    HousingStatusRecorded,
    SupportOpened,
    SupportRequested,
)
from scp_events.follower import On, PersonalColumn

PERSONAL = {
    "areas": PersonalColumn("episodes", "areas", "narrative"),
    "owed": PersonalColumn("debts", "owed", "narrative"),
    "employment": PersonalColumn("employments", "employment", "narrative"),
    "housing": PersonalColumn("housings", "housing", "narrative"),
}

TABLES: LiteralString = """
    CREATE TABLE episodes (
        episode_id     uuid PRIMARY KEY,
        case_id        uuid NOT NULL,
        areas          text,          -- personal: an array, as text
        opened_on      date           -- when it was first opened
    );
    CREATE INDEX episodes_of_a_case ON episodes (case_id);

    CREATE TABLE debts (
        case_id        uuid,
        nth            bigint,
        known_on       date NOT NULL,
        currency       text NOT NULL,
        owed           text NOT NULL, -- personal
        PRIMARY KEY (case_id, nth)
    );
    CREATE TABLE employments (
        case_id        uuid,
        nth            bigint,
        known_on       date NOT NULL,
        employment     text NOT NULL, -- personal
        PRIMARY KEY (case_id, nth)
    );
    CREATE TABLE housings (
        case_id        uuid,
        nth            bigint,
        known_on       date NOT NULL,
        housing        text NOT NULL, -- personal
        PRIMARY KEY (case_id, nth)
    );
"""

ON: On = {
    SupportRequested: """
        INSERT INTO episodes (episode_id, case_id, areas)
        VALUES (%(stream_id)s, %(case_id)s, %(areas)s::text)
        ON CONFLICT (episode_id) DO UPDATE SET areas = excluded.areas""",
    SupportOpened: """
        INSERT INTO episodes (episode_id, case_id, opened_on)
        VALUES (%(stream_id)s, %(case_id)s, %(occurred_on)s)
        ON CONFLICT (episode_id) DO UPDATE
        SET opened_on = coalesce(episodes.opened_on, excluded.opened_on)""",
    DebtPositionRecorded: """
        INSERT INTO debts (case_id, nth, known_on, currency, owed)
        SELECT %(case_id)s, count(*), %(occurred_on)s, %(currency)s, %(owed)s::text
        FROM debts WHERE case_id = %(case_id)s""",
    EmploymentStatusRecorded: """
        INSERT INTO employments (case_id, nth, known_on, employment)
        SELECT %(case_id)s, count(*), %(occurred_on)s, %(employment)s
        FROM employments WHERE case_id = %(case_id)s""",
    HousingStatusRecorded: """
        INSERT INTO housings (case_id, nth, known_on, housing)
        SELECT %(case_id)s, count(*), %(occurred_on)s, %(housing)s
        FROM housings WHERE case_id = %(case_id)s""",
}

HELPED_WITH_WORK: LiteralString = """
    SELECT DISTINCT ON (case_id, by_year) case_id AS id, 'year ' || extract(year FROM opened_on) AS by_year,
           1 AS value, CASE WHEN areas = 'erased' THEN 'erased' END AS excluded
    FROM episodes
    WHERE opened_on BETWEEN %(since)s AND %(until)s AND opened_on <= %(on)s
      AND (areas = 'erased' OR 'work' = ANY (CASE WHEN areas <> 'erased' THEN areas::text[] END))
    ORDER BY case_id, by_year, areas = 'erased'"""
"""Each young person once in each year in which support with work was opened for them."""

_FIRST_AND_LAST: LiteralString = """
    FROM first JOIN last USING (case_id) WHERE first.known_on BETWEEN %(since)s AND %(until)s"""


def _first_and_last(table: LiteralString, members: LiteralString) -> LiteralString:
    """Return the first and the last position of everybody by a day, and what is to be said of both."""
    return (
        "WITH known AS (SELECT * FROM " + table + " WHERE known_on <= %(on)s),"  # noqa: S608 - literals
        " first AS (SELECT DISTINCT ON (case_id) * FROM known ORDER BY case_id, nth),"
        " last AS (SELECT DISTINCT ON (case_id) * FROM known ORDER BY case_id, nth DESC)"
        " SELECT case_id AS id," + members + _FIRST_AND_LAST
    )


WORK_FOUND: LiteralString = _first_and_last(
    "employments",
    """
    (last.employment <> 'neither')::integer AS value,
    CASE WHEN 'erased' IN (first.employment, last.employment) THEN 'erased'
         WHEN first.employment <> 'neither' THEN 'nothing-to-gain'
         WHEN first.nth = last.nth THEN 'seen-once' END AS excluded""",
)
"""Who was neither in work nor in education at first: 1 for who is by now."""

HOME_FOUND: LiteralString = _first_and_last(
    "housings",
    """
    (last.housing NOT IN ('no-home', 'shelter', 'institution'))::integer AS value,
    CASE WHEN 'erased' IN (first.housing, last.housing) THEN 'erased'
         WHEN first.housing NOT IN ('no-home', 'shelter', 'institution') THEN 'nothing-to-gain'
         WHEN first.nth = last.nth THEN 'seen-once' END AS excluded""",
)
"""Who had no home, or lived in a shelter or an institution, at first: 1 for who has one by now."""

DEBT_REDUCED: LiteralString = _first_and_last(
    "debts",
    """
    (CASE WHEN 'erased' NOT IN (first.owed, last.owed)
          THEN last.owed::numeric < first.owed::numeric END)::integer AS value,
    CASE WHEN 'erased' IN (first.owed, last.owed) THEN 'erased'
         WHEN first.owed::numeric = 0 THEN 'nothing-to-gain'
         WHEN first.currency <> last.currency THEN 'another-currency'
         WHEN first.nth = last.nth THEN 'seen-once' END AS excluded""",
)
"""Who owed something at first: 1 for who owes less by now."""
