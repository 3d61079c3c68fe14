"""What a verifier holds of a log, besides its database: keys, anchors, and a line pinned earlier.

Whoever owns the database has none of it. A log is *verified* against this alone; what of it cannot be used
is told as what it is, because a check that was left out looks like one that was passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from scp_events.ledger.format.checkpoint import Checkpoint, parse_size
from scp_events.ledger.format.log_keys import HandOver, LogKeys
from scp_events.ledger.format.note import (
    KeyKind,
    MalformedNoteError,
    Note,
    NoteError,
    from_base64,
    to_base64,
)
from scp_events.ledger.format.tree import HASH_BYTES
from scp_events.ledger.format.trust import Trust, TrustError
from scp_events.ledger.key_files import read_key
from scp_events.ledger.log import tables
from scp_events.ledger.log.anchors import Anchored, AnchorError, AnchorFile, anchored, hand_over_in
from scp_events.ledger.log.log_key import chains, known_keys
from scp_events.ledger.log.outcomes import Finding, Outcome
from scp_events.ledger.log.settings import LedgerSettings
from scp_events.ledger.log.tables import AnyConnection, LedgerError

_BEGUN = ('{"published_at": "', '{"hand_over": "')
_NO_PIN = (
    "{!r} is no line to pin: an origin, a size and a root, as the last line of `scp-events verify` says them"
)


class Anchor(NamedTuple):
    """What somebody holds of the log at one size."""

    size: int
    root: bytes
    held_by: str


class PinError(ValueError):
    """It is not a line that `scp-events verify` ended with."""


class Pin(NamedTuple):
    """What a verification ended in, in one line: to be compared with when the log has grown."""

    origin: str
    size: int
    root: bytes
    cosigned_by: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """Return it as it is written."""
        return " ".join((self.origin, str(self.size), to_base64(self.root), *self.cosigned_by))

    @classmethod
    def parse(cls, said: str) -> Pin:
        """Return the pin that a line says. Raises `PinError`."""
        try:
            origin, size, root, *cosigned_by = said.split()
            pin = cls(origin, parse_size(size), from_base64(root), tuple(cosigned_by))
        except (ValueError, MalformedNoteError):
            raise PinError(_NO_PIN.format(said[:120])) from None
        if len(pin.root) != HASH_BYTES:
            raise PinError(_NO_PIN.format(said[:120]))
        return pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a verifier holds, and what is to be said of it."""

    trust: Trust
    """The log's keys, the witnesses, and who of them are enough."""
    anchors: tuple[Anchor, ...] = ()
    pin: Pin | None = None
    findings: tuple[Finding, ...] = ()
    named: tuple[str, ...] = ()
    """What there is, for people."""


NOTHING = Held(trust=Trust())


def held_by(
    connection: AnyConnection,
    settings: LedgerSettings,
    trust_file: Path | None = None,
    pin: Pin | None = None,
) -> Held:
    """Return what the settings, a trust policy and an earlier line come to, for the log of a database.

    Raises `KeyFileError` for a key file that cannot be read, `TrustError` for such a policy.
    """
    trust, named = _trust(settings, trust_file)
    anchors, findings = _anchored(connection, settings, trust)
    if anchors:
        named.append(f"{settings.anchor_file} ({len(anchors)} checkpoints)")
    if pin is not None:
        named.append(f"the line pinned at {pin.size} events")
        anchors.append(Anchor(pin.size, pin.root, "the pinned line"))
    return Held(trust=trust, anchors=tuple(anchors), pin=pin, findings=tuple(findings), named=tuple(named))


def _trust(settings: LedgerSettings, trust_file: Path | None) -> tuple[Trust, list[str]]:
    named = []
    trust = settings.witnessed
    policy = trust_file or settings.ledger_trust
    if policy is not None:
        trust = read_policy(policy)
        if trust.logs:
            named.append(str(policy))
    if settings.key_file is not None and settings.key_file.exists():
        ours = read_key(settings.key_file, KeyKind.NOTE).verifier
        trust = replace(trust, logs=tuple(dict.fromkeys((*trust.logs, ours))))
        named.append(str(settings.key_file))
    return trust, named


