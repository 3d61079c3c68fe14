"""Two processes decide on streams of one case at the same time: no guard is ever passed by both.

Each interleaving is a young person of its own, with commands whose guards look at each other's events, sent
in a random order by two handlers that remember different things. Afterwards every event is asked again on
exactly what the log held before it: whatever was recorded had every right to be.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from scp_events.aggregates import BY_CATEGORY, referral
from scp_events.aggregates.engagement.commands import Pause, Resume
from scp_events.aggregates.participant.commands import RecordDeath
from scp_events.event_log import CommandHandler, CommandRequest, LogReader, Recorded
from scp_events.history import Question, command_recording, decide, evidence_types
from scp_events.history.recording import asked_again
from scp_events.privacy import open_keyring
from scp_events.vocabulary import (
    Act,
    Command,
    CommandId,
    Correct,
    Event,
    EventId,
    Provenance,
    Refused,
    Retract,
    Stream,
)
from tests.event_log.asking import Case, contact, engaged_async, sent
from tests.examples.referral import DRAFT, SUBMIT, WITHDRAW
from tests.opened import opened_reader
from tests.words import REFERRER, grounds

pytestmark = pytest.mark.once  # of the log as such; test_handler appends from the wheel

AT_ONCE = 8
"""Cases in which two handlers are at work at the same time."""


def a_seed() -> int:
    """Return another seed each time, or the one that is to be played again."""
    return int(os.environ.get("SCP_INTERLEAVINGS_SEED") or secrets.randbelow(1_000_000))


class Interleaving:
    """One case, and two handlers that act in it."""

    def __init__(self, handlers: Sequence[CommandHandler], seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - one that can be played again
        self.handlers = handlers
        self.case = Case.new()
        self.referrals = [Stream("referral", UUID(int=self.random.getrandbits(128), version=4)) for _ in "ab"]

    async def play(self) -> None:
        """Prepare, let everybody act at once, and ask whether all had the right to."""
        one = self.random.choice(self.handlers)
        self.case = await engaged_async(one)
        for stream in self.referrals:
            draft = DRAFT.model_copy(update={"event_id": None})
            await self._send(self._handler(), self._referral(draft, stream))
        met = await self._handler().handle(self.case.request(contact()))
        death = await self._recorded_death() if self.random.random() < 0.3 else None
        commands = [self._referral(SUBMIT, stream) for stream in self.referrals]
        commands += [self.case.request(contact(), self._some_time()) for _ in range(2)]
        commands += [
            self.case.request(Pause(decision=grounds())),
            self.case.request(Resume(decision=grounds())),
        ]
        better = Correct(decision=grounds(), corrects=met.event_ids[0], instead=contact(minutes=45))
        commands.append(self.case.request(better))
        if death is None:
            commands.append(self.case.request(RecordDeath()))
        else:
            retract = Retract(decision=grounds(), corrects=death)
            commands.append(self.case.request(retract, stream=self.case.participant))
        if self.random.random() < 0.3:
            commands.append(self._referral(WITHDRAW, self.referrals[0]))
        self.random.shuffle(commands)
        await asyncio.gather(*(self._send(self._handler(), each) for each in commands))

    def _handler(self) -> CommandHandler:
        return self.random.choice(self.handlers)

    def _some_time(self) -> Provenance:
        return sent(occurred_at=datetime.now(UTC) - timedelta(minutes=self.random.choice([0, 0, 0, 1])))

    async def _recorded_death(self) -> EventId:
        outcome = await self._handler().handle(self.case.request(RecordDeath()))
        return outcome.event_ids[0]

    def _referral(self, command: Command, stream: Stream) -> CommandRequest:
        return CommandRequest(
            aggregate=referral,
            stream=stream,
            case_id=self.case.id,
            command=command,
            provenance=sent(by=REFERRER),
            name=self.case.reference,
        )

    async def _send(self, handler: CommandHandler, request: CommandRequest) -> None:
        await asyncio.sleep(self.random.choice([0, 0, 0.001, 0.003]))
        with suppress(Refused):
            await handler.handle(request)


def every_guard_held(reader: LogReader, case: Case) -> None:
    """Ask every event again, on what the log held before it."""
    recorded = reader.case_history(case.id)
    for position, each in enumerate(recorded):
        refusal = _refused(reader, each, recorded[:position])
        assert refusal is None, (case.reference, each.position, each.event.type, refusal)


def only_what_belongs_together_was_corrected(reader: LogReader, case: Case) -> None:
    """A command corrects one fact, and what was recorded by the same commands as that and its corrections."""
    by_id: dict[EventId, Recorded[Event]] = {}
    recorded_by: dict[EventId, set[CommandId]] = {}
    for each in reader.case_history(case.id):
        by_id[each.event_id] = each
        about = each.corrects or each.event_id
        recorded_by.setdefault(about, set()).add(each.envelope.command_id)
    corrected: dict[CommandId, list[EventId]] = {}
    for each in by_id.values():
        if each.corrects is not None:
            corrected.setdefault(each.envelope.command_id, []).append(each.corrects)
    for own, *others in corrected.values():
        together = recorded_by[own]
        strangers = [other for other in others if by_id[other].envelope.command_id not in together]
        assert not strangers, (case.reference, by_id[own].event.type, strangers)


def _refused(reader: LogReader, each: Recorded[Event], earlier: Sequence[Recorded[Event]]) -> Refused | None:
    aggregate = BY_CATEGORY[each.stream.category]
    kind = command_recording(aggregate, type(each.event))
    if kind is None:
        return None
    command = asked_again(kind, each.event)
    types = evidence_types(aggregate, command)
    question = Question(
        aggregate=aggregate,
        stream=each.stream,
        case_id=each.envelope.case_id,
        command=command.model_copy(update={"event_id": None}) if hasattr(command, "event_id") else command,
        when=each.when,
        by=each.by,
        event_id=each.event_id,
        now=each.when if isinstance(command, Act) else reader.calendar.moment(each.recorded_at),
        calendar=reader.calendar,
        name=case_reference(each),
    )
    known = [r.fact for r in earlier if r.stream == each.stream]
    try:
        decide(question, known, [r.fact for r in earlier if type(r.event) in types])
    except Refused as refusal:
        return refusal
    return None


def case_reference(each: Recorded[Event]) -> str | None:
    """Return what people call the case, where the event says it."""
    return getattr(each.event, "case_reference", None)


def play(conninfo: str, interleavings: int) -> None:
    """Play so many."""
    seed = a_seed()
    print(f"SCP_INTERLEAVINGS_SEED={seed}")  # noqa: T201 - shown where it fails

    async def playing() -> list[Case]:
        with open_keyring(conninfo) as one_keyring, open_keyring(conninfo) as other_keyring:
            async with (
                CommandHandler(conninfo, one_keyring) as one,
                CommandHandler(conninfo, other_keyring) as other,
            ):
                played: list[Case] = []
                for first in range(0, interleavings, AT_ONCE):
                    batch = [Interleaving((one, other), seed + first + n) for n in range(AT_ONCE)]
                    await asyncio.gather(*(each.play() for each in batch))
                    played += [each.case for each in batch]
                return played

    cases = asyncio.run(playing())
    with opened_reader(conninfo) as reader:
        for case in cases:
            every_guard_held(reader, case)
            only_what_belongs_together_was_corrected(reader, case)


def test_no_two_writers_pass_a_guard_that_either_forbids(log_database: str) -> None:
    play(log_database, 80)


@pytest.mark.long
def test_no_two_writers_pass_a_guard_in_twenty_thousand_interleavings(log_database: str) -> None:
    play(log_database, 20_000)
