"""`scp-events init`: the one command that makes a log where there is none."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from typing import Annotated

import typer

from scp_cli.output import remark


def init(
    *,
    time_zone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            envvar="SCP_TIME_ZONE",
            help="The organisation's, such as America/Antigua: settled here for ever; UTC if none is named.",
        ),
    ] = None,
) -> None:
    """Make an empty log, with its keys, in SCP_HOME or in the database of SCP_DATABASE_URL.

    Where there is one already, nothing is made. Every other command works with a log that is there.
    """
    from scp_events.runtime.opening import opened_log, place_of
    from scp_events.runtime.settings import ServiceSettings

    settings = ServiceSettings().model_copy(update={"time_zone": time_zone})
    with opened_log(settings, pool_size=1) as log:
        log.keyring.epochs()
        zone, head = log.calendar.zone.key, log.head()
    remark(f"scp-events: log in {place_of(settings)}, {head} events, whose days are those of {zone}")
