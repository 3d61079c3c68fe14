"""`python -m tests.event_log.oracle --seconds 30 --runs 20`: each run on a new log of a server of its own."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

from scp_events import event_log, privacy
from tests.event_log.oracle.mutants import MUTANTS
from tests.event_log.oracle.run import run
from tests.own_server import own_server


def main() -> int:
    """Return 0 where everything held in every run; with a mutant, where it was caught in one of them."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="scp-oracle-keys-") as keys:
        os.environ["SCP_KEYRING"] = str(Path(keys) / "keyring")
        return _run(asked)


def _run(asked: argparse.Namespace) -> int:
    broken = 0
    for number in range(asked.runs):
        seed = asked.seed + number
        print(f"run {number + 1} of {asked.runs}, seed {seed}", flush=True)  # noqa: T201 - its result is its output
        with own_server() as own:
            event_log.prepare(own.conninfo)
            privacy.prepare(own.conninfo)
            verdict = run(
                own.conninfo, own, seed=seed, seconds=asked.seconds, mutant=asked.mutant, **_plan(asked)
            )
        print(verdict, flush=True)  # noqa: T201 - as above
        broken += bool(verdict.broken)
    print(f"{broken} of {asked.runs} runs found something broken")  # noqa: T201 - as above
    return int(bool(broken) != bool(asked.mutant))


def _plan(asked: argparse.Namespace) -> dict[str, object]:
    sizes = {
        "writers": asked.writers,
        "tasks": asked.tasks,
        "deciders": asked.deciders,
    }
    return sizes | (MUTANTS[asked.mutant].plan if asked.mutant else {})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.event_log.oracle", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each run lasts")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000), help="of the first run")
    parser.add_argument("--mutant", choices=sorted(MUTANTS), default="", help="put this fault in")
    parser.add_argument("--writers", type=int, default=3, help="processes of many callers")
    parser.add_argument("--tasks", type=int, default=8, help="of each process, who append")
    parser.add_argument("--deciders", type=int, default=4, help="of each process, who decide")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
