"""Decisions go in: the one way into the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from functools import partial
from hashlib import sha256
from random import uniform
from types import TracebackType
from typing import Any, NamedTuple, Self
from uuid import UUID
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from pydantic_core import to_json
from uuid_utils.compat import uuid7

from scp_events.aggregates import ALL
from scp_events.database.patience import PATIENCE_SECONDS
from scp_events.event_log.adopted import AdoptedPolicies
from scp_events.event_log.answers import (
    BusyError,
    ClosedError,
    CommandIdReusedError,
    LogUnreachableError,
    Outcome,
    StaleVersionError,
)
from scp_events.event_log.appends import Answer, Append, Condition
from scp_events.event_log.clocks import ClockWatch, check_clocks
from scp_events.event_log.connecting import connect
from scp_events.event_log.envelope import Codec, Recorded
from scp_events.event_log.enveloping import Enveloped, envelope, whose_keys
from scp_events.event_log.grounds import must_be_grounded
from scp_events.event_log.group_commit import ROOM
from scp_events.event_log.memory import NO_EVIDENCE, About, Gathered, Memory, Standing, standing_of
from scp_events.event_log.reading import said_in_our_words
from scp_events.event_log.requests import CommandRequest
from scp_events.event_log.roles import READER
from scp_events.event_log.rows import Row
from scp_events.event_log.sending import EventIdTakenError
from scp_events.event_log.store import Found, LogStore, Recalled, Recollection, Store, Wanted
from scp_events.event_log.trial import TrialKeys, TrialStore
from scp_events.history import (
    AnyFact,
    Decided,
    Question,
    decide,
    decide_at_the_end,
    evidence_types,
    further_about,
    others_of,
    told,
)
from scp_events.privacy.fetching import KeyFetcher
from scp_events.privacy.keyring import ERASED, NOBODY, Keyring
from scp_events.privacy.marks import hold_words
from scp_events.vocabulary import (
    LEEWAY,
    NOTHING_YET,
    Act,
    AnyAggregate,
    Calendar,
    CaseId,
    Command,
    CommandId,
    Correct,
    Event,
    EventId,
    Fact,
    IdentifiedCommand,
    IdentifiedEvent,
    Policy,
    Position,
    Refused,
    Retract,
    Stream,
    When,
    stored_type,
)

ATTEMPTS = 64
"""How often a command is decided anew because others were faster."""
STEPS = 3
"""Whoever was faster waits for as long as so many appends take: the others have to read, and to append."""
LONGEST_STEP_BACK = 0.1
"""Seconds that anybody waits at most so that others come in between."""
MOST_REFERENCES = 16_384
"""What so many cases are called is remembered."""
LONG = 100
"""Events that a loop decodes between two of its other tasks; more are decoded by a thread."""


def _now() -> datetime:
    return datetime.now(UTC)


class CommandHandler:
    """Decides commands and records what they come to: for the tasks of one event loop.

    A command is decided on what is remembered of its stream where its time stands at the end, and recorded if
    the stream and its evidence are still so: most are. Otherwise, and before anything is refused, all that is
    known is read. Commands for one stream take turns: of those decided on the same version, all but one would
    be decided in vain.
    """

    def __init__(  # noqa: PLR0913 - each has a usual value, and is given by name
        self,
        conninfo: str,
        keyring: Keyring | TrialKeys,
        aggregates: Sequence[AnyAggregate] = ALL,
        *,
        may_append: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = _now,
        new_id: Callable[[], UUID] = uuid7,
        store: Store | None = None,
        patience: float = PATIENCE_SECONDS,
        room: int = ROOM,
    ) -> None:
        """`may_append` raises where nothing may be appended, as when an anchor is ahead of the log.

        It is asked in a thread, before the first append, until it allows it. `store` stands for the log in a
        trial. `patience` is how long a call waits for a database that is away or silent, in seconds; `room`
        says how many may wait to be recorded.
        """
        self._conninfo = conninfo
        self._keyring = keyring
        self._aggregates = aggregates
        self._codec = Codec(aggregates, keyring)
        self._fetcher = KeyFetcher(keyring) if isinstance(keyring, Keyring) else None
        self._may_append = may_append
        self._is_allowed = False
        self._clock = clock
        self._watch = ClockWatch(clock)
        self._new_id = new_id
        self._patience = patience
        self._store = store or LogStore(conninfo, patience=patience, room=room)
        self._memory = Memory()
        self._turns: WeakValueDictionary[Stream, asyncio.Lock] = WeakValueDictionary()
        self._called: dict[str, CaseId] = {}
        self._reached = NOTHING_YET
        self._log_clock = datetime.min.replace(tzinfo=UTC)
        """When the last event that was seen was recorded: it is not earlier now."""
        self._contended = (NOBODY, 0.0)
        """The stream or case for which somebody else came too late last, and until when they go first."""
        self._closed = False
        self.calendar: Calendar
        self.adopted: AdoptedPolicies

    async def __aenter__(self) -> Self:
        """Connect. Raises `UnsafeServerError` or `LogUnreachableError`."""
        self.calendar = await asyncio.to_thread(self._look_at_the_server)
        self.adopted = AdoptedPolicies(self._store, self._codec, self.calendar)
        with suppress(LogUnreachableError):  # it was there a moment ago: the first command looks again
            await self.adopted.read(self.calendar.moment(self._clock()))
        loop = asyncio.get_running_loop()
        self._keyring.cache.on_forgetting(partial(self._hear, loop))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Answer those who wait, and give every connection back."""
        self._closed = True
        await self._store.close()
        if self._fetcher is not None:
            self._fetcher.close()

    def trial(self) -> CommandHandler:
        """Return what decides as this one would, on what is recorded and what it is told; it records nothing.

        It asks over the connections of this one, and is done with when it is let go of.
        """
        store, keys = TrialStore(self._store), TrialKeys(self._keyring)

        def new_id() -> UUID:
            made = self._new_id()
            store.note_free(EventId(made))
            return made

        tried = CommandHandler(
            self._conninfo, keys, self._aggregates, clock=self._clock, new_id=new_id, store=store
        )
        tried.calendar, tried.adopted = self.calendar, self.adopted
        return tried

    def policy_on(self, day: date | None = None) -> Policy:
        """Return the policy in force on a day, or today, as it was read last."""
        return self.adopted.known.in_force_on(day or self.calendar.day_of(self._clock()))

    async def open_case(self, reference: str) -> CaseId:
        """Return the case people call `reference`; make one where there is none yet."""
        await self._must_be_allowed()
        return self._call(reference, await self._store.open_case(reference))

    async def case_of(self, reference: str) -> CaseId | None:
        """Return the case people call `reference`, or None. What a case is called never changes."""
        known = self._called.get(reference) or await self._store.case_of(reference)
        return None if known is None else self._call(reference, known)

    def _call(self, reference: str, case_id: CaseId) -> CaseId:
        if len(self._called) >= MOST_REFERENCES:
            self._called.clear()
        self._called[reference] = case_id
        return case_id

    async def case_of_stream(self, stream: Stream) -> CaseId | None:
        """Return whose case a stream belongs to; None where it has no events, or belongs to none."""
        known = self._memory.standing(stream)
        return await self._store.case_of_stream(stream) if known is None else known.case_id

    async def handle(self, request: CommandRequest) -> Outcome:
        """Decide a command, and record what it comes to, once.

        The same command id again gets the first answer. Raises `Refused`, `StaleVersionError` where somebody
        decided on another version, `CommandIdReusedError` where the id was another command's, `BusyError`
        where others were always faster or too many wait, and `LogUnreachableError`, `LogUnwritableError` or
        `UnsafeServerError` where the server is not as it should be.
        """
        asked = self._asked(request)
        async with self._turn(request.stream):
            await self._let_others_go_first(asked)
            for attempt in range(ATTEMPTS):
                try:
                    return await self._on_what_is_remembered(asked) or await self._on_all_that_is_known(asked)
                except _OvertakenError:
                    await self._catch_up(asked, attempt)
        raise BusyError(f"the {request.stream.category} changed {ATTEMPTS} times meanwhile: try again")

    async def recall(self, command_ids: Collection[CommandId]) -> Recollection:
        """Return what those of these commands came to that were sent before: many at once."""
        return await self._store.recall(command_ids)

    async def foresee(self, event_ids: Collection[EventId]) -> None:
        """Say which ids the next commands are about to name: in a trial that saves looking each up."""
        await self._store.foresee(event_ids)

    async def answer_again(self, request: CommandRequest, came_to: Sequence[Recalled]) -> Outcome:
        """Return the first answer to a command of which is recalled what it came to.

        Raises `CommandIdReusedError` where its id was another command's.
        """
        subject = _whose_words(request, request.case_id)
        missing = self._keyring.missing([subject])
        if missing and self._fetcher is not None:
            await self._fetcher.fetch(missing)
        fingerprint = self._fingerprint(request, subject)
        if fingerprint not in {ERASED, bytes(came_to[0].fingerprint)}:
            raise CommandIdReusedError(
                f"command {request.provenance.command_id} was another one: give each its own id"
            )
        return _repeated(request.stream, came_to)

    def read(self, recalled: Recalled, *, unopened: bool = True) -> Recorded[Any]:
        """Return what a command came to; what is personal stays encrypted where it is left `unopened`."""
        return self._codec.recorded(recalled.row, self.calendar, unopened=unopened)

    # --- deciding -----------------------------------------------------------------------------------------

    async def _on_what_is_remembered(self, asked: _Asked) -> Outcome | None:
        """Record what a command comes to; None where nothing is remembered, or something else is said."""
        known = await self._remembered(asked)
        if known is None:
            return None
        question = await self._with_policies(self._question(asked, known))
        if not known.standing.latest.admits(question.when):
            return None
        try:
            await self._must_be_grounded(asked, known, question.when)
            decided = decide_at_the_end(question, known.standing.state, known.evidence.facts)
            return await self._record(asked, known, decided) if decided else None
        except (Refused, StaleVersionError, EventIdTakenError):
            return None  # it is said after reading only

    async def _on_all_that_is_known(self, asked: _Asked) -> Outcome:
        """Record what a command comes to, or say why not; what was sent before gets its first answer."""
        known = await self._opened(asked)
        question = await self._with_policies(self._question(asked, known))
        try:
            await self._must_be_grounded(asked, known, question.when)
            decided = decide(question, known.facts, known.evidence.facts)
            if decided:
                return await self._record(asked, known, decided)
        except (Refused, StaleVersionError):
            earlier = await self._recalled(asked, known.case_id)
            if earlier is None:
                raise
            return earlier
        except EventIdTakenError as taken:
            raise Refused(
                "event-id-taken", f"{taken}: send the command with an `event_id` of its own"
            ) from None
        return await self._recalled(asked, known.case_id) or Outcome(
            stream=asked.request.stream,
            version=known.standing.version,
            event_ids=(),
            first_position=None,
            recorded_at=None,
        )

    async def _must_be_grounded(self, asked: _Asked, known: _Known, when: When) -> None:
        expected, version = asked.request.expected_version, known.standing.version
        if expected is not None and version != expected:
            raise StaleVersionError(expected, version)
        await must_be_grounded(
            asked.request.command, known.about.subjects, when, self._store, self.calendar, self._reached
        )

    def _asked(self, request: CommandRequest) -> _Asked:
        if self._closed:
            raise ClosedError("the log was closed: nothing more can be recorded")
        return _Asked(
            request=request,
            event_id=EventId(self._new_id()),
            types=_evidence_of(request.aggregate, request.command),
            others=others_of(request.aggregate, request.command, request.provenance.answerable),
        )

    def _question(self, asked: _Asked, known: _Known) -> Question:
        """Return what is asked, now that so much is known."""
        request = asked.request
        said = None if isinstance(request.command, Act) else request.provenance.occurred_at
        now = max(self._clock(), self._log_clock)
        return Question(
            aggregate=request.aggregate,
            stream=request.stream,
            case_id=known.case_id,
            command=request.command,
            when=self.calendar.moment(known.after_all(now)) if said is None else self.calendar.when(said),
            by=request.provenance.answerable,
            event_id=asked.event_id,
            now=self.calendar.moment(now),
            calendar=self.calendar,
            name=request.name,
            policies=self.adopted.known,
        )

    async def _with_policies(self, question: Question) -> Question:
        """Return a question with every policy that may be in force by now."""
        if self.adopted.suffices(question.now, question.command):
            return question
        await self.adopted.read(question.now)
        return question._replace(policies=self.adopted.known)

    def _turn(self, stream: Stream) -> asyncio.Lock:
        turn = self._turns.get(stream)
        if turn is None:
            turn = self._turns[stream] = asyncio.Lock()
        return turn

    async def _let_others_go_first(self, asked: _Asked) -> None:
        """Wait a bit where another process came too late for this stream: it would never be in time."""
        contended, until = self._contended
        left = until - asyncio.get_running_loop().time()
        if left > 0 and contended in {asked.request.stream.id, asked.request.case_id}:
            await asyncio.sleep(left)
            await self._catch_up(asked, 0)

    # --- what is known ------------------------------------------------------------------------------------

    async def _remembered(self, asked: _Asked) -> _Known | None:
        """Return what is remembered of a stream, with evidence; None where it is to be read as a whole."""
        if isinstance(asked.request.command, Correct | Retract):
            return None
        standing = self._memory.standing(asked.request.stream)
        if standing is None:
            return None
        about = asked.about(standing.case_id)
        evidence = self._memory.evidence(about) if about.types else NO_EVIDENCE
        if evidence is None:
            await self._read_on(asked, standing, NO_EVIDENCE)
            standing, evidence = self._memory.standing(asked.request.stream), self._memory.evidence(about)
        return None if standing is None or evidence is None else _Known(standing, about, evidence)

    async def _opened(self, asked: _Asked) -> _Known:
        """Return all that is known of a stream, and remember where it stands."""
        stream = asked.request.stream
        found = await self._store.find(asked.wanted())
        facts = await self._facts(found, opened=asked.rests_on_words)
        further = asked.further_about(facts)
        if further:
            return await self._opened(asked._replace(others=(*asked.others, *further)))
        if asked.is_named_by_one_of(facts):  # sent again, or another's id: to be told word for word
            facts = await self._facts(found, opened=True)
        standing = standing_of(asked.request.aggregate, facts, found.case_id)
        about, evidence = asked.about(found.case_id), await self._gathered(asked, found)
        if facts:
            self._memory.put(stream, standing)
        self._memory.put_evidence(about, evidence)
        return _Known(standing, about, evidence, facts)

    async def _catch_up(self, asked: _Asked, attempt: int) -> None:
        """Step back, so that others come in between, and read only what has come since."""
        await asyncio.sleep(uniform(0, min(LONGEST_STEP_BACK, 0.002 * attempt)))  # noqa: S311 - no secret
        standing = self._memory.standing(asked.request.stream)
        if standing is not None:
            await self._read_on(
                asked, standing, self._memory.evidence(asked.about(standing.case_id)) or NO_EVIDENCE
            )

    async def _read_on(self, asked: _Asked, standing: Standing, evidence: Gathered) -> None:
        """Remember what has come to a stream and its evidence since."""
        stream = asked.request.stream
        found = await self._store.find(asked.wanted(standing, evidence.through))
        reached: Standing | None = standing
        for fact in await self._facts(found, opened=asked.rests_on_words):
            reached = reached and reached.and_then(asked.request.aggregate, fact)
        self._memory.put(stream, reached)
        since = await self._gathered(asked, found)
        self._memory.put_evidence(
            asked.about(standing.case_id), Gathered((*evidence.facts, *since.facts), since.through)
        )

    async def _facts(self, found: Found, *, opened: bool) -> list[AnyFact]:
        """Return a stream's facts."""
        for row in (*found.stream[-1:], *found.evidence):
            self._log_clock = max(self._log_clock, row.recorded_at)
        return await self._read(found.stream, opened=opened)

    async def _gathered(self, asked: _Asked, found: Found) -> Gathered:
        """Return evidence. Where no rule rests on the words of another stream they stay encrypted."""
        self._reached = max(self._reached, found.through)
        return Gathered(tuple(await self._read(found.evidence, opened=asked.opens_evidence)), found.through)

    async def _read(self, rows: Sequence[Row], *, opened: bool) -> list[AnyFact]:
        """Return what rows hold; a thread reads what is long, or needs keys that are not at hand."""
        if len(rows) > LONG or (opened and self._codec.unforeseen(row.body for row in rows)):
            return await asyncio.to_thread(self._decoded, rows, opened=opened)
        return self._decoded(rows, opened=opened)

    def _decoded(self, rows: Sequence[Row], *, opened: bool) -> list[AnyFact]:
        if opened:
            self._codec.foresee(row.body for row in rows)
        return [self._codec.fact(row, self.calendar, unopened=not opened) for row in rows]

    # --- recording ----------------------------------------------------------------------------------------

    async def _record(self, asked: _Asked, known: _Known, decided: Sequence[Decided]) -> Outcome:
        """Append what was decided, unless the stream or its evidence has moved on (`_OvertakenError`)."""
        await self._must_be_allowed()
        enveloped = await self._enveloped(asked, known, decided)
        subject = _whose_words(asked.request, known.case_id)
        await self._have_keys(asked, known, {subject, *whose_keys(enveloped)})
        append = Append(
            command_id=asked.request.provenance.command_id,
            fingerprint=self._fingerprint(asked.request, subject),
            events=[each.stored(self._codec) for each in enveloped],
            condition=known.condition,
        )
        began = asyncio.get_running_loop().time()
        answer = await self._store.append(append)
        self._watch.look(answer.recorded_at)
        self._log_clock = max(self._log_clock, answer.recorded_at)
        if answer.contended is not None:
            now = asyncio.get_running_loop().time()
            self._contended = (answer.contended, now + min(STEPS * (now - began), LONGEST_STEP_BACK))
        if answer.outcome == "recorded":
            return self._recorded(asked, known, enveloped, answer)
        if answer.outcome in {"already", "reused"}:
            earlier = await self._recalled(asked, known.case_id)
            assert earlier is not None, "the server knows it"  # noqa: S101 - for the type checker
            return earlier
        raise _OvertakenError

    async def _enveloped(self, asked: _Asked, known: _Known, decided: Sequence[Decided]) -> list[Enveloped]:
        """Put what was decided into envelopes, each with its place in its stream."""
        own = asked.request.stream
        others = {each.stream for each in decided} - {own}
        versions = {own: known.standing.version} | (await self._store.versions(others) if others else {})
        ids = iter([asked.event_id])
        enveloped = []
        for each in decided:
            version = versions[each.stream] = versions.get(each.stream, 0) + 1
            foreseen = next(ids, None) if each.stream == own else None  # of the first, whoever named it
            named = each.event.event_id if isinstance(each.event, IdentifiedEvent) else None
            event_id = named or foreseen or EventId(self._new_id())
            enveloped.append(
                Enveloped(envelope(each, event_id, asked.request.provenance), each.when, each.stream, version)
            )
        return enveloped

    async def _have_keys(self, asked: _Asked, known: _Known, subjects: Collection[UUID]) -> None:
        """Have keys at hand before they are used: look those up that are not, or make them."""
        missing = self._keyring.missing(subjects)
        if missing and self._fetcher is not None:
            begins = asked.request.aggregate.OPENS_CASE or known.case_id is None
            own = known.case_id or asked.request.stream.id
            newcomers = [each for each in missing if begins and not known.standing.version and each == own]
            await self._fetcher.fetch(missing, newcomers)

    def _recorded(
        self, asked: _Asked, known: _Known, enveloped: Sequence[Enveloped], answer: Answer
    ) -> Outcome:
        """Remember where the stream stands now, and say what was recorded."""
        first = Position(answer.first_position)
        facts = [
            Fact(
                each.envelope.event,
                each.envelope.event_id,
                each.stream,
                Position(first + n),
                each.when or self.calendar.moment(answer.recorded_at),
                asked.request.provenance.answerable,
                asked.request.provenance.command_id,
            )
            for n, each in enumerate(enveloped)
        ]
        self._remember(asked, known, facts)
        return Outcome(
            stream=asked.request.stream,
            version=known.standing.version + sum(fact.stream == asked.request.stream for fact in facts),
            event_ids=tuple(fact.event_id for fact in facts),
            first_position=first,
            recorded_at=answer.recorded_at,
        )

    def _remember(self, asked: _Asked, known: _Known, recorded: Sequence[AnyFact]) -> None:
        aggregate, own = asked.request.aggregate, asked.request.stream
        standing: Standing | None = known.standing
        for fact in recorded:
            if fact.stream == own:
                standing = standing and standing.and_then(aggregate, fact)
            else:
                self._memory.put(fact.stream, None)
        if standing is None and known.facts:
            mine = [fact for fact in recorded if fact.stream == own]
            standing = standing_of(aggregate, [*known.facts, *mine], known.case_id)
        self._memory.put(own, standing)
        self._reached = max(self._reached, recorded[-1].position)
        events: list[Event] = [fact.event for fact in recorded]
        if not any(stored_type(type(event)) in known.about.types for event in events):
            self._memory.put_evidence(known.about, Gathered(known.evidence.facts, recorded[-1].position))

    async def _must_be_allowed(self) -> None:
        if not self._is_allowed:
            await asyncio.to_thread(self._may_append)
            self._is_allowed = True

    # --- commands sent again ------------------------------------------------------------------------------

    def _fingerprint(self, request: CommandRequest, subject: UUID) -> bytes:
        """Return what tells a command sent again from another one of its id, and tells nobody its words.

        A digest of words can be guessed at, so it is blinded with a key of whose words they are. Once that
        is destroyed nothing is compared any more, and nothing can be guessed.
        """
        digest = request.fingerprint or digest_of(request.stream, request.command)
        return self._keyring.blinded(subject, digest)

    async def _recalled(self, asked: _Asked, case_id: CaseId | None) -> Outcome | None:
        """Return the first answer to a command that was sent before."""
        command_id = asked.request.provenance.command_id
        came_to = (await self._store.recall([command_id])).get(command_id)
        if came_to is None:
            return None
        return await self.answer_again(asked.request._replace(case_id=case_id), came_to)

    def _hear(self, loop: asyncio.AbstractEventLoop, subject: UUID | None) -> None:
        """A key is destroyed: forget the person. Called by whichever thread heard of it."""
        if not self._closed:
            loop.call_soon_threadsafe(self._memory.forget_person, subject)

    # --- the server ---------------------------------------------------------------------------------------

    def _look_at_the_server(self) -> Calendar:
        """Refuse a server that is not as it should be, and return whose days are told."""
        with said_in_our_words(), closing(connect(self._conninfo, READER, self._patience)) as connection:
            check_clocks(connection, self._clock)
            row = connection.execute("SELECT time_zone FROM event_log.installation").fetchone()
        assert row is not None, "prepared"  # noqa: S101 - for the type checker
        return Calendar(ZoneInfo(row[0]))


