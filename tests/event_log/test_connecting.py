"""What stands between a program and its log, and what is refused there."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import structlog

from scp_events.event_log import (
    BlockingCommandHandler,
    CommandHandler,
    LogUnreachableError,
    UnsafeServerError,
)
from scp_events.event_log.clocks import ClockWatch, check_clocks
from scp_events.event_log.connecting import connect
from scp_events.event_log.roles import READER, WRITER
from scp_events.privacy import open_keyring
from tests.event_log.asking import contact, engaged_async
from tests.event_log.test_subscription import out_of_reach
from tests.pooler import pooler

NOW = datetime(2025, 3, 3, 12, tzinfo=UTC)


def connected(conninfo: str, patience: float = 30.0, **how: object) -> None:
    """Open a command handler, and close it again."""

    async def open_and_close() -> None:
        with open_keyring(conninfo) as keyring:
            async with CommandHandler(conninfo, keyring, patience=patience, **how):  # type: ignore[arg-type]  # one of ours
                pass

    asyncio.run(open_and_close())


# --- poolers ----------------------------------------------------------------------------------------------


def test_a_pooler_in_transaction_mode_is_refused_by_name(log_database: str) -> None:
    with (
        pooler(log_database, shared=True) as by_way_of_it,
        pytest.raises(
            UnsafeServerError,
            match=r"a pooler stands before the server and lends .* `pool_mode = transaction`",
        ),
    ):
        connect(by_way_of_it, WRITER, 30.0)


def test_a_pooler_that_lends_for_a_session_does_no_harm(log_database: str) -> None:
    with (
        pooler(log_database, shared=False) as by_way_of_it,
        connect(by_way_of_it, READER, 30.0) as connection,
    ):
        assert connection.execute("SELECT current_user").fetchone() == (READER,)


# --- clocks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [timedelta(minutes=6), timedelta(minutes=-6), timedelta(days=400)])
def test_a_server_whose_clock_is_not_ours_is_refused_at_start_and_both_are_named(
    log_database: str, off: timedelta
) -> None:
    ours = datetime.now(UTC) + off
    with pytest.raises(UnsafeServerError, match=f"server's clock says .* and this program's {ours.date()}"):
        connected(log_database, clock=lambda: ours)


def test_a_clock_that_is_a_little_off_is_not_refused(log_database: str) -> None:
    connected(log_database, clock=lambda: datetime.now(UTC) + timedelta(minutes=4))


def test_a_head_ahead_of_the_clock_is_refused_at_start(log_database: str) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=10)
    with psycopg.connect(log_database, autocommit=True) as superuser:
        superuser.execute("UPDATE event_log.head SET recorded_at = %s", [ahead])
        with pytest.raises(UnsafeServerError, match=r"the last event was recorded at .* wait until then"):
            check_clocks(superuser, lambda: datetime.now(UTC))
    with pytest.raises(UnsafeServerError):
        connected(log_database)


def test_a_clock_that_begins_to_differ_is_told_of_once_in_a_while() -> None:
    watch = ClockWatch(lambda: NOW)
    with structlog.testing.capture_logs() as told:
        watch.look(NOW + timedelta(minutes=4))
        watch.look(NOW + timedelta(minutes=6))
        watch.look(NOW - timedelta(minutes=7))
    assert told == [{"event": "clock", "seconds": 360, "log_level": "warning"}]


def test_a_head_that_is_ahead_is_told_of_while_recording_goes_on(log_database: str) -> None:
    async def asking() -> None:
        with open_keyring(log_database) as keyring:
            async with CommandHandler(log_database, keyring) as handler:
                case = await engaged_async(handler)
                with psycopg.connect(log_database, autocommit=True) as superuser:
                    superuser.execute("UPDATE event_log.head SET recorded_at = now() + interval '1 hour'")
                with structlog.testing.capture_logs() as told:
                    assert (await handler.handle(case.request(contact()))).events == 1
                assert [each["event"] for each in told] == ["clock"]

    asyncio.run(asking())


# --- a database that is away ------------------------------------------------------------------------------


def test_a_database_that_is_away_is_told_as_such_at_start(log_database: str, postgres_server: str) -> None:
    with open_keyring(log_database) as keyring, out_of_reach(log_database, postgres_server):

        async def opening() -> None:
            async with CommandHandler(log_database, keyring, patience=2.0):
                pass

        with pytest.raises(LogUnreachableError, match="cannot be reached"):
            asyncio.run(opening())


def test_who_waits_without_a_loop_leaves_nothing_open_of_a_database_that_is_away(
    log_database: str, postgres_server: str
) -> None:
    """A socket that is not closed is a warning, and warnings are failures here."""
    with open_keyring(log_database) as keyring, out_of_reach(log_database, postgres_server):
        handler = BlockingCommandHandler(CommandHandler(log_database, keyring, patience=0.2))
        with pytest.raises(LogUnreachableError), handler:
            pass
        del handler
        gc.collect()
