"""Policies as C2SP writes them, and what they let through."""

from __future__ import annotations

from itertools import chain, combinations

import pytest

from scp_events.ledger.format.note import KeyKind, SignatureError, Signer
from scp_events.ledger.format.trust import Trust, TrustError
from tests.ledger.format.test_checkpoint import COURT, LOG, MINISTRY, POLICE, VERIFIERS, WITNESSES, cosigned
from tests.ledger.format.test_note import COSIGNED, ITS_LOG, ITS_WITNESSES

TWO_OF_THREE = f"""\
# whom the programme and its auditors trust
log {LOG.verifier.vkey} https://programme.example/log

witness court {COURT.verifier.vkey} https://court.example/witness
witness ministry {MINISTRY.verifier.vkey}
\twitness  police\t{POLICE.verifier.vkey}
group agencies 2 court ministry police
quorum agencies
"""
SIX = tuple(
    Signer(f"{name}.example", KeyKind.COSIGNATURE, bytes([number] * 32))
    for number, name in enumerate(("x1", "x2", "x3", "y1", "y2", "y3"), 1)
)
NESTED = (
    f"log {LOG.verifier.vkey}\n"
    + "".join(f"witness {each.name.removesuffix('.example')} {each.verifier.vkey}\n" for each in SIX)
    + "group x 2 x1 x2 x3\ngroup y any y1 y2 y3\ngroup both all x y\nquorum both\n"
)


def test_two_of_three_are_asked_for_and_enough() -> None:
    trust = Trust.parse(TWO_OF_THREE)
    assert trust.logs == (LOG.verifier,)
    assert list(trust.witnesses.values()) == VERIFIERS
    assert trust.addresses == {
        LOG.verifier: "https://programme.example/log",
        COURT.verifier: "https://court.example/witness",
    }
    assert set(trust.open(cosigned(COURT, POLICE)).cosigned) == {COURT.verifier, POLICE.verifier}
    for too_few in ((), (COURT,), (MINISTRY,)):
        with pytest.raises(SignatureError, match="not the quorum 'agencies'"):
            trust.open(cosigned(*too_few))


def test_groups_of_groups_are_weighed_as_the_specification_says() -> None:
    trust = Trust.parse(NESTED)
    keys = [each.verifier for each in SIX]
    for present in chain.from_iterable(combinations(keys, count) for count in range(7)):
        xs, ys = sum(each in present for each in keys[:3]), sum(each in present for each in keys[3:])
        assert trust.enough(present) == (xs >= 2 and ys >= 1)


def test_one_witness_may_be_the_quorum_or_none() -> None:
    witness = f"witness court {COURT.verifier.vkey}\n"
    one = Trust.parse(f"{witness}quorum court\n")
    assert [one.enough(present) for present in ([], [COURT.verifier])] == [False, True]
    assert Trust.parse(f"{witness}quorum none\n").enough([])


@pytest.mark.parametrize("text", [TWO_OF_THREE, NESTED])
def test_a_policy_is_read_as_it_was_written(text: str) -> None:
    trust = Trust.parse(text)
    assert Trust.parse(trust.text()) == trust


def test_a_policy_is_made_of_keys_and_a_number() -> None:
    witnesses = {each.verifier: f"https://{each.name}" for each in WITNESSES}
    trust = Trust.of([LOG.verifier], witnesses, 2)
    assert trust.enough(VERIFIERS[1:])
    assert not trust.enough(VERIFIERS[:1])
    assert trust.addresses == witnesses
    assert Trust.of([LOG.verifier], {}, 0).enough([])
    with pytest.raises(TrustError):
        Trust.of([LOG.verifier], witnesses, 4)


def test_a_published_checkpoint_meets_a_policy_of_three_of_its_witnesses() -> None:
    text = f"log {ITS_LOG}\n" + "".join(
        f"witness w{number} {key}\n" for number, key in enumerate(ITS_WITNESSES)
    )
    assert (
        Trust.parse(f"{text}group g 3 w0 w1 w2 w3\nquorum g\n").open(COSIGNED).checkpoint.size == 1432088532
    )


C, L = COURT.verifier.vkey, LOG.verifier.vkey
ALIAS = Signer("alias.example", KeyKind.COSIGNATURE, COURT.seed).verifier.vkey
OWN = Signer("own.example", KeyKind.COSIGNATURE, LOG.seed).verifier.vkey


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no quorum"),
        (f"log {L}\n", "names no quorum"),
        ("quorum none\nquorum none\n", "line 2 of the policy: one quorum"),
        ("quorum court\n", "named before it is defined"),
        (f"quorum court\nwitness court {C}\n", "line 1 .* named before"),
        (f"witness court {C}\nwitness court {ALIAS}\n", "a name already"),
        (f"witness court {C}\nwitness other {ALIAS}\n", "one voice counted twice"),
        (f"witness none {C}\n", "a name already"),
        (f"log {L}\nlog {L}\n", "line 2 .* there already"),
        (f"log {L}\nwitness own {OWN}\n", "its own witnesses"),
        (f"witness own {OWN}\nlog {L}\n", "line 2 .* its own witnesses"),
        (f"log {C}\n", "type 1"),
        (f"witness log {L}\n", "type 4"),
        (f"witness court {C}\ngroup g any\n", "says nothing"),
        (f"witness court {C}\ngroup g any court court\n", "one voice"),
        (f"witness court {C}\ngroup g any court\ngroup h any court\n", "one voice"),
        (f"witness court {C}\ngroup g 2 court\n", "cannot be had"),
        (f"witness court {C}\ngroup g 0 court\n", "cannot be had"),
        (f"witness court {C}\ngroup g 01 court\n", "cannot be had"),
        (f"witness court {C}\ngroup g some court\n", "cannot be had"),
        (f"witness court {C}\ngroup g any none\n", "named before"),
        (f"witness court {C}\ngroup g any g\n", "named before"),
        ("witness court somebody\n", r"line 1 .* name\+id\+key"),
        (f"log {L} https://a https://b\n", "says nothing"),
        ("trust everybody\n", "'trust' with 1 words"),
        ("quorum none\r\n", "control characters"),
    ],
)
def test_a_policy_that_does_not_say_whom_to_trust_is_refused(text: str, said: str) -> None:
    with pytest.raises(TrustError, match=said):
        Trust.parse(text)
