"""One decision of a read model, many times over: more to rewrite, and more to look for."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

ANY = SQL("true")


def copy_a_decision(
    connection: Connection[Any], times: int, changed: Composable, of: Composable = ANY
) -> None:
    """Copy the first decision `of` which something holds; `changed` is a JSON object over it and `n`."""
    columns = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'rm_decisions_v1.decisions'::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    ).fetchall()
    connection.execute(
        SQL(
            """
            INSERT INTO rm_decisions_v1.decisions ({columns})
            SELECT {columns} FROM (
                SELECT (jsonb_populate_record(
                    NULL::rm_decisions_v1.decisions, to_jsonb(one) || {changed}
                )).*
                FROM (SELECT * FROM rm_decisions_v1.decisions WHERE {of} LIMIT 1) AS one,
                     generate_series(1, {times}) AS n
            ) AS copies"""
        ).format(
            columns=SQL(", ").join(Identifier(name) for (name,) in columns),
            changed=changed,
            of=of,
            times=times,
        )
    )
