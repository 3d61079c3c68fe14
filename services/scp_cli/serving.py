"""`scp-events serve`: the HTTP API, the projector, the ledger and its tiles, side by side on this machine.

Services never import each other, so each is a process of its own, started as `python -m`. This one holds the
database, passes on the wish to stop, and ends as soon as one of them does. They end with it, however it ends:
each watches its stdin, of which this process alone holds the other end.
"""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from scp_cli.output import remark, write
from scp_cli.people import OURS, By, Credentials, Organisation, Role, somebody
from scp_events.runtime import ending

if TYPE_CHECKING:
    from scp_events.ledger.log.settings import LedgerSettings
    from scp_events.ledger.log.startup import Standing

SERVICES = ("scp_api", "scp_projector", "scp_tiles")
LEDGER = "scp_ledger"
PATIENCE = 30.0
"""Seconds a service has to finish what it is doing; the API gives its requests 20."""
PAUSE = 0.1

Child: TypeAlias = "subprocess.Popen[bytes]"


def serve(
    *,
    host: Annotated[str, typer.Option(envvar="SCP_API_HOST", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="SCP_API_PORT", min=0, max=65535, help="On which port.")] = 8080,
    tiles_host: Annotated[
        str, typer.Option(envvar="SCP_TILES_HOST", help="Where to answer those who monitor the log.")
    ] = "127.0.0.1",
    tiles_port: Annotated[
        int, typer.Option(envvar="SCP_TILES_PORT", min=0, max=65535, help="On which port.")
    ] = 8070,
) -> None:
    """Serve the HTTP API and the ledger's tiles, and keep the projections and the ledger in step.

    Runs until Ctrl-C. Listens on this machine alone and believes its own development tokens
    (`scp-events token`), unless SCP_ISSUER or SCP_ISSUERS says whose.
    """
    from scp_cli.connecting import ledger_settings, say_where
    from scp_events.ledger.log import startup
    from scp_events.privacy import open_keyring
    from scp_events.runtime.opening import opened_database

    settings = ledger_settings()
    must_be_free(host, port)
    must_be_free(tiles_host, tiles_port, setting="--tiles-port")
    with opened_database(settings, make=False) as conninfo:
        say_where(settings)
        open_keyring(conninfo).close()  # so that what is wrong with it is said here, once
        startup.prepare(conninfo, settings)
        _say_what_keeps_it_from_appending(startup.compare(conninfo, settings))
        remark(
            f"scp-events: serving http://{host}:{port}/docs, Ctrl-C to stop;"
            " `scp-events token --help` signs you in"
        )
        remark(f"scp-events: whoever monitors the log begins at http://{tiles_host}:{tiles_port}/checkpoint")
        code = supervise(_services(settings), environment(host, port) | told_to_tiles(tiles_host, tiles_port))
    raise typer.Exit(code)


def _services(settings: LedgerSettings) -> tuple[str, ...]:
    """Return what to run: the ledger is kept by whoever has its key."""
    if settings.key_file is None:
        remark("scp-events: no checkpoints are signed here: set SCP_LEDGER_KEY to the file of this log's key")
        return SERVICES
    return (*SERVICES, LEDGER)


def _say_what_keeps_it_from_appending(standing: Standing) -> None:
    """Raise `StaleLogError` for a log that is not the newest; where nobody can tell, say so."""
    standing.must_not_contradict()
    for anchor in standing.asked:
        if anchor.problem:
            remark(f"scp-events: {anchor.name} {anchor.problem}")
    if not standing.may_append:
        remark("scp-events: nothing can be recorded until enough of these can be asked; reading goes on")


def token(
    *,
    by: By,
    role: Role,
    organisation: Organisation = OURS,
    credential: Credentials = None,
) -> None:
    """Print a token for this machine's development server.

    It speaks for one person for eight hours, and is believed by `scp-events serve` on this machine only.
    """
    from scp_events.access import development
    from scp_events.database.address import default_home

    actor = somebody(by, role, organisation, credential)
    audience = os.environ.get("SCP_AUDIENCE", "scp-api")
    write(development.mint(default_home(), actor, audience) + "\n")


def must_be_free(host: str, port: int, setting: str = "--port") -> None:
    """Raise `CannotListenError` for a port that is taken, before anything is started in vain."""
    from scp_events.runtime.port import Port

    with Port(host, port, setting=setting):
        """The service takes it."""


def environment(host: str, port: int) -> dict[str, str]:
    """Return what the services are told: nobody is believed but this machine, where no issuer is named."""
    told = {**os.environ, "SCP_API_HOST": host, "SCP_API_PORT": str(port)}
    if not {"SCP_ISSUER", "SCP_ISSUERS"} & told.keys():
        told.setdefault("SCP_DEVELOPMENT", "1")
    return told


def told_to_tiles(host: str, port: int) -> dict[str, str]:
    """Return what the service of tiles is told."""
    return {"SCP_TILES_HOST": host, "SCP_TILES_PORT": str(port)}


def supervise(services: Sequence[str], told: Mapping[str, str]) -> int:
    """Run services until a signal asks them to stop (0) or one of them ends by itself (1)."""
    with ending.in_order():
        children = {name: _start(name, told) for name in services}
        while not ending.told() and all(child.poll() is None for child in children.values()):
            time.sleep(PAUSE)
        ended = {name: child.returncode for name, child in children.items() if child.returncode is not None}
        _stop(list(children.values()))
    if ending.told():
        return 0
    for name, code in ended.items():
        remark(f"scp-events: {name} ended by itself with code {code}; what it said above tells why")
    return 1


def _start(name: str, told: Mapping[str, str]) -> Child:
    """Start a service in a process group of its own: Ctrl-C reaches us alone, and we ask it once."""
    return subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-m", name],
        env={**told, ending.WITH_STDIN: "1"},
        stdin=subprocess.PIPE,
        process_group=0,
    )


def _stop(children: Sequence[Child]) -> None:
    """Ask each to stop, and end those that do not in time."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + PATIENCE
    for child in children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(max(deadline - time.monotonic(), 0))
    for child in children:
        child.kill()
        child.wait()
