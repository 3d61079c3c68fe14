"""Commands that need evidence from several streams: it is gathered here, then one aggregate is asked.

Every door sends its commands through `handle`, or from an event loop through `handle_async`. Evidence is
gathered at one log position, and what is decided on it is recorded only while the case has no later event;
otherwise it is gathered anew. So a rule that looks at two streams holds as firmly as one that looks at a
single one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid5

from scp_events.aggregates import irp, participant, referral
from scp_events.event_log import BusyError, EventLog, EventLogAsync, EvidenceMovedError, Outcome, Recorded
from scp_events.vocabulary import (
    Aggregate,
    Command,
    CommandId,
    DecisionCommand,
    Event,
    EventId,
    IrpId,
    ParticipantId,
    Position,
    Provenance,
    ReferralId,
    Refused,
    Stream,
    fold,
    personal_fields,
)

Id = TypeVar("Id", bound=UUID)
S = TypeVar("S")
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)

ATTEMPTS = 16
"""How often evidence is gathered anew because its case moved on meanwhile."""


def handle(  # noqa: PLR0913 - as EventLog.handle
    log: EventLog,
    aggregate: Aggregate[Id, S, C, E],
    stream_id: Id,
    command: C,
    provenance: Provenance,
    *,
    case_id: ParticipantId | None = None,
    expected_version: int | None = None,
    fingerprint: bytes | None = None,
) -> Outcome:
    """As `EventLog.handle`, with every `Gathered` field of the command filled from the case's other streams.

    `case_id` is needed for the first event of a stream. Raises what `EventLog.handle` raises, save
    `EvidenceMovedError`.
    """
    stream = aggregate.stream(stream_id)
    case = log.case_of_stream(stream) or case_id
    _must_be_readable(log, stream, case, command, provenance)
    for _ in range(ATTEMPTS):
        founded, through = _founded(log, stream, case, command)
        try:
            outcome = log.handle(
                aggregate,
                stream_id,
                founded,
                provenance,
                case_id=case,
                expected_version=expected_version,
                evidence_through=through,
                fingerprint=fingerprint,
            )
        except EvidenceMovedError:
            continue
        follow_up = FOLLOW_UP.get(type(command))
        if follow_up is not None:
            follow_up(log, stream, provenance)
        return outcome
    raise BusyError(f"the case changed {ATTEMPTS} times while this was decided: try again")


async def handle_async(  # noqa: PLR0913 - as EventLog.handle
    log: EventLogAsync,
    aggregate: Aggregate[Id, S, C, E],
    stream_id: Id,
    command: C,
    provenance: Provenance,
    *,
    case_id: ParticipantId | None = None,
    expected_version: int | None = None,
    fingerprint: bytes | None = None,
) -> Outcome:
    """As `handle`, for a task of an event loop.

    A command that asks nothing of other streams needs no thread of its own: those are by far the most. For
    any other a thread does all that `handle` does.
    """
    if not _stands_alone(aggregate.stream(stream_id), command):
        return await log.aside(
            partial(
                handle,
                log.log,
                aggregate,
                stream_id,
                command,
                provenance,
                case_id=case_id,
                expected_version=expected_version,
                fingerprint=fingerprint,
            )
        )
    return await log.handle(
        aggregate,
        stream_id,
        command,
        provenance,
        case_id=case_id,
        expected_version=expected_version,
        fingerprint=fingerprint,
    )


def _stands_alone(stream: Stream, command: Command) -> bool:
    """Whether a command asks nothing of other streams, before it or after it."""
    is_about_others = type(command) in GATHER.keys() | FOLLOW_UP.keys() or _names_events(command)
    return not is_about_others and not _may_be_unreadable(stream, command)


def _may_be_unreadable(stream: Stream, command: Command) -> bool:
    """Whether it has to be seen first if the young person's data was erased: see `_must_be_readable`."""
    return stream.category != "participant" and bool(personal_fields(type(command)))


def _must_be_readable(
    log: EventLog, stream: Stream, case_id: ParticipantId | None, command: Command, provenance: Provenance
) -> None:
    """Refuse words about a young person whose data was erased: they would be erased as they are stored.

    The participant's own stream knows it was erased and says so itself. What was recorded before is answered
    as it was then.
    """
    if case_id is None or not _may_be_unreadable(stream, command):
        return
    if log.keyring.is_erased(case_id) and not log.events_of_command(provenance.command_id):
        raise Refused(
            "nothing-is-written-after-erasure",
            f"{type(command).__name__} would write personal data where it was erased:"
            " register the participant anew",
        )


