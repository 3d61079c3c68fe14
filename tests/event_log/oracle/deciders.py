"""Callers of the whole log: they ask a tally to decide, on what is remembered or on what is there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from scp_events.event_log import CommandRequest, Outcome, StaleVersionError
from scp_events.privacy import Keyring, KeyServiceDownError, open_keyring
from scp_events.vocabulary import CommandId, Provenance, Refused
from tests.event_log.oracle import tally
from tests.event_log.oracle.plan import Plan
from tests.event_log.oracle.questions import MOMENT_NS
from tests.waiting import until
from tests.words import ROBOT

TALLIES = 4
MOST = 6
UNTIL_ANSWERED = frozenset(
    {"LogUnreachableError", "LogUnwritableError", "ClosedError", "KeyServiceDownError"}
)
"""Whoever hears one of these asks again."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A command as it is written down."""

    command: UUID
    tally: UUID
    kind: str
    amount: int
    expected: int | None = None

    def line(self) -> dict[str, Any]:
        """Return what is written down."""
        return {
            "command": self.command.hex,
            "tally": self.tally.hex,
            "kind": self.kind,
            "amount": self.amount,
            "expected": self.expected,
        }

    @property
    def request(self) -> CommandRequest:
        """Return what the log is asked."""
        return CommandRequest(
            aggregate=tally,
            stream=tally.stream(self.tally),
            case_id=None,
            command=tally.BY_NAME[self.kind](amount=self.amount),
            provenance=Provenance(by=ROBOT, command_id=CommandId(self.command), purpose="oracle"),
            expected_version=self.expected,
        )


class Decider:
    """Somebody who wants one thing after the other."""

    def __init__(self, plan: Plan, name: str) -> None:
        self._plan = plan
        self.random = Random(f"{plan.seed}/{name}")  # noqa: S311 - repeatable, not secret
        self._known: dict[UUID, int] = {}
        self._wished: list[Wish] = []

    def next(self, now_ns: int) -> Wish:
        """Return something to want."""
        chance = self.random.random()
        if chance < 0.1 and self._wished:
            return self.random.choice(self._wished)
        if chance < 0.3:
            return self._of_the_moment(now_ns // MOMENT_NS)
        which = self._plan.named(f"tally/{self.random.randrange(TALLIES)}")
        wish = Wish(
            command=UUID(int=self.random.getrandbits(128), version=4),
            tally=which,
            kind=self.random.choice(list(tally.BY_NAME)),
            amount=self.random.randint(1, MOST),
            expected=self._known.get(which) if chance > 0.8 else None,
        )
        self._wished = [*self._wished[-30:], wish]
        return wish

    def _of_the_moment(self, moment: int) -> Wish:
        """What everybody wants at the same time happens once."""
        random = Random(f"{self._plan.seed}/wish/{moment}")  # noqa: S311 - as above
        return Wish(
            command=self._plan.named(f"wish/{moment}"),
            tally=self._plan.named(f"tally/{random.randrange(TALLIES)}"),
            kind=random.choice(list(tally.BY_NAME)),
            amount=random.randint(1, MOST),
        )

    def learn(self, wish: Wish, answer: Outcome | Exception) -> None:
        """Remember the version that was told."""
        if isinstance(answer, Outcome):
            self._known[wish.tally] = answer.version
        elif isinstance(answer, StaleVersionError):
            self._known[wish.tally] = answer.current


def told(answer: Outcome | Exception) -> dict[str, Any]:
    """Return what is written down of an answer."""
    at = time.monotonic_ns()
    if isinstance(answer, Outcome):
        return {
            "at": at,
            "outcome": "repeated" if answer.repeated else "recorded" if answer.events else "already-so",
            "version": answer.version,
            "first": answer.first_position,
            "count": answer.events,
            "event_id": answer.event_ids[0].hex if answer.event_ids else None,
            "recorded_at": answer.recorded_at.isoformat() if answer.recorded_at else None,
        }
    said = {"at": at, "error": type(answer).__name__, "said": str(answer)[:200]}
    if isinstance(answer, StaleVersionError):
        said |= {"expected": answer.expected, "current": answer.current}
    if isinstance(answer, Refused):
        said |= {"rule": answer.rule}
    return said


def opened_keyring(plan: Plan) -> Keyring:
    """Return the keyring, once it can be opened: the log may be on the move, or the wire be cut."""
    opened: list[Keyring] = []

    def opening() -> bool:
        try:
            opened.append(open_keyring(plan.conninfo))
        except (KeyServiceDownError, psycopg.OperationalError):
            return False
        return True

    until(opening, "the keyring can be opened")
    return opened[0]
