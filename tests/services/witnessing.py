"""Witnesses as they are run: founded by `scp-events witness keygen`, started as a program, and asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.note import KeyKind, Signature, Signer, Verifier
from scp_events.ledger.key_files import read_key
from scp_events.ledger.witness.contradictions import kept_in
from scp_events.ledger.witness.cosigning import PATH
from scp_events.ledger.witness.promises import KEY, LOGS
from tests.ledger.history import History
from tests.services.cli_run import scp

START = 60.0


@dataclass(frozen=True)
class Told:
    """An answer over HTTP."""

    status: int
    media_type: str
    said: str


@dataclass
class Running:
    """A witness that runs, or ran."""

    home: Path
    verifier: Verifier
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Read what it says, lest it waits for somebody to."""
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        for line in self.process.stderr or ():
            self.lines.append(line)
            self.begun.set()
        self.begun.set()

    @property
    def port(self) -> int:
        """Return where it listens, once it does."""
        assert self.begun.wait(START)
        assert "serving" in "".join(self.lines), self.lines
        return int(json.loads(self.lines[0])["port"])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, history: History, old: int, size: int) -> Told:
        """Ask to cosign `size` leaves of a history, said to continue `old`."""
        return self.post(history.asks(old, size).encode())

    def post(self, body: bytes, path: str = PATH, method: str = "POST") -> Told:
        request = urllib.request.Request(self.address + path, body, method=method)  # noqa: S310 - our own
        try:
            with urllib.request.urlopen(request, timeout=START) as answer:  # noqa: S310 - our own address
                return Told(answer.status, answer.headers["Content-Type"], answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Told(error.code, error.headers["Content-Type"], error.read().decode())

    def cosignature(self, told: Told, checkpoint: Checkpoint) -> Signature:
        """Return the cosignature in an answer, checked."""
        assert told.status == 200, told
        signature = Signature.parse(told.said.removesuffix("\n"))
        self.verifier.verify(checkpoint.text(), signature)
        return signature

    def secret(self) -> Signer:
        """Return its key, as a thief would have it."""
        return read_key(self.home / KEY, KeyKind.COSIGNATURE)

    def contradictions(self) -> list[str]:
        """Return the checkpoints it kept as evidence."""
        return [each.signed for each in kept_in(self.home)]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.ended()

    def stop(self) -> str:
        """Ask it to stop; return what it wrote about its work."""
        self.process.terminate()
        return self.ended()

    def ended(self) -> str:
        """Wait for its end; return what it wrote about its work."""
        self.process.wait(START)
        self._reading.join(START)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        return "".join(self.lines)


def founded(home: Path, name: str, *logs: Signer) -> Verifier:
    """Found a witness in `home` that knows these logs; return the key by which others know it."""
    made = scp("witness", "keygen", name, "--home", str(home), database="")
    assert made.code == 0, made.err
    lines = ["logs/v0", *(f"vkey {log.verifier.vkey}" for log in logs)]
    (home / LOGS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Verifier.parse(made.out.removesuffix("\n"))


def begun(home: Path, verifier: Verifier) -> Running:
    """Start a founded witness, without waiting for it."""
    told = {"SCP_WITNESS_HOME": str(home), "SCP_WITNESS_PORT": "0", "PYTHONWARNINGS": "default"}
    process = subprocess.Popen(
        [sys.executable, "-m", "scp_witness"], env=os.environ | told, stderr=subprocess.PIPE, text=True
    )
    return Running(home, verifier, process)


@contextmanager
def running(*founded: tuple[Path, Verifier]) -> Iterator[list[Running]]:
    """Yield witnesses that run, all started at once."""
    with ExitStack() as stack:
        witnesses = []
        for home, verifier in founded:
            witness = begun(home, verifier)
            stack.callback(witness.kill)
            witnesses.append(witness)
        assert all(witness.port for witness in witnesses)
        yield witnesses
