"""Tables so large that rewriting one takes long enough to be killed in the middle, and what that leaves."""

from __future__ import annotations

import psycopg
from psycopg.sql import SQL

from tests.erasure.about_to_be_erased import AboutToBeErased
from tests.erasure.decisions import copy_a_decision

ROWS = 10_000
"""Of people who do not exist, a kilobyte each."""


def enlarge(conninfo: str) -> None:
    """Add rows to every table that an erasure rewrites."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO keyring.keys (key_id, subject, field_group, epoch, wrapped)"
            " SELECT gen_random_uuid(), gen_random_uuid(), 'core', 1, decode(repeat(md5(n::text), 70), 'hex')"
            " FROM generate_series(1, %s) n",
            [ROWS],
        )
        changed = SQL(
            "jsonb_build_object('position', -1000000 - n, 'event_id', gen_random_uuid(),"
            " 'case_id', gen_random_uuid(), 'legal_basis',"
            " one.legal_basis || jsonb_build_object('reference', repeat(md5(n::text), 30)))"
        )
        copy_a_decision(connection, ROWS, changed)
        connection.execute(
            "INSERT INTO rm_caseload_v1.judgements (assessment_id, overriding, case_id, risk_level)"
            " SELECT gen_random_uuid(), false, gen_random_uuid(), repeat(md5(n::text), 36)"
            " FROM generate_series(1, %s) n",
            [ROWS],
        )


def files_of_no_relation(case: AboutToBeErased) -> list[str]:
    """Return what lies in the directory of a case's database that no relation owns, by its own count."""
    with psycopg.connect(case.conninfo, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        (directory,) = connection.execute(
            "SELECT oid::text FROM pg_database WHERE datname = current_database()"
        ).fetchone() or ("",)
        known = {n for (n,) in connection.execute("SELECT pg_relation_filenode(oid)::text FROM pg_class")}
    found = (case.data / "base" / directory).glob("[0-9]*")
    return [
        path.name
        for path in found
        if path.stat().st_size and path.name.split("_")[0].split(".")[0] not in known
    ]
