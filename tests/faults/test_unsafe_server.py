from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from scp_events import event_log
from scp_events.event_log import UnsafeServerError
from scp_events.event_log.guards import PROMISES
from scp_events.event_log.recorder import LogRecorder
from tests.event_log.appending import one
from tests.event_log.from_outside import FromOutside
from tests.own_server import OwnServer
from tests.waiting import until

pytestmark = pytest.mark.faults


@contextmanager
def off(own: OwnServer, setting: str) -> Iterator[None]:
    """Turn a setting of the whole server off until the block ends."""
    turn(own, SQL("ALTER SYSTEM SET {} = off").format(Identifier(setting)), setting, "off")
    yield
    turn(own, SQL("ALTER SYSTEM RESET {}").format(Identifier(setting)), setting, "on")


def turn(own: OwnServer, statement: SQL, setting: str, to: str) -> None:
    with psycopg.connect(own.conninfo, autocommit=True) as superuser:
        superuser.execute(statement)
        superuser.execute("SELECT pg_reload_conf()")
    until(lambda: shown(own, setting) == to, f"{setting} is {to}")


def shown(own: OwnServer, setting: str) -> str:
    with psycopg.connect(own.conninfo) as connection:
        row = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("setting", PROMISES)
def test_a_server_with_a_promise_turned_off_is_named_and_nothing_is_appended(
    own: OwnServer, setting: str
) -> None:
    event_log.prepare(own.conninfo)
    before = LogRecorder(own.conninfo)
    last = before.max_notification_id()
    with off(own, setting):
        with pytest.raises(UnsafeServerError, match=rf"^{setting} is off: .*postgresql\.conf"):
            event_log.prepare(own.conninfo)
        recorder = LogRecorder(own.conninfo)
        with pytest.raises(UnsafeServerError, match=f"^{setting} is off"):
            recorder.append(one())
        recorder.close()
        sender = FromOutside(own.conninfo)
        with pytest.raises(UnsafeServerError, match=f"^{setting} is off"):
            sender.append(one())
        sender.close()
        assert before.max_notification_id() == last
    assert before.append(one()).outcome == "recorded"
    before.close()
