"""A real Apache Kafka for the tests: fetched once, started when a test asks, gone when the last holder is.

`JARS.fetch()` has Maven fetch the jars; `held(directory)` yields the address of a broker, the same to every
process that enters it with the same directory. Each of them is a holder: it keeps a shared lock on a file
there, which the kernel releases however the holder ends. A keeper process starts the broker, waits for the
lock that it gets only when nobody holds, and then stops the broker. Were the keeper killed, the kernel would
kill the broker with it (on Linux).

By hand: `python -m tests.broker fetch` and `python -m tests.broker run`.
"""

import base64
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from string import Template

from kafka import KafkaAdminClient

from tests.jars import Jars, locked, run, tail

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy" / "test-broker"
JARS = Jars(DEPLOY)

HOW_TO_GET_ONE = (
    "install Java 17 or later and Maven, then `python -m tests.broker fetch`; "
    "or set SCP_KAFKA_BOOTSTRAP=host:port to a broker you have"
)

START_SECONDS = 120
START_ATTEMPTS = 3  # a port that was free a moment ago may be taken

# Serial collection and little initial heap: many short runs on small machines, never much data.
JAVA = ["java", "-Xms64m", "-Xmx512m", "-XX:+UseSerialGC"]


class NoBroker(Exception):  # noqa: N818 - it says what is the case
    """The broker does not start; the message holds what it said."""


# ----------------------------------------------------------------------------------------------- one broker


@contextmanager
def running(directory: Path) -> Iterator[str]:
    """Start a broker with its data under `directory`, yield its address, stop it and remove its data."""
    with tempfile.TemporaryDirectory(dir=directory, prefix="kafka-", ignore_cleanup_errors=True) as data:
        java, address = _started(Path(data), directory / "kafka.log")
        try:
            yield address
        finally:
            _stop(java)


def _started(data: Path, log: Path) -> tuple[subprocess.Popen[bytes], str]:
    for attempt in range(START_ATTEMPTS):
        broker_port, controller_port = _free_ports(2)
        address = f"127.0.0.1:{broker_port}"
        java = _start(_formatted(data / str(attempt), broker_port, controller_port), log)
        if _answers(address, java):
            return java, address
        _stop(java)
    raise NoBroker(f"Kafka does not start; the end of {log}: {tail(log.read_text())}")


def _stop(java: subprocess.Popen[bytes]) -> None:
    """Kill it: its data goes too, so there is nothing to close in order."""
    java.kill()
    java.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def _formatted(data: Path, broker_port: int, controller_port: int) -> Path:
    """Write the properties of a new broker, format its storage, and return where the properties are."""
    data.mkdir()
    properties = data / "server.properties"
    template = Template((DEPLOY / "server.properties").read_text())
    properties.write_text(
        template.substitute(broker_port=broker_port, controller_port=controller_port, log_dir=data / "log")
    )
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    arguments = ["format", f"--cluster-id={cluster}", "--config", str(properties)]
    run([*JAVA, "-cp", f"{JARS.lib}/*", "kafka.tools.StorageTool", *arguments], START_SECONDS)
    return properties


def _start(properties: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [*JAVA, "-cp", f"{JARS.lib}/*", "kafka.Kafka", str(properties)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 - a keeper has one thread at this point
        )


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; end at once if that has happened already."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _answers(address: str, java: subprocess.Popen[bytes]) -> bool:
    """Wait until the broker answers a metadata request; false when it ended or time ran out."""
    deadline = time.monotonic() + START_SECONDS
    while not listens(address):
        if java.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    with closing(KafkaAdminClient(bootstrap_servers=address)) as admin:
        return bool(admin.describe_cluster()["brokers"])


def listens(address: str) -> bool:
    """Something accepts connections at `address`, a `host:port`."""
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True


# --------------------------------------------------------------------------------------------- many holders


@contextmanager
def held(directory: Path) -> Iterator[str]:
    """Hold the broker of `directory`, started if need be; yield its address. The last to leave stops it."""
    holders = directory / "holders"
    holders.touch()
    with locked(holders, fcntl.LOCK_SH):
        yield _shared(directory)


def _shared(directory: Path) -> str:
    """Return the address of the one broker: a holder has it started, the others wait until it answers."""
    start, address = directory / "start", directory / "address"
    start.touch()
    with locked(start):
        if not (address.exists() and listens(address.read_text())):
            address.write_text(_start_keeper(directory))
        return address.read_text()


def _start_keeper(directory: Path) -> str:
    """Start a keeper and return the address it says, which it does when the broker answers."""
    log = directory / "keeper.log"
    with log.open("w") as errors:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.broker", "keep", str(directory)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,  # so that Ctrl-C in the terminal leaves it to its work
        )
    threading.Thread(target=keeper.wait, daemon=True).start()  # it may outlive us, but never as a zombie
    assert keeper.stdout is not None
    with keeper.stdout as said:
        address = said.readline().strip()
    if not address:
        raise NoBroker(tail(log.read_text()))
    return address


def keep(directory: Path) -> None:
    """Run the broker for as long as anyone holds it. Who comes later finds no address and starts another."""
    with running(directory) as address:
        print(address, flush=True)  # noqa: T201 - the holder that started us reads it
        with locked(directory / "holders"):
            (directory / "address").unlink(missing_ok=True)


# -------------------------------------------------------------------------------------------------- by hand


def by_hand() -> None:
    """Run a broker of your own until Ctrl-C."""
    JARS.fetch()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), tempfile.TemporaryDirectory() as data, running(Path(data)) as address:
        print(f"SCP_KAFKA_BOOTSTRAP={address}", flush=True)  # noqa: T201 - a command's result is its output
        signal.pause()


def main() -> None:
    match sys.argv[1:]:
        case ["fetch"]:
            JARS.fetch()
        case ["run"]:
            by_hand()
        case ["keep", directory]:
            keep(Path(directory))
        case _:
            sys.exit("usage: python -m tests.broker fetch | run")


if __name__ == "__main__":
    main()
