from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

PROGRAM = """
import os, signal, sys, time
from scp_events.runtime import ending, program
from scp_events.runtime.settings import ServiceSettings

class Numbered(ServiceSettings):
    number: int = 0

def service():
    {body}

ending.listen()

sys.exit(program.run(service, sys.argv[1:], cannot_work=(KeyError,), replaced=(IndexError,)))
"""


def ran(body: str) -> tuple[int, dict[str, Any]]:
    """Run a service that does this; return its exit code and the last line it wrote."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, json.loads(done.stderr.splitlines()[-1])


@pytest.mark.parametrize(("typed", "code"), [("--help", 0), ("serve", 2)])
def test_a_service_that_is_given_arguments_says_so_and_begins_nothing(typed: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body="print('begun')"), typed],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert "docs/SETTINGS.md" in done.stderr


@pytest.mark.parametrize(
    ("body", "code", "event", "reason"),
    [
        ("return", 0, "ended", "told to stop"),
        ("raise program.CannotWorkError('restore the key')", 2, "cannot work", "restore the key"),
        ("raise KeyError('of our own')", 2, "cannot work", "'of our own'"),
        ("raise program.ReplacedError('by another')", 3, "replaced", "by another"),
        ("raise IndexError('by a newer log')", 3, "replaced", "by a newer log"),
        (
            "os.environ['SCP_NUMBER'] = 'Zwetschgenmus'; Numbered()",
            2,
            "cannot work",
            "SCP_NUMBER: Input should be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_every_ending_has_its_code_and_says_why(body: str, code: int, event: str, reason: str) -> None:
    ended, said = ran(body)
    assert (ended, said["event"], said["reason"]) == (code, event, reason)


def test_a_fault_of_the_program_is_told_without_its_message() -> None:
    code, said = ran("raise RuntimeError('Zwetschgenmus')")
    assert (code, said["event"], said["error"]) == (1, "failed", "RuntimeError")
    assert "Zwetschgenmus" not in json.dumps(said)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_while_it_works_is_noted_and_it_ends_in_order(name: str) -> None:
    code, said = ran(f"with ending.in_order(): os.kill(os.getpid(), signal.{name}); time.sleep(0.1)")
    assert (code, said["event"]) == (0, "ended")