# --- gathering --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaseFile:
    """Everything recorded of one case up to a position, by stream."""

    history: Sequence[Recorded[Event]]

    def events_of(self, stream: Stream) -> list[Recorded[Any]]:
        """Return one stream's events in version order."""
        return [recorded for recorded in self.history if recorded.stream == stream]

    def streams(self, category: str) -> list[Stream]:
        """Return the case's streams of one kind, oldest first."""
        return list(dict.fromkeys(r.stream for r in self.history if r.stream.category == category))

    def last(self, *kinds: type[Event]) -> EventId | None:
        """Return the id of the last event of these kinds, or None."""
        return next((r.envelope.event_id for r in reversed(self.history) if isinstance(r.event, kinds)), None)

    def ids(self, *kinds: type[Event]) -> list[EventId]:
        """Return the ids of every event of these kinds, oldest first."""
        return [r.envelope.event_id for r in self.history if isinstance(r.event, kinds)]


@dataclass(frozen=True)
class Findings:
    """What was gathered: values for the command's fields, and the events they rest on."""

    fields: Mapping[str, object]
    relied_on: Sequence[EventId] = field(default=())


Gather = Callable[[EventLog, CaseFile, Stream, Any], Findings]


def _founded(
    log: EventLog, stream: Stream, case_id: ParticipantId | None, command: C
) -> tuple[C, Position | None]:
    """Return the command with its evidence, and the position the evidence was gathered at, if any was."""
    gather = GATHER.get(type(command))
    if case_id is None or (gather is None and not _names_events(command)):
        return command, None
    through = log.head()
    case = CaseFile(log.case_history(case_id, through))
    _must_be_of_the_case(case, command)
    if gather is None:
        return command, None
    findings = gather(log, case, stream, command)
    return _with(command, findings), through


def _with(command: C, findings: Findings) -> C:
    changes = dict(findings.fields)
    if isinstance(command, DecisionCommand):
        relied_on = dict.fromkeys((*command.decision.relied_on, *findings.relied_on))
        changes["decision"] = command.decision.model_copy(update={"relied_on": tuple(relied_on)})
    return command.model_copy(update=changes)


def _names_events(command: Command) -> bool:
    return any(True for _ in _named_events(command))


def _named_events(command: Command) -> Iterable[EventId]:
    if isinstance(command, DecisionCommand):
        yield from command.decision.relied_on
    if isinstance(command, irp.IdentifyNeed | irp.CorrectNeed):
        yield from command.evidence


def _must_be_of_the_case(case: CaseFile, command: Command) -> None:
    """What a decision or a need rests on is an event of the same case, not made up or of somebody else."""
    known = {recorded.envelope.event_id for recorded in case.history}
    for event_id in _named_events(command):
        if event_id not in known:
            raise Refused(
                "evidence-is-in-the-case",
                f"event {event_id} is not in this case: name events that `scp replay` shows for it",
            )


def _open_referrals(_log: EventLog, case: CaseFile, stream: Stream, _command: Command) -> Findings:
    """A young person's other referrals to the same programme that are submitted and not decided."""
    asked = _referral(case, stream)
    others = [other for other in case.streams("referral") if other != stream]
    still_open = [other for other in others if _is_open_to(_referral(case, other), asked.programme)]
    return Findings({"open_elsewhere": tuple(ReferralId(other.id) for other in still_open)})


def _referral(case: CaseFile, stream: Stream) -> referral.State:
    return fold(referral, [recorded.event for recorded in case.events_of(stream)])


def _is_open_to(state: referral.State, programme: str | None) -> bool:
    is_open = state.status in referral.OPEN - {referral.Status.DRAFT}
    return is_open and state.programme == programme


def _acceptance(_log: EventLog, case: CaseFile, _stream: Stream, command: participant.Register) -> Findings:
    """The event by which the referral named was accepted."""
    if command.referral_id is None:
        return Findings({"accepted_as": None})
    of_referral = CaseFile(case.events_of(referral.stream(command.referral_id)))
    return Findings({"accepted_as": of_referral.last(referral.ReferralAccepted)})


