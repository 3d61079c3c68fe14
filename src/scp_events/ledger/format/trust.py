"""Whom we trust, as C2SP tlog-policy has it: logs, witnesses, and how many of them must have cosigned.

```
log <vkey> [<url>]
witness <name> <vkey> [<url>]
group <name> all|any|<number> <name>...
quorum <name>|none
```

One such file serves the log, which asks the witnesses at their addresses, and everybody who checks a proof.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from scp_events.ledger.format.checkpoint import OpenedCheckpoint, check_trust, open_checkpoint
from scp_events.ledger.format.note import MalformedNoteError, SignatureError, Verifier

NONE = "none"
_FORBIDDEN = {*map(chr, range(32)), "\x7f"} - {"\t", "\n"}
_ALL = "enough"
_NUMBER = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


class TrustError(ValueError):
    """The policy does not say whom to trust; the message names the line."""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses, or groups of them, of whom so many must have cosigned."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """Logs and witnesses by their keys, where they are reached, and who is enough."""

    logs: tuple[Verifier, ...] = ()
    witnesses: Mapping[str, Verifier] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    quorum: str = NONE
    addresses: Mapping[Verifier, str] = field(default_factory=dict)

    def enough(self, cosigned: Collection[Verifier]) -> bool:
        """Tell whether these witnesses are a quorum."""
        return self.quorum == NONE or self._speaks(self.quorum, cosigned)

    def _speaks(self, name: str, cosigned: Collection[Verifier]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return self.witnesses[name] in cosigned
        return sum(self._speaks(member, cosigned) for member in group.members) >= group.threshold

    def open(self, written: str) -> OpenedCheckpoint:
        """Return a checkpoint that one of the logs has signed and a quorum of witnesses cosigned.

        Raises `SignatureError` or `MalformedNoteError`.
        """
        opened = open_checkpoint(written, self.logs, witnesses=tuple(self.witnesses.values()))
        if not self.enough(opened.cosigned):
            names = ", ".join(sorted(each.name for each in opened.cosigned)) or "nobody"
            raise SignatureError(f"{names} cosigned, which is not the quorum {self.quorum!r}")
        return opened

    def text(self) -> str:
        """Return the policy as a file."""
        return "".join(f"{' '.join(words)}\n" for words in self._lines())

    def _lines(self) -> Iterator[tuple[str, ...]]:
        for log in self.logs:
            yield "log", log.vkey, *self._address(log)
        for name, witness in self.witnesses.items():
            yield "witness", name, witness.vkey, *self._address(witness)
        for name, group in self.groups.items():
            yield "group", name, str(group.threshold), *group.members
        yield "quorum", self.quorum

    def _address(self, verifier: Verifier) -> tuple[str, ...]:
        return (self.addresses[verifier],) if verifier in self.addresses else ()

    @classmethod
    def of(cls, logs: Collection[Verifier], witnesses: Mapping[Verifier, str | None], quorum: int) -> Trust:
        """Return the policy that any `quorum` of these witnesses are enough; each with its address, if known.

        Raises `TrustError` where it could not be written as a file.
        """
        names = tuple(each.name for each in witnesses)
        return cls.parse(
            cls(
                logs=tuple(logs),
                witnesses={each.name: each for each in witnesses},
                groups={_ALL: Group(quorum, names)} if quorum else {},
                quorum=_ALL if quorum else NONE,
                addresses={each: address for each, address in witnesses.items() if address},
            ).text()
        )

    @classmethod
    def parse(cls, text: str) -> Trust:
        """Return the policy a file says. Raises `TrustError`."""
        if any(each in _FORBIDDEN for each in text):
            raise TrustError("a policy has no control characters but tabs and newlines")
        reading = _Reading()
        for number, line in enumerate(text.split("\n"), 1):
            words = [word for word in re.split("[ \t]+", line) if word]
            if words and not words[0].startswith("#"):
                try:
                    reading.take(words)
                except (MalformedNoteError, ValueError) as error:
                    raise TrustError(f"line {number} of the policy: {error}") from None
        return reading.trust()


class _Reading:
    """What the lines so far have said."""

    def __init__(self) -> None:
        self.logs: list[Verifier] = []
        self.witnesses: dict[str, Verifier] = {}
        self.groups: dict[str, Group] = {}
        self.addresses: dict[Verifier, str] = {}
        self.quorum: str | None = None
        self.members: set[str] = set()

    def take(self, words: list[str]) -> None:
        """Take in one line. Raises `ValueError` or `MalformedNoteError`."""
        match words:
            case ["log", vkey, *address] if len(address) <= 1:
                self._log(Verifier.parse(vkey), address)
            case ["witness", name, vkey, *address] if len(address) <= 1:
                self._witness(self._new(name), Verifier.parse(vkey), address)
            case ["group", name, threshold, *members] if members:
                self._group(self._new(name), threshold, members)
            case ["quorum", name] if self.quorum is None:
                self.quorum = name if name == NONE else self._known(name)
            case ["quorum", *_]:
                raise ValueError("one quorum, and one name")
            case [word, *_]:
                raise ValueError(f"{word[:40]!r} with {len(words) - 1} words after it says nothing here")

    def _log(self, key: Verifier, address: list[str]) -> None:
        self.logs.append(key)
        if len({each.public for each in self.logs}) < len(self.logs):
            raise ValueError(f"the key of {key.name!r} is there already")
        self._check(key, address)

    def _witness(self, name: str, key: Verifier, address: list[str]) -> None:
        self.witnesses[name] = key
        self._check(key, address)

    def _check(self, key: Verifier, address: list[str]) -> None:
        check_trust(self.logs, list(self.witnesses.values()), 0)
        if address:
            self.addresses[key] = address[0]

    def _group(self, name: str, threshold: str, members: list[str]) -> None:
        for member in members:
            self._known(member)
            if member in self.members:
                raise ValueError(f"{member!r} is a member already: a witness has one voice")
            self.members.add(member)
        shorthand = {"any": "1", "all": str(len(members))}.get(threshold, threshold)
        if not _NUMBER.fullmatch(shorthand) or int(shorthand) > len(members):
            raise ValueError(f"{threshold[:40]!r} of {len(members)} members cannot be had")
        self.groups[name] = Group(int(shorthand), tuple(members))

    def _new(self, name: str) -> str:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise ValueError(f"{name[:40]!r} is a name already")
        return name

    def _known(self, name: str) -> str:
        if name not in self.witnesses and name not in self.groups:
            raise ValueError(f"{name[:40]!r} is named before it is defined")
        return name

    def trust(self) -> Trust:
        """Return the whole. Raises `TrustError`."""
        if self.quorum is None:
            raise TrustError("the policy names no quorum: its last line is `quorum NAME`, or `quorum none`")
        return Trust(tuple(self.logs), self.witnesses, self.groups, self.quorum, self.addresses)