def read_policy(path: Path) -> Trust:
    """Return the trust policy in a file. Raises `TrustError`."""
    try:
        return Trust.parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise TrustError(f"{path} cannot be read: {why}") from None


# --- the anchor file --------------------------------------------------------------------------------------


def _anchored(
    connection: AnyConnection, settings: LedgerSettings, trust: Trust
) -> tuple[list[Anchor], list[Finding]]:
    path, published = settings.anchor_file, tables.published_at(connection, None) is not None
    if path is None or (not path.exists() and (settings.ledger_anchor is None or not published)):
        return [], []
    anchors: list[Anchor] = []
    findings: list[Finding] = []
    known = _known(connection) if not trust.logs else None
    keys = chains(connection, trust.logs) or ((known,) if known else ())
    try:
        for number, line in enumerate(AnchorFile(path).lines(), 1):
            found = _read(line, f"line {number} of {path}", trust, keys)
            if isinstance(found, Finding):
                findings.append(found)
            elif found is not None:
                anchors.append(Anchor(found.size, found.root, str(path)))
    except AnchorError as error:
        return [], [_not_compared(str(error), str(path))]
    if not anchors and not findings and published:
        findings.append(_not_compared(f"{path} holds no checkpoint, and some were published", str(path)))
    return anchors, list(_first_of_each(findings))


def _known(connection: AnyConnection) -> LogKeys | None:
    """Return the keys that the database names: they must be those that signed what the verifier holds."""
    try:
        return known_keys(connection)
    except LedgerError:
        return None


def _read(line: str, where: str, trust: Trust, keys: Sequence[LogKeys]) -> Checkpoint | Finding | None:
    """Return what a line of the file holds of this log.

    None for one that was begun and never finished, and for a hand-over, which the log's keys are known by.
    `keys` are those that the database names, where the verifier holds none but by these lines.
    """
    said, checkpoint = anchored(line), None
    if said is None and (_is_unfinished(line) or _is_hand_over(line)):
        return None
    with suppress(NoteError):
        checkpoint = Checkpoint.parse(Note.parse(said.note if said else "").text)
    if said is None or checkpoint is None:
        return _not_compared(f"{where} is damaged", where)
    if (said.size, said.root) != (checkpoint.size, checkpoint.root.hex()):
        return _not_compared(f"{where} was changed: it does not say what its checkpoint says", where)
    return _not_ours(said, checkpoint.origin, where, trust, keys) or checkpoint


def _not_ours(
    said: Anchored, origin: str, where: str, trust: Trust, keys: Sequence[LogKeys]
) -> Finding | None:
    """Return why a line is not one that this log has signed; None where it is."""
    if trust.logs and origin not in {log.name for log in trust.logs}:
        says = f"{where} is of the log {origin}, not of {trust.logs[0].name}"
        return Finding(Outcome.FOREIGN_ANCHOR, says, name=where)
    try:
        said.opened(*keys)
    except AnchorError as error:
        if trust.logs:
            return _not_compared(f"{where} was changed: {error}", where)
        says = (
            f"{where} is not signed by the key that the database names: it is another log's, or was changed"
        )
        return Finding(Outcome.OTHER_KEY, says, name=where)
    return None


def _is_hand_over(line: str) -> bool:
    """Whether a line says which key followed which, as both have signed."""
    note = hand_over_in(line)
    try:
        return note is not None and bool(HandOver.open(note))
    except NoteError:
        return False


def _is_unfinished(line: str) -> bool:
    """Whether a crash could have left this: the beginning of a line of ours, without its end."""
    return not line.endswith("}") and any(line.startswith(each) or each.startswith(line) for each in _BEGUN)


def _not_compared(says: str, name: str) -> Finding:
    return Finding(Outcome.ANCHOR_NOT_COMPARED, says, name=name)


def _first_of_each(findings: list[Finding]) -> Iterator[Finding]:
    """Yield of each outcome the first, and how many there are: a file may be another log's throughout."""
    for outcome in dict.fromkeys(finding.outcome for finding in findings):
        first, *others = [finding for finding in findings if finding.outcome is outcome]
        more = f" (and {len(others)} more)" if others else ""
        yield first._replace(says=f"{first.says}{more}")