def digest_of(stream: Stream, command: Command) -> bytes:
    """Return what tells a command from another one."""
    whose = f"{stream.category}/{stream.id}/{type(command).__name__}/"
    return sha256(whose.encode() + to_json(command)).digest()


class _OvertakenError(Exception):
    """Somebody else recorded something that the decision did not know of."""


class _Asked(NamedTuple):
    """A request, and what follows from it alone."""

    request: CommandRequest
    event_id: EventId
    types: tuple[str, ...]
    others: tuple[UUID, ...]

    @property
    def rests_on_words(self) -> bool:
        """Whether what is encrypted has to be opened to decide it: few rules look at what somebody wrote."""
        return self.request.aggregate.RESTS_ON_WORDS or isinstance(self.request.command, Correct | Retract)

    @property
    def opens_evidence(self) -> bool:
        """Whether what is personal in its evidence is looked at; a correction asks any rule there is."""
        asked, command = self.request.aggregate.EVIDENCE, self.request.command
        if isinstance(command, Correct | Retract):
            return any(needed.opened for needed in asked.values())
        return type(command) in asked and asked[type(command)].opened

    def is_named_by_one_of(self, facts: Sequence[AnyFact]) -> bool:
        """Whether an event that is known already has the id that the command names."""
        command = self.request.command
        return isinstance(command, IdentifiedCommand) and told(facts, command.event_id) is not None

    def further_about(self, facts: Sequence[AnyFact]) -> list[UUID]:
        """Return what else its evidence is of, now that its stream was read."""
        found = further_about(self.request.aggregate, self.request.command, facts)
        return sorted(found.difference(self.others))

    def about(self, case_id: CaseId | None) -> About:
        """Return what its evidence is of, by whose case it is."""
        return About(self.types, (case_id or self.request.stream.id, *self.others), self.opens_evidence)

    def wanted(self, known: Standing | None = None, since: Position = NOTHING_YET) -> Wanted:
        """Return what is to be read, beyond what is known."""
        return Wanted(
            stream=self.request.stream,
            case_id=self.request.case_id if known is None else known.case_id,
            after=-1 if known is None else known.version,
            types=self.types,
            others=self.others,
            since=since,
        )


