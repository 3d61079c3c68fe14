"""The witness's desk: what is promised is kept, whatever happens in between and whoever asks at once."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scp_events.ledger import durable
from scp_events.ledger.format.checkpoint import Checkpoint
from scp_events.ledger.format.note import KeyKind, Note, Signature, Signer, cosigned_at
from scp_events.ledger.witness import contradictions
from scp_events.ledger.witness.contradictions import Contradictions, UnreadableError, kept_in
from scp_events.ledger.witness.cosigning import Accepted, AddCheckpoint
from scp_events.ledger.witness.promises import PROMISES, Promises, found, opened
from scp_witness.desk import Answer, Desk
from tests.ledger.history import LOG, History
from tests.ledger.leaves import invented

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WITNESS = Signer("court.example/witness", KeyKind.COSIGNATURE, bytes(range(32)))
HISTORY = History(invented(80))
LOGS = {LOG.name: (LOG.verifier,)}
OTHER = replace(HISTORY, signer=Signer("other.example/log", KeyKind.NOTE, bytes(32)))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    found(tmp_path / "witness", WITNESS)
    return tmp_path / "witness"


@contextmanager
def desk(home: Path) -> Iterator[Desk]:
    with opened(home) as (signer, promised):
        yield Desk(signer, LOGS, promised, Contradictions(home), lambda: NOON)


def asks(size: int, old: int = 0, history: History = HISTORY) -> bytes:
    return history.asks(old, size).encode()


def test_a_cosignature_says_when_and_covers_the_whole_checkpoint(home: Path) -> None:
    with desk(home) as witness:
        answer = witness.add_checkpoint(asks(40))
    signature = Signature.parse(answer.said.removesuffix("\n"))
    WITNESS.verifier.verify(HISTORY.checkpoint(40).text(), signature)
    assert cosigned_at(signature) == NOON


def test_nobody_hears_of_a_cosignature_before_it_is_on_the_disk(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk: list[str] = []
    keep = Promises.keep

    def looking(promised: Promises, accepted: Accepted, cosignature: Signature) -> None:
        keep(promised, accepted, cosignature)
        on_disk.append(json.loads((home / PROMISES).read_text(encoding="utf-8"))["cosigned"][LOG.name])

    monkeypatch.setattr(Promises, "keep", looking)
    with desk(home) as witness:
        answer = witness.add_checkpoint(asks(40))
    assert answer.status == 200
    assert on_disk == [HISTORY.signed(40) + answer.said]


def test_monitors_are_shown_the_last_checkpoint_with_both_signatures(home: Path) -> None:
    of_the_log = sha256(LOG.name.encode()).hexdigest()
    with desk(home) as witness:
        assert witness.latest(of_the_log).status == 404
        witness.add_checkpoint(asks(40))
        said = witness.add_checkpoint(asks(41, 40)).said
        witness.add_checkpoint(asks(41, 41, HISTORY.rewritten(3)))
        shown = Answer(HTTPStatus.OK, HISTORY.signed(41) + said)
        assert witness.latest(of_the_log) == shown
        for other in (of_the_log.upper(), of_the_log[:-1], LOG.name, sha256(b"other").hexdigest()):
            assert witness.latest(other).status == 404
    with desk(home) as witness:
        assert witness.latest(of_the_log) == shown, "after a restart, too"


def test_a_signature_that_somebody_added_is_neither_kept_nor_shown(home: Path) -> None:
    stranger = Signer("stranger.example/log", KeyKind.NOTE, bytes(32))
    text = HISTORY.checkpoint(40).text()
    signed = Note.parse(HISTORY.signed(40)).signed(stranger.sign(text)).written()
    with desk(home) as witness:
        said = witness.add_checkpoint(AddCheckpoint(0, (), signed).body().encode()).said
        assert witness.latest(sha256(LOG.name.encode()).hexdigest()).said == HISTORY.signed(40) + said


def test_what_cannot_be_written_down_is_not_cosigned_and_can_be_asked_for_again(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "no space left on device")

    with desk(home) as witness:
        with monkeypatch.context() as patched:
            patched.setattr(durable, "replace", full)
            answer = witness.add_checkpoint(asks(40))
        assert (answer.status, "—" in answer.said) == (503, False)
        assert witness.add_checkpoint(asks(41)).status == 200


def test_of_two_requests_at_once_that_exclude_each_other_one_wins(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second comes when the first has been judged and is about to be written down."""
    keep = Promises.keep
    second: list[Future[object]] = []

    def slowly(promised: Promises, accepted: Accepted, cosignature: Signature) -> None:
        if not second:
            second.append(pool.submit(witness.add_checkpoint, asks(42, history=HISTORY.rewritten(3))))
            wait(second, timeout=0.3)
        keep(promised, accepted, cosignature)

    monkeypatch.setattr(Promises, "keep", slowly)
    with ThreadPoolExecutor(1) as pool, desk(home) as witness:
        first = witness.add_checkpoint(asks(41))
        [other] = [future.result() for future in second]
    assert (first.status, other) == (
        200,
        replace(first, status=409, said="41\n", media_type="text/x.tlog.size"),
    )


