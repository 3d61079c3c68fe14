"""The rules a witness goes by: those of C2SP, as another implementation follows them, and one more."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.checkpoint import Checkpoint, sign, with_cosignatures
from scp_events.ledger.format.note import KeyKind, Note, Signer, Verifier, to_base64
from scp_events.ledger.format.tree import EMPTY_ROOT, leaf_hash
from scp_events.ledger.witness.cosigning import SIZE, TEXT, Accepted, AddCheckpoint, Refused, judge
from tests.ledger.format.test_note import CHECKSUM_DATABASE, TREE_OF_THE_CHECKSUM_DATABASE
from tests.ledger.history import LOG, History
from tests.ledger.leaves import invented, unhurried

HISTORY = History(invented(80))
LOGS = {LOG.name: (LOG.verifier,)}


def judged(body: str, latest: Checkpoint | None = None) -> Accepted | Refused:
    return judge(body, LOGS, {LOG.name: latest}.get)


def refused(body: str, latest: Checkpoint | None = None) -> Refused:
    answer = judged(body, latest)
    assert isinstance(answer, Refused)
    return answer


# --- what is granted --------------------------------------------------------------------------------------


def test_the_first_checkpoint_of_a_log_is_accepted_without_proof() -> None:
    assert judged(HISTORY.asks(0, 40)) == Accepted(HISTORY.checkpoint(40), HISTORY.signed(40))


@pytest.mark.parametrize(("old", "size"), [(40, 41), (40, 69), (1, 80), (64, 80), (0, 80)])
def test_a_checkpoint_that_continues_the_last_one_is_accepted(old: int, size: int) -> None:
    answer = judged(HISTORY.asks(old, size), HISTORY.checkpoint(old))
    assert isinstance(answer, Accepted)
    assert answer.checkpoint == HISTORY.checkpoint(size)


def test_the_last_checkpoint_is_accepted_again() -> None:
    """So that a log that lost the answer gets it, and one where nothing happens a fresh time."""
    assert isinstance(judged(HISTORY.asks(40, 40), HISTORY.checkpoint(40)), Accepted)


def test_signatures_of_strangers_are_passed_over() -> None:
    stranger = Signer("somebody.example", KeyKind.NOTE, bytes(32))
    signed = with_cosignatures(HISTORY.signed(40), [stranger.sign(HISTORY.checkpoint(40).text())])
    assert isinstance(judged(AddCheckpoint(0, (), signed).body()), Accepted)


def test_a_log_is_known_by_any_of_its_keys_and_by_its_origin() -> None:
    logs = {"go.sum database tree": (LOG.verifier, Verifier.parse(CHECKSUM_DATABASE))}
    body = f"old 0\n\n{TREE_OF_THE_CHECKSUM_DATABASE}"
    answer = judge(body, logs, lambda _origin: None)
    assert isinstance(answer, Accepted)
    assert answer.checkpoint.size == 63096908


# --- what is not ------------------------------------------------------------------------------------------


def test_a_log_nobody_told_of_is_unknown() -> None:
    stranger = replace(HISTORY, signer=Signer("somebody.example/log", KeyKind.NOTE, bytes(32)))
    assert refused(stranger.asks(0, 40)).status == HTTPStatus.NOT_FOUND
    assert judge(HISTORY.asks(0, 40), {LOG.name: ()}, {}.get) == refused(stranger.asks(0, 40))


def test_a_checkpoint_that_its_log_has_not_signed_is_forbidden() -> None:
    text = HISTORY.checkpoint(40).text()
    thief = Signer(LOG.name, KeyKind.NOTE, bytes(32))
    forged = HISTORY.signed(40).replace("\n40\n", "\n41\n")
    for signed in (Note(text).signed(thief.sign(text)).written(), forged):
        assert refused(AddCheckpoint(0, (), signed).body()).status == HTTPStatus.FORBIDDEN


def test_a_checkpoint_smaller_than_what_it_is_said_to_continue_is_a_bad_request() -> None:
    asked = AddCheckpoint(41, (), HISTORY.signed(40)).body()
    assert refused(asked, HISTORY.checkpoint(41)).status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("known", [None, HISTORY.checkpoint(39), HISTORY.checkpoint(41)])
def test_who_starts_from_elsewhere_is_told_the_size_of_the_last_checkpoint(known: Checkpoint | None) -> None:
    answer = refused(HISTORY.asks(40, 69), known)
    said = f"{known.size if known else 0}\n"
    assert answer == Refused(HTTPStatus.CONFLICT, said, SIZE)


def test_another_root_of_the_same_size_is_a_contradiction_without_a_size_to_start_from() -> None:
    asked = HISTORY.rewritten(0).asks(40, 40)
    answer = refused(asked, HISTORY.checkpoint(40))
    assert (answer.status, answer.media_type) == (HTTPStatus.UNPROCESSABLE_ENTITY, TEXT)
    assert answer.contradiction == HISTORY.rewritten(0).signed(40)


def test_other_stream_heads_for_the_same_size_are_a_contradiction() -> None:
    answer = refused(replace(HISTORY, heads=b"others").asks(40, 40), HISTORY.checkpoint(40))
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.contradiction


@pytest.mark.parametrize("at", [0, 20, 39])
def test_a_history_rewritten_before_the_last_checkpoint_is_not_proved_by_anything(at: int) -> None:
    rewritten = HISTORY.rewritten(at)
    for proof in (rewritten.proof(40, 69), HISTORY.proof(40, 69), (), (bytes(32),) * 5):
        asked = AddCheckpoint(40, proof, rewritten.signed(69)).body()
        answer = refused(asked, HISTORY.checkpoint(40))
        assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
        assert answer.contradiction == rewritten.signed(69)


def test_what_comes_after_the_last_checkpoint_is_not_history_yet() -> None:
    assert isinstance(judged(HISTORY.rewritten(40).asks(40, 69), HISTORY.checkpoint(40)), Accepted)


@pytest.mark.parametrize("latest", [None, HISTORY.checkpoint(0)])
def test_a_proof_from_nothing_is_refused_even_where_it_looks_right(latest: Checkpoint | None) -> None:
    """A verifier that took one would vouch for any history."""
    asked = AddCheckpoint(0, (bytes(32),), HISTORY.signed(40)).body()
    assert refused(asked, latest).status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_proof_beside_an_unchanged_checkpoint_is_refused() -> None:
    asked = AddCheckpoint(40, (bytes(32),), HISTORY.signed(40)).body()
    assert refused(asked, HISTORY.checkpoint(40)).status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_the_checkpoint_of_the_empty_log_is_accepted_once_and_for_all() -> None:
    empty = sign(Checkpoint(LOG.name, 0, EMPTY_ROOT), LOG)
    answer = judged(AddCheckpoint(0, (), empty).body())
    assert isinstance(answer, Accepted)
    assert isinstance(judged(HISTORY.asks(0, 5), answer.checkpoint), Accepted)


S = HISTORY.signed(40)
H = to_base64(bytes(32))


@pytest.mark.parametrize(
    "body",
    [
        "",
        S,
        f"\n{S}",
        f"old 0\n{S}",
        f"old\n\n{S}",
        f"old 00\n\n{S}",
        f"old -1\n\n{S}",
        f"old 1.0\n\n{S}",
        f"old  0\n\n{S}",
        f"new 0\n\n{S}",
        f"old 0 \n\n{S}",
        f"old 0\r\n\r\n{S}",
        f"old {2**63}\n\n{S}",
        f"old 0\n{H[:-1]}\n\n{S}",
        f"old 0\n{to_base64(bytes(31))}\n\n{S}",
        f"old 0\n{H} \n\n{S}",
        "old 0\n" + f"{H}\n" * 64 + f"\n{S}",
        f"old 0\n\n{S[:-1]}",
        f"old 0\n\n{S}\n",
        f"old 0\n\n{S.replace('—', '-')}",
        "old 0\n\n" + Note("nothing of the kind\n").signed(LOG.sign("nothing of the kind\n")).written(),
    ],
)
def test_what_is_no_request_is_a_bad_one(body: str) -> None:
    if "nothing of the kind" in body:
        answer = judge(body, {"nothing of the kind": (LOG.verifier,)}, lambda _origin: None)
        assert isinstance(answer, Refused)
    else:
        answer = refused(body)
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert answer.contradiction is None


@unhurried
@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_request_is_read_as_it_was_written(old: int, proof: list[bytes]) -> None:
    asked = AddCheckpoint(old, tuple(proof), S)
    assert AddCheckpoint.parse(asked.body()) == asked


# --- requests another implementation of the protocol is tested with ----------------------------------------

TREE = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
ITS_KEY = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
ONE = f"""\
{TREE}
1
KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

