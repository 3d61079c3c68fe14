"""Other people's code, in a program of Go's: built once, run by the tests of this room."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scp_events.ledger.format.note import KeyKind, Signer, to_base64
from tests.needs import need

SOURCE = Path(__file__).parent / "go"
BINARY = SOURCE / "bin" / "independent"
HOW = "install Go 1.26 or newer; it fetches once what tests/ledger/independent/go/go.sum pins"
PATIENCE = 120.0
_NOTE_KEY = bytes((KeyKind.NOTE,))


def program() -> Path:
    """Return the program, built if need be: by whoever asks first, while the others wait."""
    need(shutil.which("go"), "Go", HOW)
    with (SOURCE / "main.go").open() as lock:  # the go command itself locks go.mod
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["go", "build", "-mod=readonly", "-o", str(BINARY), "."], cwd=SOURCE, check=True)
    return BINARY


@dataclass(frozen=True)
class Said:
    """How it ended, and what it said."""

    code: int
    out: str
    err: str


def run(*arguments: str, given: str = "") -> Said:
    """Run it to its end."""
    ran = subprocess.run(
        [program(), *arguments], input=given, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    return Said(ran.returncode, ran.stdout, ran.stderr)


@contextmanager
def witness(signer: Signer, log: Signer) -> Iterator[str]:
    """Yield the address of a witness of transparency-dev's that knows one log.

    Its key is given as that of a note is: the library makes a cosigning key of it.
    """
    as_note = Signer(signer.name, KeyKind.NOTE, signer.seed)
    assert as_note.skey.endswith(to_base64(_NOTE_KEY + signer.seed))
    arguments = [program(), "witness", as_note.skey, log.verifier.vkey]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.kill()
