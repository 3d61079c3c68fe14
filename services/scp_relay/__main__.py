"""`python -m scp_relay`: publishes until told to stop. Exit code 3: another relay has taken over."""

from __future__ import annotations

from scp_events.runtime import beginning

if __name__ == "__main__":
    beginning.begin()  # before the rest is imported, which takes a second

import logging
import sys

from scp_events.event_log import UnreadableEventError
from scp_events.publishing.audiences import BY_NAME
from scp_events.publishing.cloud_events import Edition
from scp_events.runtime import program
from scp_events.runtime.opening import CANNOT_OPEN, opened_log
from scp_relay.broker import Broker
from scp_relay.relay import Relay
from scp_relay.secret import load_or_make
from scp_relay.settings import Settings


def main() -> int:
    """Run one relay and return the exit code."""
    return program.run(
        serve, sys.argv[1:], cannot_work=(*CANNOT_OPEN, UnreadableEventError), libraries=logging.ERROR
    )


def serve() -> None:
    """Connect the parts and publish until told to stop."""
    settings = Settings()
    secret = load_or_make(settings.key_file)
    editions = [Edition(BY_NAME[name], secret, settings.installation) for name in settings.relay_audiences]
    with opened_log(settings, pool_size=2) as log:
        Relay(log, Broker(settings.kafka_bootstrap), editions, settings).run()


if __name__ == "__main__":
    sys.exit(main())
