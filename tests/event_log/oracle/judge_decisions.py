"""Whether what deciders were told is true: what was recorded, refused or already so, and on which version."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

from tests.event_log.oracle.deciders import UNTIL_ANSWERED
from tests.event_log.oracle.journal import lines
from tests.event_log.oracle.judge import Broken, Event, Known, Log
from tests.event_log.oracle.plan import Plan

NEVER_RECORDED = frozenset({"Refused", "StaleVersionError", "BusyError", "already-so"})


@dataclass(frozen=True)
class Wished:
    """What somebody wanted, and was told: None where nobody lived to hear it."""

    at: int
    wish: dict[str, Any]
    told: dict[str, Any] | None

    @property
    def outcome(self) -> str:
        """Return what was told, in a word."""
        if self.told is None:
            return "unanswered"
        return str(self.told.get("outcome") or self.told["error"])

    def __str__(self) -> str:
        kind, amount, command = (self.wish[name] for name in ("kind", "amount", "command"))
        return f"{self.wish['n']} of command {command} ({kind} {amount}), told {self.outcome}"


def wished_of(plan: Plan, writers: Iterable[str]) -> list[Wished]:
    """Return what was wanted and told."""
    found: list[Wished] = []
    for name in writers:
        wishes: dict[str, dict[str, Any]] = {}
        told: dict[str, dict[str, Any]] = {}
        for line in lines(plan.journal(name)):
            {"wish": wishes, "told": told}.get(line["k"], {})[line.get("n", "")] = line
        found += [Wished(line["at"], line, told.get(n)) for n, line in wishes.items()]
    return found


class Tally:
    """One tally: what was there at each version."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self.changes = [_change(event) for event in events]
        self.there = list(accumulate(self.changes, initial=0))


def _change(event: Event) -> int:
    said = json.loads(event.body)["event"]
    return int(said["amount"]) * (1 if said["type"] == "tally.put" else -1)


class JudgeOfDecisions:
    """Compares what deciders were told with what there is."""

    def __init__(self, log: Log, wished: Sequence[Wished], known: Known) -> None:
        self._log = log
        self._wished = wished
        self._known = known
        self._of_command: dict[str, list[Wished]] = defaultdict(list)
        for each in wished:
            self._of_command[each.wish["command"]].append(each)
        self._tallies = {each.wish["tally"]: self._tally(each.wish["tally"]) for each in wished}

    def _tally(self, stream: str) -> Tally:
        return Tally(self._log.by_stream.get(stream, []))

    def broken(self) -> Iterator[Broken]:
        """Yield what does not hold."""
        for stream, tally in self._tallies.items():
            if min(tally.there) < 0:
                yield Broken(
                    "decisions-true", f"tally {stream} fell below nothing: decided on what was not so"
                )
            for event in tally.events:
                if event.command not in self._of_command:
                    yield Broken("decisions-true", f"nobody wanted position {event.position}")
        for each in self._wished:
            if each.told is not None:
                for said in self._of(each, each.told):
                    yield Broken("decisions-true", f"{each}: {said}")

    def _of(self, wished: Wished, told: dict[str, Any]) -> Iterator[str]:
        match wished.outcome:
            case "recorded" | "repeated":
                yield from self._of_recorded(wished, told)
            case "already-so":
                if not self._was_so(wished, told, lambda there: wished.wish["amount"] <= there):
                    yield "it was not so"
                yield from self._of_unrecorded(wished)
            case "Refused":
                if not self._was_so(wished, told, lambda there: wished.wish["amount"] > there):
                    yield "nothing stood against it"
                yield from self._of_unrecorded(wished)
            case "StaleVersionError":
                if told["current"] == told["expected"] or not self._stood_at(wished, told, told["current"]):
                    yield f"it did not stand at version {told['current']}"
            case "BusyError":
                yield from self._of_unrecorded(wished)
            case outcome if outcome not in UNTIL_ANSWERED:
                yield f"nobody should hear that: {told['said']}"

    def _of_recorded(self, wished: Wished, told: dict[str, Any]) -> Iterator[str]:
        events = self._log.by_command.get(wished.wish["command"], [])
        if len(events) != 1:
            yield f"it is in the log as {len(events)} events"
            return
        event = events[0]
        found = (event.position, event.version, 1, event.event_id, event.recorded_at)
        said = (
            told["first"],
            told["version"],
            told["count"],
            told["event_id"],
            datetime.fromisoformat(told["recorded_at"]),
        )
        if said != found:
            yield f"told {said}, found {found}"
        tally = self._tallies[wished.wish["tally"]]
        before, change = tally.there[event.version - 1], tally.changes[event.version - 1]
        if change != _wanted(wished.wish, before):
            yield f"{change} was recorded on {before}"
        others = [o for o in self._of_command[wished.wish["command"]] if o.outcome == "recorded"]
        if len(others) > 1:
            yield f"{len(others)} were told that they were the first"

    def _of_unrecorded(self, wished: Wished) -> Iterator[str]:
        """What came to nothing for everybody who wanted it is not there."""
        others = self._of_command[wished.wish["command"]]
        if wished.wish["command"] in self._log.by_command and all(
            o.outcome in NEVER_RECORDED for o in others
        ):
            yield "it was recorded"

    def _was_so(self, wished: Wished, told: dict[str, Any], holds: Any) -> bool:
        tally = self._tallies[wished.wish["tally"]]
        window = self._known.window(tally.events, wished.at, told["at"])
        return any(holds(tally.there[version]) for version in window)

    def _stood_at(self, wished: Wished, told: dict[str, Any], version: int) -> bool:
        tally = self._tallies[wished.wish["tally"]]
        return version in self._known.window(tally.events, wished.at, told["at"])


def _wanted(wish: dict[str, Any], before: int) -> int:
    amount = int(wish["amount"])
    return {"PutIn": amount, "TakeOut": -amount, "FillTo": amount - before}[wish["kind"]]
