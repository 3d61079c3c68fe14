"""What `scp-events verify` does not claim: said by it every time, and drawn into the page about it."""

from __future__ import annotations

from typing import NamedTuple


class NotClaimed(NamedTuple):
    """Something that may be altered without being found, and what to do instead."""

    what: str
    why: str


NOT_CLAIMED = (
    NotClaimed("events that no checkpoint covers yet", "nobody has signed them; cover them first"),
    NotClaimed(
        "read models (rm_*, follower)", "made from the log: `scp-events projections verify` compares them"
    ),
    NotClaimed("the keyring", "a wrong key opens nothing: every encrypted part is bound to its place"),
    NotClaimed("event_log.commands.fingerprint", "blinded with a key that may be destroyed"),
    NotClaimed("event_log.cases, references that no event names yet", "opened, and nothing recorded"),
    NotClaimed("event_log.head, how far its time is ahead, and who came too late", "no event says it"),
    NotClaimed("event_log.installation, while no event is known by its day alone", "no event depends on it"),
    NotClaimed("ledger.checkpoints, made_at and published_at", "times of the database, which are not signed"),
    NotClaimed("ledger.checkpoints, those left out", "a later one vouches for all before it"),
    NotClaimed("indexes, functions, rights and settings of the server", "it answers for itself"),
    NotClaimed("that what was recorded is true", "nobody can tell from a log"),
)