def test_many_requests_at_once_make_one_history(home: Path) -> None:
    histories = [HISTORY.rewritten(at) for at in range(8)]
    together = threading.Barrier(8)

    def submit(history: History) -> list[int]:
        together.wait()
        return [
            size
            for size in range(1, 9)
            if witness.add_checkpoint(asks(size, size - 1, history)).status == 200
        ]

    with ThreadPoolExecutor(8) as pool, desk(home) as witness:
        won = list(pool.map(submit, histories))
    everything = sorted(size for sizes in won for size in sizes)
    assert everything == list(range(1, len(everything) + 1))
    assert everything
    with opened(home) as (_, promised):
        latest = promised.latest(LOG.name)
        assert latest
        assert latest.size == len(everything)


def test_logs_do_not_meddle_with_each_other(home: Path) -> None:
    with opened(home) as (signer, promised):
        logs = LOGS | {OTHER.signer.name: (OTHER.signer.verifier,)}
        both = Desk(signer, logs, promised, Contradictions(home), lambda: NOON)
        assert both.add_checkpoint(asks(40)).status == 200
        assert both.add_checkpoint(asks(7, history=OTHER)).status == 200
        assert both.add_checkpoint(asks(41, 40)).status == 200


def test_what_contradicts_the_past_is_kept_as_evidence_with_what_it_contradicts(home: Path) -> None:
    forged = HISTORY.rewritten(3)
    with desk(home) as witness:
        first = HISTORY.signed(40) + witness.add_checkpoint(asks(40)).said
        for _ in range(2):
            assert witness.add_checkpoint(asks(40, 40, forged)).status == 422
            assert witness.add_checkpoint(asks(69, 40, forged)).status == 422
        second = HISTORY.signed(41) + witness.add_checkpoint(asks(41, 40)).said
        assert witness.add_checkpoint(asks(41, 41, forged)).status == 422
        assert witness.add_checkpoint(asks(69, 41, forged)).status == 422
    kept = [(each.signed, each.cosigned, each.is_proof, each.at) for each in kept_in(home)]
    assert kept == [
        (forged.signed(40), first, True, NOON),
        (forged.signed(41), second, True, NOON),
        (forged.signed(69), first, False, NOON),
    ]


def test_junk_beside_a_contradiction_makes_it_no_other(home: Path) -> None:
    forged, text = HISTORY.rewritten(3), HISTORY.rewritten(3).checkpoint(40).text()
    with desk(home) as witness:
        witness.add_checkpoint(asks(40))
        for number in range(5):
            stranger = Signer(f"stranger.example/{number}", KeyKind.NOTE, bytes(32))
            signed = Note.parse(forged.signed(40)).signed(stranger.sign(text)).written()
            witness.add_checkpoint(AddCheckpoint(40, (), signed).body().encode())
    assert [each.signed for each in kept_in(home)] == [forged.signed(40)]


def test_without_room_for_more_contradictions_of_a_log_nothing_of_it_is_cosigned(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(contradictions, "MOST", 2)
    with opened(home) as (signer, promised):
        logs = LOGS | {OTHER.signer.name: (OTHER.signer.verifier,)}
        witness = Desk(signer, logs, promised, Contradictions(home), lambda: NOON)
        witness.add_checkpoint(asks(40))
        statuses = [witness.add_checkpoint(asks(40, 40, HISTORY.rewritten(at))).status for at in (1, 2, 2, 3)]
        assert statuses == [422, 422, 422, 507], "the third is kept already, the fourth cannot be"
        assert witness.add_checkpoint(asks(41, 40)).status == 507
        assert witness.add_checkpoint(asks(7, history=OTHER)).status == 200, "other logs are served"
        (kept,) = (home / contradictions.DIRECTORY).iterdir()
        kept.rename(home / "looked-at")
        assert witness.add_checkpoint(asks(41, 40)).status == 200
    assert "look, and move them away" in capsys.readouterr().out


def test_evidence_that_cannot_be_kept_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with desk(home) as witness:
        witness.add_checkpoint(asks(40))
        monkeypatch.setattr(Path, "mkdir", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "full")))
        assert witness.add_checkpoint(asks(40, 40, HISTORY.rewritten(3))).status == 503


