"""The logs a witness knows, in the log-list format of the public witness network.

```
logs/v0

vkey programme.example/log+89abcdef+AQ...
origin none
```

`origin none`, or no such line, means that the log is called as its key is. Two entries of one origin are two
keys of one log. What else the format has (how often a log may ask, whom to call) is for people, and passed
over.
"""

from __future__ import annotations

from scp_events.ledger.format.note import KeyKind, MalformedNoteError, Verifier

HEADER = "logs/v0"


class LogListError(ValueError):
    """The list does not say which logs; the message names the line."""


def parse_log_list(text: str) -> dict[str, tuple[Verifier, ...]]:
    """Return the keys of each log by its origin. Raises `LogListError`."""
    entries: list[tuple[Verifier, str]] = []
    header = False
    for number, line in enumerate(map(str.strip, text.split("\n")), 1):
        if not line or line.startswith("#"):
            continue
        word, _, value = line.partition(" ")
        if not header:
            header = _is_header(number, line)
        elif word == "vkey":
            key = _key(number, value.strip())
            entries.append((key, key.name))
        elif not entries:
            raise LogListError(f"line {number} of the log list: a log begins with its `vkey` line")
        elif word == "origin" and value.strip() != "none":
            entries[-1] = (entries[-1][0], value.strip())
    return _by_origin(entries)


def _is_header(number: int, line: str) -> bool:
    if line != HEADER:
        raise LogListError(
            f"line {number} of the log list: it begins with {HEADER!r}, not with {line[:40]!r}"
        )
    return True


def _key(number: int, vkey: str) -> Verifier:
    try:
        key = Verifier.parse(vkey)
    except MalformedNoteError as error:
        raise LogListError(f"line {number} of the log list: {error}") from None
    if key.kind is not KeyKind.NOTE:
        raise LogListError(f"line {number} of the log list: {key.name!r} is a witness's key, not a log's")
    return key


def _by_origin(entries: list[tuple[Verifier, str]]) -> dict[str, tuple[Verifier, ...]]:
    found: dict[str, tuple[Verifier, ...]] = {}
    for key, origin in entries:
        found[origin] = tuple(dict.fromkeys((*found.get(origin, ()), key)))
    if not found:
        raise LogListError(f"the log list names no log: write {HEADER!r}, and a `vkey` line for each log")
    return found