class _Known(NamedTuple):
    """What a command is decided on; `facts` only where all of them were read."""

    standing: Standing
    about: About
    evidence: Gathered
    facts: Sequence[AnyFact] = ()

    @property
    def case_id(self) -> CaseId | None:
        """Return whose case it is."""
        return self.standing.case_id

    def after_all(self, now: datetime) -> datetime:
        """Return when something is so that is so now: not before what is known, though clocks may differ."""
        latest = max((fact.when.at for fact in self.evidence.facts), default=now)
        latest = max(latest, self.standing.latest.at)
        return latest if now < latest <= now + LEEWAY else now

    @property
    def condition(self) -> Condition | None:
        """Return on which condition the decision stands."""
        if not self.about.types:
            return None
        return Condition(self.about.types, self.about.subjects, self.evidence.through)


def _whose_words(request: CommandRequest, case_id: CaseId | None) -> UUID:
    """Return whose words a command holds: those of a case, of what belongs to none, or nobody's."""
    if case_id is not None:
        return case_id
    return request.stream.id if hold_words(request.aggregate.EVENTS) else NOBODY


def _evidence_of(aggregate: AnyAggregate, command: Command) -> tuple[str, ...]:
    """Return the types of event that the evidence of a command is made of."""
    key = (aggregate.CATEGORY, type(command))
    if key not in _EVIDENCE_OF:
        _EVIDENCE_OF[key] = tuple(map(stored_type, evidence_types(aggregate, command)))
    return _EVIDENCE_OF[key]


_EVIDENCE_OF: dict[tuple[str, type[Command]], tuple[str, ...]] = {}


def _repeated(stream: Stream, came_to: Sequence[Recalled]) -> Outcome:
    first = came_to[0].row
    return Outcome(
        stream=stream,
        version=max((each.row.version for each in came_to if each.row.stream == stream), default=0),
        event_ids=tuple(each.event_id for each in came_to),
        first_position=first.position,
        recorded_at=first.recorded_at.astimezone(UTC),
        repeated=True,
    )
