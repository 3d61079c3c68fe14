"""The ledger's checkpoints: each signed by the key of the log that the verifier holds, and by no other.

The database names a key too. It is compared, and only where the verifier holds none it is taken for the
log's: then a log may be consistent in itself, and nobody has vouched for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from scp_events.ledger.format.checkpoint import Checkpoint, OpenedCheckpoint
from scp_events.ledger.format.log_keys import LogKeys, opened_by
from scp_events.ledger.format.note import NoteError
from scp_events.ledger.format.trust import NONE, Trust
from scp_events.ledger.log import tables
from scp_events.ledger.log.log_key import chains, known_keys
from scp_events.ledger.log.outcomes import Finding, Outcome
from scp_events.ledger.log.tables import AnyConnection, LedgerError


@dataclass(slots=True)
class Signed:
    """The checkpoints that are signed as they must be, smallest first, and what is wrong with others."""

    checkpoints: list[Checkpoint] = field(default_factory=list)
    newest: OpenedCheckpoint | None = None
    findings: list[Finding] = field(default_factory=list)
    witnessed: int = -1
    """Of how many events enough of the witnesses have cosigned a checkpoint; -1 where they have none."""


def signed(connection: AnyConnection, trust: Trust) -> Signed:
    """Check every checkpoint of the ledger with the keys of `trust`."""
    found = Signed()
    named, findings = named_key(connection, trust)
    found.findings += findings
    keys = chains(connection, trust.logs) or ((named,) if named else ())
    if not keys:
        return found
    published = -1
    for size, note, is_published in tables.all_checkpoints(connection):
        try:
            opened = opened_by(keys, note, tuple(trust.witnesses.values()))
        except (NoteError, ValueError) as error:
            strange = _opened_with(note, named)
            found.findings.append(_not_signed(size, strange, error))
            if strange is None:
                continue
            opened = strange
        if opened.checkpoint.size != size:
            found.findings.append(
                _wrong(size, f"it is filed under {size} and is of {opened.checkpoint.size}")
            )
            continue
        found.checkpoints.append(opened.checkpoint)
        found.newest = opened
        if is_published and trust.quorum != NONE:
            published = size
            if trust.enough(opened.cosigned):
                found.witnessed = size
            elif found.witnessed >= 0:
                found.findings.append(_wrong(size, "it was published, and cosignatures are missing"))
    if published >= 0 > found.witnessed:
        says = (
            f"too few of the witnesses have cosigned the checkpoint of {published} events, the last published"
        )
        found.findings.append(Finding(Outcome.WITNESSES_NOT_ASKED, says, name=f"checkpoint of {published}"))
    return found


def named_key(connection: AnyConnection, trust: Trust) -> tuple[LogKeys | None, list[Finding]]:
    """Return the keys that the database names, and what is to be said of them."""
    name = "ledger.log_keys"
    try:
        named = known_keys(connection)
    except LedgerError as error:
        return None, [Finding(Outcome.ALTERED, f"{name} holds no key: {error}", name=name)]
    if named is None and tables.newest_checkpoint(connection) is not None:
        return None, [Finding(Outcome.ALTERED, f"{name} is empty, and there are checkpoints", name=name)]
    if named is None or not trust.logs or {*named.all} & {*trust.logs}:
        return named, []
    held = " or ".join(each.vkey for each in trust.logs)
    says = f"the database names the log's key {named.newest.vkey}, and you hold {held}"
    return named, [Finding(Outcome.OTHER_KEY, says, name=name)]


def _opened_with(note: str, named: LogKeys | None) -> OpenedCheckpoint | None:
    """Return a checkpoint signed by the key that the database names, which the verifier does not hold."""
    try:
        return named.open(note) if named else None
    except NoteError:
        return None


def _not_signed(size: int, strange: OpenedCheckpoint | None, error: Exception) -> Finding:
    """Tell a checkpoint that another key has signed from one that nobody has."""
    if strange is None:
        return _wrong(size, str(error))
    says = f"the checkpoint of {size} events is signed by {strange.log.vkey}, which you do not hold"
    return Finding(Outcome.OTHER_KEY, says, name=f"checkpoint of {size}")


def _wrong(size: int, why: str) -> Finding:
    return Finding(
        Outcome.ALTERED, f"the ledger's checkpoint of {size} events: {why}", name=f"checkpoint of {size}"
    )


def first_of_each(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield of each outcome the first finding: thousands of checkpoints may have the same fault."""
    seen: set[tuple[Outcome, str]] = set()
    for finding in findings:
        kind = finding.outcome, (finding.name or "").partition(" of ")[0]
        if kind not in seen:
            seen.add(kind)
            yield finding
