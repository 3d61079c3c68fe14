"""Runs the relay until SIGTERM or Ctrl-C. Exit codes: 0 told to stop, 1 failed, 3 another one took over."""

from __future__ import annotations

from scp_events.runtime import ending

if __name__ == "__main__":
    ending.listen()  # before the rest is imported, which takes a second

import sys

from pydantic import ValidationError

from scp_events import event_log
from scp_events.aggregates import ALL
from scp_events.database import DatabaseError, open_database
from scp_events.event_log import EventLog, UnreadableEventError, UnsafeServerError
from scp_events.privacy import open_keyring
from scp_events.streams.audiences import BY_NAME
from scp_events.streams.cloud_events import Edition
from scp_relay.broker import Broker
from scp_relay.journal import configure, journal, raised_at
from scp_relay.refusals import CannotStartError, FencedError
from scp_relay.relay import Relay
from scp_relay.secret import load_or_make
from scp_relay.settings import Settings

STOPPED, FAILED, REPLACED = 0, 1, 3


def main() -> int:
    """Run one relay and return the exit code."""
    configure()
    try:
        run(_settings())
    except FencedError:
        journal.warning("ended", reason="another relay has taken over; what was not committed never happened")
        return REPLACED
    except (CannotStartError, DatabaseError, UnreadableEventError, UnsafeServerError) as error:
        journal.error("failed", reason=str(error))
        return FAILED
    except Exception as error:  # noqa: BLE001 - a traceback with its message must not reach the terminal
        journal.error("failed", error=type(error).__name__, raised_at=raised_at(error))
        return FAILED
    journal.info("ended", reason="told to stop")
    return STOPPED


def _settings() -> Settings:
    """Return what the environment says. Raises `CannotStartError`, which never shows a value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"SCP_{'.'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors())
        raise CannotStartError("; ".join(wrong)) from None


def run(settings: Settings) -> None:
    """Connect the parts and publish until told to stop."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    secret = load_or_make(settings.key_file)
    editions = [Edition(BY_NAME[name], secret, settings.installation) for name in settings.relay_audiences]
    with open_database(url, None if url else settings.home) as conninfo:
        event_log.prepare(conninfo)
        with (
            open_keyring(conninfo, named=settings.keyring, url=url, home=settings.home) as keyring,
            EventLog(conninfo, ALL, keyring=keyring, pool_size=2) as log,
        ):
            Relay(log, Broker(settings.kafka_bootstrap), editions, settings).run()


if __name__ == "__main__":
    sys.exit(main())