— {TREE} \
UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=
"""
THREE = f"""\
{TREE}
3
RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=

— {TREE} \
UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=
"""
FIVE = f"""\
{TREE}
5
QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=

— {TREE} \
UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=
"""
FROM_1_TO_3 = ("2a01" + "0" * 60, "2a02" + "0" * 60)
FROM_1_TO_5 = (
    "2a01" + "0" * 60,
    "f9f50357e93def4078237b8aaea24ce1a3f5965a0f64ff26bebd99e30470d8b2",
    "2a04" + "0" * 60,
)
FROM_3_TO_5 = (
    "2a02" + "0" * 60,
    "2a03" + "0" * 60,
    "c2088815d65f60dbfa594d4e96504ab169cb6084bf0c132ab7c521fd2e0eba41",
    "2a04" + "0" * 60,
)


def test_the_requests_that_another_witness_is_tested_with_are_answered_as_it_answers_them() -> None:
    logs = {TREE: (Verifier(TREE, KeyKind.NOTE, ITS_KEY),)}
    kept: dict[str, Checkpoint] = {}

    def ask(old: int, proof: tuple[str, ...], signed: str) -> HTTPStatus:
        body = AddCheckpoint(old, tuple(map(bytes.fromhex, proof)), signed).body()
        answer = judge(body, logs, kept.get)
        if isinstance(answer, Refused):
            return answer.status
        kept[TREE] = answer.checkpoint
        return HTTPStatus.OK

    assert ask(0, (), ONE) == HTTPStatus.OK
    assert ask(1, FROM_1_TO_3, THREE.replace("6go=", "6gs=")) == HTTPStatus.FORBIDDEN
    assert ask(1, (), THREE) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ask(1, (FROM_1_TO_3[0], FROM_1_TO_3[1][:-1] + "1"), THREE) == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ask(1, FROM_1_TO_3, THREE) == HTTPStatus.OK
    assert ask(1, FROM_1_TO_5, FIVE) == HTTPStatus.CONFLICT
    assert ask(3, FROM_3_TO_5, FIVE) == HTTPStatus.OK
    assert kept[TREE].size == 5


def test_leaf_hashes_do_not_pass_for_the_tree_above_them() -> None:
    short = Checkpoint(LOG.name, 1, leaf_hash(b"one"))
    body = AddCheckpoint(1, (), sign(replace(short, size=2), LOG)).body()
    assert refused(body, short).status == HTTPStatus.UNPROCESSABLE_ENTITY
