"""The list of the logs a witness knows, as the public witness network writes it."""

from __future__ import annotations

import pytest

from scp_events.ledger.format.note import KeyKind, Signer, Verifier
from scp_events.ledger.witness.log_list import LogListError, parse_log_list
from tests.ledger.format.test_note import CHECKSUM_DATABASE, ITS_LOG, ITS_WITNESSES, WITNESS

LIST = f"""\
# List:      an example
logs/v0

# a log that is called as its key is
vkey {ITS_LOG}
origin none
bastion none
qpd 86400
contact https://log.example/contact

vkey {CHECKSUM_DATABASE}
origin go.sum database tree
"""


def test_a_log_is_known_by_its_origin() -> None:
    assert parse_log_list(LIST) == {
        Verifier.parse(ITS_LOG).name: (Verifier.parse(ITS_LOG),),
        "go.sum database tree": (Verifier.parse(CHECKSUM_DATABASE),),
    }


def test_a_log_may_have_several_keys() -> None:
    new = Signer("new.example", KeyKind.NOTE, bytes(32)).verifier
    found = parse_log_list(f"{LIST}vkey {new.vkey}\norigin go.sum database tree\n")
    assert found["go.sum database tree"] == (Verifier.parse(CHECKSUM_DATABASE), new)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no log"),
        ("logs/v0\n", "names no log"),
        (f"vkey {ITS_LOG}\n", "line 1 .*logs/v0"),
        (f"logs/v1\nvkey {ITS_LOG}\n", "line 1 .*logs/v0"),
        ("logs/v0\norigin a log\n", "line 2 .* begins with its `vkey`"),
        ("logs/v0\nvkey\n", "line 2"),
        ("logs/v0\nvkey somebody\n", r"line 2 .*name\+id\+key"),
        (f"logs/v0\n\nvkey {WITNESS.verifier.vkey}\n", "line 3 .* a witness's key"),
        (f"logs/v0\nvkey {ITS_WITNESSES[0]}\n", "a witness's key"),
    ],
)
def test_a_list_that_does_not_say_which_logs_is_refused(text: str, said: str) -> None:
    with pytest.raises(LogListError, match=said):
        parse_log_list(text)
