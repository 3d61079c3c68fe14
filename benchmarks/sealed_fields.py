"""What sealing costs: encode and decode with sealed fields against the same events as plain JSON.

Also how fast a cold case is opened, its keys looked up and unwrapped, and how fast keys are wrapped anew on
another epoch. Keys are real ones, in a file, on an embedded server of our own. `--short` stays under a
minute.

python -m benchmarks.sealed_fields [--format json] [--short]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID, uuid4

import psycopg
from uuid_utils.compat import uuid7

from benchmarks.program import SEED, Run, run
from benchmarks.rounds import Contender, Rounds, clocked
from scp_events.aggregates import ALL, participant, referral
from scp_events.event_log import Codec, Envelope
from scp_events.policy import CURRENT
from scp_events.privacy import Keyring, open_keyring
from scp_events.vocabulary import (
    NO_ACTION,
    Actor,
    CommandId,
    Decision,
    Event,
    EventId,
    LegalBasis,
    OrganisationId,
    ParticipantId,
    PersonId,
    Role,
    Stream,
    Views,
    stored_type,
)

Work: TypeAlias = Callable[[], int]
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOTE = "An invented note about an invented meeting, as long as such notes are. " * 3
WORKER = Actor(id=PersonId("kw-juniper"), role=Role.KEY_WORKER, organisation=OrganisationId("second-chance"))
A_CASE = 69
"""Events of a case, referral to exit."""


@dataclass(frozen=True)
class Size:
    """How much work a round is."""

    cases: int
    keys: int


LONG = Size(cases=60, keys=100_000)
SHORT = Size(cases=20, keys=4_000)


@dataclass(frozen=True)
class Line:
    """One event on its way into the log, and as it lies there both ways."""

    envelope: Envelope[Event]
    stream: Stream
    version: int
    type: str
    sealed: bytes
    plain: bytes


def compare(said: Run) -> Mapping[str, float | None]:
    """Measure what sealing adds to encoding and decoding, and what a cold case and a new epoch take."""
    size = SHORT if said.short else LONG
    random.seed(SEED)
    conninfo, named = said.database(), said.keyring()
    keyring = said.closing(open_keyring(conninfo, named=named))
    lines = [line for _ in range(size.cases) for line in a_case(keyring)]
    for contenders in (
        {"plain encode": encoding_plainly(lines), "sealed encode": encoding(lines, keyring)},
        {"plain decode": decoding_plainly(lines), "sealed decode": decoding(lines, keyring)},
        {"cold decode": opening_cold(lines, conninfo, named)},
    ):
        said.compare({name: in_a_round(prepare) for name, prepare in contenders.items()})
    fill(keyring, conninfo, size.keys)
    said.compare({"rewrap": in_a_round(rotating(keyring, size.keys))})
    rounds = said.rounds
    said.facts |= {
        "encode_extra_us": extra(rounds, "sealed encode", "plain encode"),
        "decode_extra_us": extra(rounds, "sealed decode", "plain decode"),
        "cold_case_extra_us": A_CASE * extra(rounds, "cold decode", "sealed decode"),
        "extra_bytes_per_event": sum(len(x.sealed) - len(x.plain) for x in lines) / len(lines),
        "seconds_to_rewrap_100000": 100_000 / rounds.median("rewrap"),
    }
    return {
        f"{what}_sealed_vs_plain": said.ratio(f"sealed {what}", f"plain {what}")
        for what in ("encode", "decode")
    }


def in_a_round(prepare: Callable[[], Work]) -> Contender:
    """Prepare, and clock the work alone."""
    return lambda: clocked(prepare())


def extra(rounds: Rounds, name: str, other: str) -> float:
    """Return how many microseconds longer one thing takes than another."""
    return 1e6 / rounds.median(name) - 1e6 / rounds.median(other)


# --- contenders -------------------------------------------------------------------------------------------


def encoding(lines: Sequence[Line], keyring: Keyring) -> Callable[[], Work]:
    """Sealed, as the log does it."""
    codec = Codec(ALL, keyring)

    def work() -> int:
        assert all(NOTE.encode() not in codec.encode(x.envelope, x.stream, x.version) for x in lines)
        return len(lines)

    return lambda: work


def encoding_plainly(lines: Sequence[Line]) -> Callable[[], Work]:
    """The same as JSON."""

    def work() -> int:
        assert all(x.envelope.model_dump_json().encode() == x.plain for x in lines)
        return len(lines)

    return lambda: work


def decoding(lines: Sequence[Line], keyring: Keyring) -> Callable[[], Work]:
    """Opened, as the log does it."""
    codec = Codec(ALL, keyring)

    def work() -> int:
        assert all(
            codec.decode(x.type, x.sealed, x.stream, x.version, "here").event == x.envelope.event
            for x in lines
        )
        return len(lines)

    return lambda: work


def decoding_plainly(lines: Sequence[Line]) -> Callable[[], Work]:
    """The same from JSON, in one pass."""

    def work() -> int:
        assert all(type(x.envelope).model_validate_json(x.plain).event == x.envelope.event for x in lines)
        return len(lines)

    return lambda: work


def opening_cold(lines: Sequence[Line], conninfo: str, named: str) -> Callable[[], Work]:
    """Opened by a process that has no key yet: each case looks its keys up and unwraps them."""
    with_keyring: list[Keyring] = []

    def prepare() -> Work:
        for keyring in with_keyring:
            keyring.close()
        with_keyring[:] = [open_keyring(conninfo, named=named)]
        return decoding(lines, with_keyring[0])()

    return prepare


def rotating(keyring: Keyring, keys: int) -> Callable[[], Work]:
    """Every key wrapped anew on another epoch."""

    def work() -> int:
        epoch = keyring.rotate()
        assert sum(each.keys for each in keyring.epochs() if each.epoch == epoch) >= keys
        return keys

    return lambda: work


# --- what they work on ------------------------------------------------------------------------------------


def a_case(keyring: Keyring) -> list[Line]:
    """Return the events of one invented case: mostly contacts, every sixth a decision, some without words."""
    codec, case_id = Codec(ALL, keyring), ParticipantId(uuid4())
    stream = Stream("participant", case_id)
    lines = []
    for version in range(1, A_CASE + 1):
        event = _event(version)
        envelope = codec.envelope_of(event).model_construct(
            event=event,
            event_id=EventId(uuid7()),
            case_id=case_id,
            occurred_at=NOON,
            actor=WORKER,
            on_behalf_of=None,
            purpose="casework",
            command_id=CommandId(uuid7()),
            correlation_id=None,
            causation_id=None,
            source_system=None,
            source_recorded_at=None,
            confidentiality="standard",
            subjects=(case_id,),
        )
        sealed, plain = codec.encode(envelope, stream, version), envelope.model_dump_json().encode()
        lines.append(Line(envelope, stream, version, stored_type(type(event)), sealed, plain))
    return lines


def _event(number: int) -> Event:
    if number % 6 == 0:
        return participant.ParticipationPaused(decision=_grounds())
    if number % 10 == 0:
        return referral.ReferralWaitlisted()
    return participant.ContactRecorded(
        event_id=EventId(uuid7()),
        medium=participant.Medium.IN_PERSON,
        outcome=participant.ContactOutcome.HELD,
        held_minutes=45,
        made_by=WORKER,
        note=NOTE,
    )


def _grounds() -> Decision:
    return Decision(
        by=WORKER,
        reason_code="onset",
        reason_text=NOTE,
        legal_basis=LegalBasis(
            instrument="court-order",
            act="Example Act",
            section="s. 1",
            reference="Order 17/2026",
            valid_from=NOON.date().replace(year=2020),
        ),
        options_considered=("agree", NO_ACTION),
        views=Views(expressed=NOTE),
        policy_version=CURRENT.version,
    )


def fill(keyring: Keyring, conninfo: str, keys: int) -> None:
    """Make so many keys, in one statement: making them one by one is not what is measured."""
    epoch = keyring.epochs()[-1].epoch
    groups = ("core", "narrative")
    wrapped = keyring.home.wrap(epoch, [random.randbytes(80) for _ in range(keys)])
    subjects = [uuid4() for _ in range(keys // 2)]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO keyring.keys (key_id, subject, field_group, epoch, wrapped)"
            " SELECT gen_random_uuid(), s, g, %s, w"
            " FROM unnest(%s::uuid[], %s::text[], %s::bytea[]) AS n(s, g, w)",
            [epoch, _twice(subjects), [*groups] * len(subjects), wrapped],
        )


def _twice(subjects: Sequence[UUID]) -> list[UUID]:
    return [subject for subject in subjects for _ in range(2)]


if __name__ == "__main__":
    sys.exit(run("sealed_fields", __doc__, compare, sys.argv[1:]))
