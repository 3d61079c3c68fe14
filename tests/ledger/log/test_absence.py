"""A proof of absence is issued where it is so and nowhere else, and refused where an event was left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

import pytest

from scp_events import aggregates
from scp_events.aggregates.engagement.commands import RecordChoice
from scp_events.case_file.absence import UnknownTypeError, claim_of, known
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.ledger.format.absence import Claim, document_of
from scp_events.ledger.format.document import written
from scp_events.ledger.format.note import KeyKind
from scp_events.ledger.key_files import read_key
from scp_events.ledger.log.absence import NotAbsentError, prove_absence
from scp_events.ledger.log.gathering import NothingToExportError, opened_desk, proved_case
from scp_events.ledger.log.keeping import checkpoint_now
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.offline import verify as offline
from scp_events.vocabulary import CaseId, Command, Correct, EventId, Refused, Retract
from tests.asking import Case
from tests.ledger.filled import settings
from tests.ledger.invented_case import kind_of, refitted, unpacked
from tests.opened import opened_handler, opened_reader
from tests.services.cli_case import CONTACT as MET
from tests.words import grounds

CONTACT, CHOICE = "engagement.contact-recorded", "engagement.choice-recorded"
FACTS: dict[str, Command] = {
    CONTACT: MET,
    CHOICE: RecordChoice(about="counselling", choice="An invented choice: rather wait."),
}
FIRST_DAY, DAYS = date(2025, 3, 1), 40


@dataclass
class Told:
    """One thing somebody said about a fact: that it was so on a day, or (None) that it never was."""

    position: int
    type: str
    fact: EventId
    day: date | None


@dataclass
class Diary:
    """A case, and what was said of it in the order in which it was said."""

    case: Case
    told: list[Told] = field(default_factory=list)

    def standing(self, known_at: int, types: Collection[str], first: date, last: date) -> list[int]:
        """Return where what stood was first recorded: said as plainly as can be, and only here."""
        first_said: dict[EventId, Told] = {}
        last_said: dict[EventId, Told] = {}
        for each in self.told:
            if each.position <= known_at and each.type in types:
                first_said.setdefault(each.fact, each)
                last_said[each.fact] = each
        days = {first_said[fact].position: said.day for fact, said in last_said.items()}
        return sorted(position for position, day in days.items() if day is not None and first <= day <= last)


def write_diary(handler: BlockingCommandHandler, random: Random, things: int) -> Diary:
    """Record things late, corrected and retracted, known to the minute or to the day."""
    diary = Diary(Case(handler).engage(at=FIRST_DAY - timedelta(days=60)))
    for _ in range(things):
        facts = {each.fact: each for each in diary.told}
        fact = facts[random.choice([*facts])] if facts and random.random() < 0.5 else None
        try:
            _say(diary, random, fact)
        except Refused:
            continue
    return diary


def _say(diary: Diary, random: Random, about: Told | None) -> None:
    """Say something new or, about something that was said, that it was otherwise or never was."""
    stored_as = about.type if about else random.choice([*FACTS])
    day: date | None = FIRST_DAY + timedelta(days=random.randrange(DAYS))
    at = datetime.combine(day or FIRST_DAY, time(random.choice((0, 12, 23)), 59), UTC)
    when, case = random.choice((day, at)), diary.case
    if about is None:
        outcome = case.ask(FACTS[stored_as], at=when)
    elif random.random() < 0.4:
        day, stream = None, case.stream(aggregates.engagement)
        outcome = case.ask(Retract(decision=grounds(), corrects=about.fact), stream=stream)
    else:
        correct = Correct(decision=grounds(), corrects=about.fact, instead=FACTS[stored_as], occurred_at=when)
        outcome = case.ask(correct)
    if outcome.last_position is not None:
        fact = about.fact if about else outcome.event_ids[0]
        diary.told.append(Told(outcome.last_position, stored_as, fact, day))


@dataclass
class Office:
    """A log with the diaries of some cases, and checkpoints published while they were written."""

    log: LogReader
    settings: LedgerSettings
    diaries: list[Diary]
    sizes: list[int]

    def claim(self, first: date, last: date, *types: str) -> Claim:
        return claim_of(self.log, types, first, last)

    def prove(self, case: CaseId, claim: Claim, at: int | None = None) -> bytes:
        _, archive = prove_absence(
            self.log.conninfo,
            self.settings,
            case,
            claim,
            lambda size: known(self.log, case, size, claim),
            at=at,
        )
        return archive

    def forge(self, case: CaseId, claim: Claim, at: int) -> bytes:
        """Return a proof of what need not be so, signed by whoever has stolen the key."""
        with opened_desk(self.log.conninfo, self.settings, at) as desk:
            proved = proved_case(desk, case)
            reference = self.log.reference_of(case) or ""
            return written(document_of(replace(proved, reference=reference), claim), desk.signer)

    def without_an_event(self, random: Random, document: bytes) -> bytes:
        """Return a proof with one event left out, signed by whoever has stolen the key."""
        assert self.settings.key_file
        base, files = unpacked(document)
        leaves = sorted(path for path in files if path.endswith(offline.LEAF))
        name = random.choice(leaves).removesuffix(offline.LEAF)
        for end in (offline.EVENT, offline.LEAF, offline.PROOF):
            files.pop(name + end, None)
        return refitted(base, kind_of(files), files, read_key(self.settings.key_file, KeyKind.NOTE))


@pytest.fixture
def office(log_database: str, tmp_path: Path) -> Iterator[Office]:
    random, sizes = Random(5), []  # noqa: S311 - the same log every time
    ledger = settings(tmp_path, ledger_key=tmp_path / "ledger.key")
    with opened_handler(log_database) as handler, opened_reader(log_database) as log:
        diaries = []
        for _ in range(8):
            diaries.append(write_diary(handler, random, 14))
            sizes.append(checkpoint_now(log_database, ledger)[0])
        yield Office(log, ledger, diaries, sizes)


def judge(office: Office, random: Random, claims: int) -> tuple[int, list[float]]:
    """Make random claims, and return how many were true and how long each took to verify, in seconds."""
    true, took = 0, list[float]()
    for _ in range(claims):
        number = random.randrange(len(office.diaries))
        diary, known_at = office.diaries[number], random.choice(office.sizes[number:])
        types = random.choice(((CONTACT,), (CHOICE,), (CONTACT, CHOICE)))
        first = FIRST_DAY + timedelta(days=random.randrange(-5, DAYS + 5))
        last = first + timedelta(days=random.choice((0, 0, 1, 3, 30)))
        claim, expected = office.claim(first, last, *types), diary.standing(known_at, types, first, last)
        if expected:
            with pytest.raises(NotAbsentError, match=f"position {', '.join(map(str, expected))};"):
                office.prove(diary.case.id, claim, known_at)
            said = [f"the event at position {each} is one that is said to be absent" for each in expected]
            assert offline.verify_archive(office.forge(diary.case.id, claim, known_at), ANYBODY).wrong == said
            continue
        document, began = office.prove(diary.case.id, claim, known_at), process_time()
        assert offline.verify_archive(document, ANYBODY).wrong == []
        took.append(process_time() - began)
        true += 1
        assert offline.verify_archive(office.without_an_event(random, document), ANYBODY).wrong
    return true, took


ANYBODY = offline.Trust()


def test_what_is_absent_is_proved_and_what_is_there_is_not(office: Office) -> None:
    true, took = judge(office, Random(6), 60)  # noqa: S311 - the same claims every time
    assert 15 < true < 55
    assert median(took) < 0.2


@pytest.mark.long
def test_a_thousand_claims_are_judged_right(office: Office) -> None:
    true, took = judge(office, Random(7), 1000)  # noqa: S311 - the same claims every time
    assert 200 < true < 900
    assert median(took) < 0.2


def test_a_whole_category_can_be_absent(office: Office) -> None:
    case = office.diaries[0].case.id
    claim = office.claim(date(2020, 1, 1), date(2030, 1, 1), "assessment", "irp")
    told = offline.verify_archive(office.prove(case, claim), ANYBODY).told
    assert told[0].startswith("OK: no assessment and no irp of case SC-")
    with pytest.raises(NotAbsentError, match="position 1, "):
        office.prove(case, office.claim(date(2020, 1, 1), date(2030, 1, 1), "participant", "engagement"))


def test_a_proof_shows_no_more_than_it_needs(office: Office) -> None:
    diary = office.diaries[0]
    _, files = unpacked(office.prove(diary.case.id, office.claim(date(2020, 1, 1), date(2020, 1, 2), CHOICE)))
    shown = {int(path[-16:-6]) for path in files if path.endswith(offline.EVENT)}
    leaves = [offline.read_leaf(files[path], path) for path in files if path.endswith(offline.LEAF)]
    assert shown == {leaf.position for leaf in leaves if leaf.version == 1 or leaf.type.startswith(CHOICE)}
    assert not any(path.startswith((offline.OPENED, "data/readable/")) for path in files)


def test_a_type_that_nothing_has_is_refused(office: Office) -> None:
    for typed in ("engagement.contact", "contact", "engagement.contact-recorded.", ""):
        with pytest.raises(UnknownTypeError, match="no event is a"):
            office.claim(FIRST_DAY, FIRST_DAY, typed)


def test_a_case_that_no_checkpoint_covers_has_no_proof(office: Office) -> None:
    claim = office.claim(FIRST_DAY, FIRST_DAY, CONTACT)
    with pytest.raises(NothingToExportError):
        office.prove(office.diaries[-1].case.id, claim, office.sizes[0])
