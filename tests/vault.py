"""A real Vault server for the tests of the keyring: built once, started for a run, stopped with it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.needs import need

SOURCE = Path(__file__).parents[1] / "deploy" / "test-vault"
BINARY = SOURCE / "bin" / "vault"
HOW = "see deploy/test-vault/README.md"


@dataclass(frozen=True)
class Vault:
    """A server that runs, and the token that may do everything there."""

    port: int
    token: str
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """Return what SCP_KEYRING would say."""
        return f"http://127.0.0.1:{self.port}/transit/scp"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask as its owner."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, f"/v1/{path}", json.dumps(body), {"X-Vault-Token": self.token})
            return json.loads(connection.getresponse().read() or b"null")
        finally:
            connection.close()


def binary() -> Path:
    """Return the server's program; skip where it was not built and nobody asked for it."""
    if not BINARY.exists():
        if os.environ.get("SCP_TEST_VAULT") != "1":
            pytest.skip(f"needs a Vault server: build it, or let SCP_TEST_VAULT=1 build it ({HOW})")
        need(shutil.which("go"), "Go, to build a Vault server", HOW)
        _build()
    return BINARY


def _build() -> None:
    """Build it once, whoever asks first; the others wait."""
    with (SOURCE / "main.go").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not BINARY.exists():
            subprocess.run(["nice", "go", "build", "-o", str(BINARY), "."], cwd=SOURCE, check=True)


@contextmanager
def running(written_to: Path) -> Iterator[Vault]:
    """Run a server in development mode, in memory and on loopback, until the block ends."""
    program, port, token = binary(), _free_port(), secrets.token_hex(16)
    options = [f"-dev-root-token-id={token}", f"-dev-listen-address=127.0.0.1:{port}", "-dev-no-store-token"]
    with written_to.open("wb") as output:
        process = subprocess.Popen(
            [str(program), "server", "-dev", *options],
            env=os.environ | {"GODEBUG": "x509negativeserial=1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    vault = Vault(port, token, process)
    try:
        _until_it_answers(vault, written_to)
        vault.ask("POST", "sys/mounts/transit", {"type": "transit"})
        yield vault
    finally:
        process.kill()
        process.wait()


def _until_it_answers(vault: Vault, written_to: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and vault.process.poll() is None:
        try:
            if vault.ask("GET", "sys/health")["initialized"]:
                return
        except (OSError, KeyError, TypeError):
            time.sleep(0.05)
    raise AssertionError(f"Vault did not start: {written_to.read_text(errors='replace')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
