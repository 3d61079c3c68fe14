"""What encrypting costs: encode and decode with encrypted fields against the same events as plain JSON.

Also how fast a cold case is opened, its keys looked up and unwrapped, and how fast keys are wrapped anew on
another epoch. Keys are real ones, in a file.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
from uuid_utils.compat import uuid7

from benchmarks.contacts import MINUTES, NOON, NOTE, WORKER, grounds, new_case
from benchmarks.program import SEED, Run, run
from benchmarks.rounds import Contender, Done, Rounds, clocked
from scp_events.aggregates import ALL
from scp_events.aggregates.engagement.events import (
    ContactOutcome,
    ContactRecorded,
    Medium,
    ParticipationPaused,
)
from scp_events.aggregates.referral.events import ReferralWaitlisted
from scp_events.event_log import Codec, Envelope
from scp_events.event_log.envelope import envelope_of
from scp_events.event_log.rows import Row
from scp_events.privacy import Keyring, open_keyring
from scp_events.vocabulary import (
    UTC_CALENDAR,
    CommandId,
    Event,
    EventId,
    Position,
    Precision,
    Stream,
    stored_type,
    the_one,
)

A_CASE = 69
"""Events of a case, referral to exit."""
MANY_KEYS = 100_000


@dataclass(frozen=True)
class Line:
    """One event on its way into the log, and as it lies there both ways."""

    envelope: Envelope[Event]
    stream: Stream
    version: int
    type: str
    encrypted: bytes
    plain: bytes

    @property
    def row(self) -> Row:
        """Return it as it is read."""
        return Row(
            Position(1),
            self.stream.id,
            self.stream.category,
            self.version,
            NOON,
            self.type,
            self.encrypted,
            self.envelope.case_id,
        )


def compare(said: Run) -> Mapping[str, float | None]:
    """Measure both ways of writing and reading, then a new epoch."""
    cases, keys = (20, 4_000) if said.short else (60, MANY_KEYS)
    conninfo, named = said.database(), said.keyring()
    keyring = said.closing(open_keyring(conninfo, named=named))
    lines = [line for _ in range(cases) for line in a_case(keyring)]
    said.compare({"plain encode": encoding_plainly(lines), "encrypted encode": encoding(lines, keyring)})
    said.compare({"plain decode": decoding_plainly(lines), "encrypted decode": decoding(lines, keyring)})
    said.compare({"cold decode": opening_cold(lines, conninfo, named)})
    fill(keyring, conninfo, keys)
    said.rounds.compare({"rewrap": rotating(keyring, keys)}, 1 if said.short else 3)
    said.facts |= {
        "encode_extra_us": extra(said.rounds, "encrypted encode", "plain encode"),
        "decode_extra_us": extra(said.rounds, "encrypted decode", "plain decode"),
        "cold_case_extra_us": A_CASE * extra(said.rounds, "cold decode", "encrypted decode"),
        "extra_bytes_per_event": sum(len(x.encrypted) - len(x.plain) for x in lines) / len(lines),
        "seconds_to_rewrap_100000": MANY_KEYS / said.rounds.median("rewrap"),
    }
    return {
        f"{what}_sealed_vs_plain": said.ratio(f"encrypted {what}", f"plain {what}")
        for what in ("encode", "decode")
    }


def extra(rounds: Rounds, name: str, other: str) -> float:
    """Return how many microseconds longer one thing takes than another."""
    return 1e6 / rounds.median(name) - 1e6 / rounds.median(other)


# --- contenders -------------------------------------------------------------------------------------------


def encoding(lines: Sequence[Line], keyring: Keyring) -> Contender:
    """Encrypted, as the log does it."""
    codec = Codec(ALL, keyring)

    def work() -> int:
        assert all(NOTE.encode() not in codec.encode(x.envelope, x.stream, x.version) for x in lines)
        return len(lines)

    return lambda: clocked(work)


def encoding_plainly(lines: Sequence[Line]) -> Contender:
    """The same as JSON."""

    def work() -> int:
        assert all(x.envelope.model_dump_json().encode() == x.plain for x in lines)
        return len(lines)

    return lambda: clocked(work)


def decoding(lines: Sequence[Line], keyring: Keyring) -> Contender:
    """Opened, as the log does it."""
    codec = Codec(ALL, keyring)

    def work() -> int:
        assert all(codec.recorded(x.row, UTC_CALENDAR).event == x.envelope.event for x in lines)
        return len(lines)

    return lambda: clocked(work)


def decoding_plainly(lines: Sequence[Line]) -> Contender:
    """The same from JSON, in one pass."""

    def work() -> int:
        assert all(type(x.envelope).model_validate_json(x.plain).event == x.envelope.event for x in lines)
        return len(lines)

    return lambda: clocked(work)


def opening_cold(lines: Sequence[Line], conninfo: str, named: str) -> Contender:
    """Opened by a process that has no key yet: each case looks its keys up and unwraps them."""
    with_keyring: list[Keyring] = []

    def contender() -> Done:
        for keyring in with_keyring:
            keyring.close()
        with_keyring[:] = [open_keyring(conninfo, named=named)]
        return decoding(lines, with_keyring[0])()

    return contender


def rotating(keyring: Keyring, keys: int) -> Contender:
    """Every key wrapped anew on another epoch."""

    def work() -> int:
        epoch = keyring.rotate()
        assert sum(each.keys for each in keyring.epochs() if each.epoch == epoch) >= keys
        return keys

    return lambda: clocked(work)


# --- what they work on ------------------------------------------------------------------------------------


def a_case(keyring: Keyring) -> list[Line]:
    """Return the events of one invented case: mostly contacts, every sixth a decision, some without words."""
    codec, case_id = Codec(ALL, keyring), new_case()
    stream = the_one("engagement", case_id)
    lines = []
    for version in range(1, A_CASE + 1):
        event = _event(version)
        envelope = envelope_of(type(event)).model_construct(
            event=event,
            event_id=EventId(uuid7()),
            case_id=case_id,
            occurred_at=NOON,
            precision=Precision.MINUTE,
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
        encrypted, plain = codec.encode(envelope, stream, version), envelope.model_dump_json().encode()
        lines.append(Line(envelope, stream, version, stored_type(type(event)), encrypted, plain))
    return lines


def _event(number: int) -> Event:
    if number % 6 == 0:
        return ParticipationPaused(decision=grounds())
    if number % 10 == 0:
        return ReferralWaitlisted()
    return ContactRecorded(
        event_id=EventId(uuid7()),
        medium=Medium.IN_PERSON,
        outcome=ContactOutcome.HELD,
        held_minutes=MINUTES,
        made_by=WORKER,
        note=NOTE,
    )


def fill(keyring: Keyring, conninfo: str, keys: int) -> None:
    """Make so many keys, in one statement: making them one by one is not what is measured."""
    epoch = keyring.epochs()[-1].epoch
    groups = ("core", "narrative")
    drawn = random.Random(SEED)
    wrapped = keyring.home.wrap(epoch, [drawn.randbytes(80) for _ in range(keys)])
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


def main(arguments: list[str]) -> int:
    """Measure, and print the line of JSON."""
    return run("encrypted_fields", __doc__, compare, arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
