"""Eight clients that send random valid commands over HTTP and do not give up."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any
from uuid import uuid4

import httpx2

from tests.services.test_api import ASSESSMENT, GROUNDS, actor, contact, engaged, ok, registered
from tests.services.test_api_service import Service, Somebody
from tests.words import KEY_WORKER, OTHER_KEY_WORKER, REFERRER, SUPERVISOR

CLIENTS = 8
EVENTS_TO_ENGAGE = 8
"""Registered, boundaries, key worker, two contacts, story, confirmation, assessment."""
PATIENCE = 400
"""How often a client sends one command again before it gives up; between two tries it waits a moment."""


DRAFT = {
    "programme": "street-to-work",
    "route": "diversion",
    "circumstances": "An invented account.",
    "policy_version": "2025.1",
}


@dataclass
class Fire:
    """A run of random commands against a service; collects what was acknowledged."""

    service: Service
    commands: int
    seed: int
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    stale: int = 0
    unheard: int = 0
    _lock: Lock = field(default_factory=Lock)

    def prepared(self, cases: int) -> list[str]:
        """Engage so many participants; return their addresses."""
        supervisor = self.service.somebody(SUPERVISOR)
        worker = self.service.somebody(KEY_WORKER)
        addresses = [registered(worker, f"SC-2025-{self.seed}{number:03}") for number in range(cases)]
        for address in addresses:
            engaged(supervisor, worker, address)
        return addresses

    def run(self, addresses: list[str], meanwhile: Callable[[Fire], None] = lambda _: None) -> None:
        """Send all commands from all clients, and do something meanwhile."""
        with ThreadPoolExecutor(CLIENTS + 1) as pool:
            clients = [pool.submit(Client(self, number, addresses).send_all) for number in range(CLIENTS)]
            pool.submit(meanwhile, self).result()
            for client in clients:
                client.result()

    def note(self, answer: dict[str, Any]) -> None:
        """Remember an acknowledgement."""
        with self._lock:
            self.acknowledged.append(answer)

    def note_stale(self) -> None:
        """Count a decision that was made on a version no longer the latest."""
        with self._lock:
            self.stale += 1

    def note_unheard(self) -> None:
        """Count a request that was not answered, or that nobody could answer just then."""
        with self._lock:
            self.unheard += 1

    def done(self) -> int:
        """Return how many commands were acknowledged so far."""
        with self._lock:
            return len(self.acknowledged)


class Client:
    """One client: it chooses commands at random and sends each until it is answered."""

    def __init__(self, fire: Fire, number: int, addresses: list[str]) -> None:
        self.fire = fire
        self.random = random.Random(f"{fire.seed}/{number}")  # noqa: S311 - repeatable, not secret
        self.addresses = addresses
        self.number = number
        self.worker = fire.service.somebody(KEY_WORKER)
        self.supervisor = fire.service.somebody(SUPERVISOR)
        self.referrer = fire.service.somebody(REFERRER, "referral")

    def send_all(self) -> None:
        """Send this client's share."""
        moves = (self.meet, self.meet, self.choose, self.assess, self.hand_over, self.hand_over, self.refer)
        for turn in range(self.fire.commands // CLIENTS):
            self.random.choice(moves)(turn)

    def meet(self, _turn: int) -> None:
        """Record a contact."""
        self._post(self.worker, f"{self._case()}/engagement/record-contact", contact())

    def choose(self, _turn: int) -> None:
        """Record a choice."""
        said = {"about": "counselling", "choice": "I would rather wait."}
        self._post(self.worker, f"{self._case()}/engagement/record-choice", said)

    def assess(self, _turn: int) -> None:
        """Record an assessment."""
        self._post(self.worker, f"{self._case()}/assessments", ASSESSMENT)

    def refer(self, turn: int) -> None:
        """Draft a referral of somebody new, and submit it."""
        at = f"/cases/SC-{self.fire.seed}-{self.number}-{turn}/referrals"
        address = self._post(self.referrer, at, DRAFT).headers["location"]
        self._decide(self.referrer, address, "submit-referral", lambda _: {})

    def hand_over(self, _turn: int) -> None:
        """Hand a participant over to whoever is not their key worker; others may do the same just now."""
        self._decide(self.supervisor, f"{self._case()}/engagement", "hand-over", _to_the_other)

    def _case(self) -> str:
        return self.random.choice(self.addresses)

    def _post(self, by: Somebody, path: str, command: dict[str, Any]) -> httpx2.Response:
        key = uuid4().hex
        answer = self._insist(lambda: by.send(path, command, key=key))
        self.fire.note(ok(answer))
        return answer

    def _decide(
        self, by: Somebody, address: str, command: str, said: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> None:
        """Decide on the latest version; on a stale one, look again and decide anew."""
        for _ in range(PATIENCE):
            seen = self._insist(lambda: by.get(address)).json()
            key, fields = uuid4().hex, {"decision": GROUNDS, **said(seen["state"])}
            version = seen["version"]
            answer = self._insist(
                lambda key=key, fields=fields, version=version: by.send(
                    f"{address}/{command}", fields, version=version, key=key
                )
            )
            if answer.status_code != 412:
                self.fire.note(ok(answer))
                assert answer.json()["version"] == version + 1, "nobody else decided in between"
                return
            assert answer.headers["etag"] != f'"{version}"', "a stale version is told the latest"
            self.fire.note_stale()
        raise AssertionError(f"{command} on {address} was stale {PATIENCE} times")

    def _insist(self, send: Callable[[], httpx2.Response]) -> httpx2.Response:
        """Send the same again until it is answered; a client that hears nothing cannot know what happened."""
        for _ in range(PATIENCE):
            try:
                answer = send()
            except httpx2.TransportError:
                answer = None
            if answer is not None and answer.status_code != 503:
                return answer
            assert answer is None or "retry-after" in answer.headers
            self.fire.note_unheard()
            pause()
        raise AssertionError(f"not answered in {PATIENCE} tries")


def pause() -> None:
    """Leave the processor to a service that is starting."""
    Event().wait(0.1)


def _to_the_other(state: dict[str, Any]) -> dict[str, Any]:
    new = OTHER_KEY_WORKER if state["key_worker"] == KEY_WORKER.id else KEY_WORKER
    return {"to_key_worker": actor(new), "handover_note": "An invented note."}


def spans(acknowledged: list[dict[str, Any]]) -> Iterator[tuple[str, int, int]]:
    """Yield, of every acknowledged command that recorded anything: its stream, position and version."""
    for answer in acknowledged:
        for n in range(answer["events"]):
            last = answer["version"] - answer["events"] + 1
            yield answer["stream_id"], answer["first_position"] + n, last + n