def test_evidence_that_somebody_has_changed_is_not_passed_over(home: Path) -> None:
    with desk(home) as witness:
        witness.add_checkpoint(asks(40))
        witness.add_checkpoint(asks(40, 40, HISTORY.rewritten(3)))
    (path,) = (home / contradictions.DIRECTORY).glob("*/*")
    for spoilt in ("{}", "no JSON", "[]", '{"signed": "x", "cosigned": null, "at": "2026-03-02"}'):
        path.write_text(spoilt)
        with pytest.raises(UnreadableError, match="not as it was written"):
            list(kept_in(home))


def test_bytes_that_are_no_text_are_a_bad_request(home: Path) -> None:
    with desk(home) as witness:
        assert witness.add_checkpoint(b"old 0\n\n\xff").status == 400


class CrashError(BaseException):
    """The power goes."""


class AWitness(RuleBasedStateMachine):
    """A log whose key was stolen asks for whatever it likes, and the witness's power goes at any moment.

    The leaves of each history it tells are a word of two letters, so histories part and come together.
    """

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(mkdtemp())
        found(self.directory / "witness", WITNESS)
        self.given: list[tuple[str, Checkpoint]] = []
        self.start()

    def start(self) -> None:
        self.opening = opened(self.directory / "witness")
        signer, self.promised = self.opening.__enter__()
        self.desk = Desk(
            signer, LOGS, self.promised, Contradictions(self.directory / "witness"), lambda: NOON
        )

    def teardown(self) -> None:
        self.opening.__exit__(None, None, None)
        shutil.rmtree(self.directory)

    def history(self, word: str) -> History:
        return History(tuple(invented(2)["ab".index(letter)] for letter in word))

    @rule(word=st.text("ab", min_size=1, max_size=6), from_where=st.integers(0, 6) | st.none())
    def ask(self, word: str, from_where: int | None) -> None:
        """Ask for a history from where the witness is, or from anywhere."""
        history = self.history(word)
        latest = self.promised.latest(LOG.name)
        old = from_where if from_where is not None else latest.size if latest else 0
        answer = self.desk.add_checkpoint(history.asks(old, len(word)).encode())
        if answer.status == 200:
            self.given.append((word, history.checkpoint(len(word))))

    @rule(
        word=st.text("ab", min_size=1, max_size=6), proof=st.lists(st.sampled_from(invented(2)), max_size=4)
    )
    def ask_with_a_proof_made_up(self, word: str, proof: list[bytes]) -> None:
        history = self.history(word)
        latest = self.promised.latest(LOG.name)
        asked = AddCheckpoint(latest.size if latest else 0, tuple(proof), history.signed(len(word)))
        if self.desk.add_checkpoint(asked.body().encode()).status == 200:
            self.given.append((word, history.checkpoint(len(word))))

    @rule()
    def restart(self) -> None:
        self.opening.__exit__(None, None, None)
        self.start()

    @precondition(lambda self: self.promised.latest(LOG.name) is not None)
    @rule(word=st.text("ab", min_size=1, max_size=6), step=st.sampled_from(["_write", "flush_directory"]))
    def crash_while_writing(self, word: str, step: str) -> None:
        """The power goes before the file takes its name, or after and before anybody is answered."""
        latest = self.promised.latest(LOG.name)
        assert latest
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(durable, step, self._power_cut)
            with suppress(CrashError):
                self.desk.add_checkpoint(self.history(word).asks(latest.size, len(word)).encode())
        self.restart()

    @staticmethod
    def _power_cut(*_: object) -> None:
        raise CrashError

    @invariant()
    def all_it_ever_cosigned_is_one_history(self) -> None:
        told = sorted((word for word, _ in self.given), key=len)
        for shorter, longer in pairwise(told):
            assert longer.startswith(shorter)

    @invariant()
    def for_one_size_it_cosigned_one_text(self) -> None:
        texts: dict[int, set[str]] = {}
        for _, checkpoint in self.given:
            texts.setdefault(checkpoint.size, set()).add(checkpoint.text())
        assert all(len(each) == 1 for each in texts.values())


TestAWitness = AWitness.TestCase
TestAWitness.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