def _caseload(
    log: EventLog,
    _case: CaseFile,
    stream: Stream,
    command: participant.AssignKeyWorker | participant.HandOver,
) -> Findings:
    """How many other young people the new key worker has now."""
    new = command.key_worker if isinstance(command, participant.AssignKeyWorker) else command.to_key_worker
    latest = log.latest_of_each_stream(
        participant.KeyWorkerAssigned,
        participant.KeyWorkerChanged,
        participant.ParticipantExited,
        participant.ParticipantReEngaged,
    )
    return Findings({"caseload_of_new_worker": sum(_has(r, new.id) for r in latest if r.stream != stream)})


def _has(recorded: Recorded[Event], key_worker: str) -> bool:
    match recorded.event:
        case participant.KeyWorkerAssigned(key_worker=now) | participant.KeyWorkerChanged(to_key_worker=now):
            return now.id == key_worker
    return False


def _next_version(_log: EventLog, case: CaseFile, stream: Stream, _command: Command) -> Findings:
    """The number of the plan's version, and the version whose place it takes."""
    earlier = [other for other in case.streams("irp") if other != stream]
    supersedes = IrpId(earlier[-1].id) if earlier else None
    return Findings({"plan_version": len(earlier) + 1, "supersedes": supersedes})


def _foundation(_log: EventLog, case: CaseFile, _stream: Stream, _command: Command) -> Findings:
    """What a plan is founded on: boundaries agreed, a story confirmed, and assessments."""
    registered = case.streams("participant")
    return _found(case, registered[0]) if registered else Findings({"evidence": irp.Evidence()})


def _found(case: CaseFile, stream: Stream) -> Findings:
    history = case.events_of(stream)
    own = CaseFile(history)
    events: list[participant.ParticipantEvent] = [recorded.event for recorded in history]
    state = fold(participant, events)
    agreed = state.boundaries is participant.Boundaries.AGREED  # not those of an engagement that ended
    evidence = irp.Evidence(
        boundaries_agreed=own.last(participant.BoundariesAgreed) if agreed else None,
        story_confirmed=own.last(participant.StoryConfirmed) if state.story_confirmed else None,
        assessments=tuple(own.ids(participant.AssessmentCompleted)),
    )
    relied_on = [e for e in (evidence.boundaries_agreed, evidence.story_confirmed) if e is not None]
    return Findings({"evidence": evidence}, [*relied_on, *evidence.assessments])


def _plan_as_agreed(_log: EventLog, case: CaseFile, stream: Stream, _command: Command) -> Findings:
    """What an approval rests on: the plan as proposed and as the young person agreed to it."""
    plan = CaseFile(case.events_of(stream))
    found = (plan.last(irp.IrpProposed), plan.last(irp.IrpAgreedByParticipant))
    return Findings({}, [event_id for event_id in found if event_id is not None])


GATHER: Mapping[type[Command], Gather] = {
    referral.SubmitReferral: _open_referrals,
    participant.Register: _acceptance,
    participant.AssignKeyWorker: _caseload,
    participant.HandOver: _caseload,
    irp.StartIrpDraft: _next_version,
    irp.ProposeIrp: _foundation,
    irp.ApproveIrp: _plan_as_agreed,
}
"""What each command needs from other streams."""

# --- following up -----------------------------------------------------------------------------------------


def _supersede(log: EventLog, stream: Stream, provenance: Provenance) -> None:
    """Agreement to a plan's next version supersedes the version before.

    A crash in between leaves two current versions until the same command is sent again: it was not answered
    yet, and its repetition comes by here.
    """
    agreed = IrpId(stream.id)
    for recorded in log.load(irp, agreed).history:
        if isinstance(recorded.event, irp.IrpDraftStarted) and recorded.event.supersedes is not None:
            supersede = irp.SupersedeIrp(by=agreed)
            log.handle(irp, recorded.event.supersedes, supersede, _caused_by(provenance, "supersede"))


FOLLOW_UP: Mapping[type[Command], Callable[[EventLog, Stream, Provenance], None]] = {
    irp.AgreeToIrp: _supersede,
}
"""What each command brings about in other streams."""


def _caused_by(provenance: Provenance, what: str) -> Provenance:
    return Provenance(
        by=provenance.by,
        command_id=CommandId(uuid5(provenance.command_id, what)),
        occurred_at=provenance.occurred_at,
        purpose=provenance.purpose,
        on_behalf_of=provenance.on_behalf_of,
        correlation_id=provenance.correlation_id,
        causation_id=provenance.command_id,
        source_system=provenance.source_system,
        source_recorded_at=provenance.source_recorded_at,
    )
