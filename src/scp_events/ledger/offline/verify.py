"""Verify what a log hands out: the bundle of a case, a proof of absence, or an audit sample.

    python -I -S verify.py                       inside an unpacked document
    python -I -S verify.py DOCUMENT              a document, packed or unpacked
    python -I -S verify.py DOCUMENT --trust KEY  and it comes from the log whose key you know

It needs Python 3.8 or newer, no network and no other program, and it reads nothing but the document. Read
it: it is meant to be read by whoever relies on it. Exit code 0 means that everything below holds; 1 that it
does not, and what is wrong stands in a line each; 2 that the question was not understood.

What is checked of every document, in this order:

1. Every byte is as it was written. The archive has the one permitted layout, every file has the checksum the
   manifests say, none is missing, none was added, and the log has signed the manifests.
2. The checkpoint, which says of the log "so many events, and this root", is signed by the log's key, and by
   as many witnesses as are asked for. Each signature line is checked; one that nobody can check is refused.
   Where the log has had several keys, each has handed over to the next in a note that both have signed, and
   the key you trust is one of them.

Of a case bundle, and of a proof of absence:

3. Each event is in that log at its position: from its bytes to its leaf record, by its proof to the root.
4. Nothing is missing. The checkpoint also names the root of a tree of counts, which says of each stream of
   the case, and of the case as a whole, how many events the log has; exactly so many are here.
5. The case is called what its own events say. Personal details that were opened are those that were recorded:
   each has the digest that stands in its event.
6. Of a proof of absence: no event of the types it names stands in the time it names, corrections in their
   places. The other events show only their leaf record, and one of each stream shows whose case it is.

Of an audit sample:

7. The frame is complete: its counts rebuild the root of the tree of counts, and the first event of each
   stream, which says of which kind the stream is, is in the log. The sample is what is drawn from it.

What cannot be checked from a document: whose its keys are. It brings its own, and those prove nothing by
themselves, for anybody can make keys. Get the log's key, and those of its witnesses, from where you trust,
and name them with --trust and --witness. The copy of this program inside a document proves no more than its
keys do: use one from where you trust. And nobody can check here whether what was recorded was true.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import stat
import struct
import sys
import uuid
import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

BUNDLE, ABSENCE, SAMPLE = (
    f"scp-events {each} 1" for each in ("case bundle", "proof of absence", "audit sample")
)
ABOUT, CHECKPOINT, TRUST, HEADS = "data/about.json", "data/checkpoint", "data/trust.policy", "data/heads.json"
EVENTS, OPENED, HAND_OVERS = "data/events/", "data/opened/", "data/hand-overs/"
EVENT, LEAF, PROOF = ".event", ".leaf", ".tlog-proof"
REPLAY, STORY = "data/readable/replay.json", "data/readable/story.txt"
FRAME, FRAME_PROOF = "data/frame.txt", "data/frame-proof.txt"
MANIFEST, TAG_MANIFEST, SIGNED = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bundle.note"
TAGS = {"bagit.txt", "bag-info.txt", "README.md", "verify.py", MANIFEST, TAG_MANIFEST, SIGNED}
OF_A_CASE = {ABOUT, CHECKPOINT, TRUST, HEADS}
OF_EVENTS = rf"{EVENTS}[0-9]{{10,19}}\.(event|leaf|tlog-proof)"
OF_HAND_OVERS = rf"{HAND_OVERS}[1-9][0-9]{{0,2}}\.note"
PERMITTED = {  # of each kind of document which files it has, and which it may have
    BUNDLE: (
        OF_A_CASE | {REPLAY, STORY},
        rf"{OF_EVENTS}|{OPENED}[0-9]{{10,19}}\.json|data/policies/[^/]+\.json",
    ),
    ABSENCE: (OF_A_CASE, OF_EVENTS),
    SAMPLE: ({ABOUT, CHECKPOINT, TRUST, FRAME, FRAME_PROOF}, ""),
}
MOST_SHOWN = 20


class WrongError(Exception):
    """Something is not as it must be; the message says what and where."""


def main() -> int:
    """Verify one document, say what was found, and return the exit code."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Verify a case bundle, a proof of absence or an audit sample."
    )
    parser.add_argument("document", nargs="?", type=Path, default=here, help="packed or not; by default here")
    parser.add_argument("--trust", metavar="KEY", help="the log's key, from where you trust")
    parser.add_argument("--witness", metavar="KEY", action="append", default=[], help="a witness's key")
    parser.add_argument("--quorum", type=int, help="how many of them; by default more than half")
    asked = parser.parse_args()
    try:
        report = verify(asked.document, Trust(asked.trust, tuple(asked.witness), asked.quorum))
    except Exception as error:  # noqa: BLE001 - a fault of this program is no answer, and no reason to quote
        report = Report([f"this program failed at it, with a {type(error).__name__}"])
    for line in [f"WRONG: {wrong}" for wrong in report.wrong[:MOST_SHOWN]] or report.told:
        print(printable(line))
    if report.wrong:
        print(f"REFUSED: {len(report.wrong)} things are wrong with this document")
    return 1 if report.wrong else 0


def printable(said: str) -> str:
    """Return a line that no terminal takes for anything but a line, whoever wrote what is in it."""
    plain = (each if " " <= each <= "~" else each.encode("unicode_escape").decode() for each in said[:1000])
    return "".join(plain)


# --- what is asked, and what was found --------------------------------------------------------------------


class Trust(NamedTuple):
    """The keys the reader trusts; what is not named is taken from the document, and proves so much less."""

    log: str | None = None
    witnesses: tuple[str, ...] = ()
    quorum: int | None = None


class Report:
    """What was found: everything that is wrong, so that no fault hides another; or else what holds."""

    def __init__(self, wrong: Iterable[str] = ()) -> None:
        self.wrong = [*wrong]
        self.told: list[str] = []


def verify(place: Path, trust: Trust) -> Report:
    """Verify the document at a place, a directory or an archive."""
    try:
        return verify_files(*read_place(place), trust)
    except WrongError as wrong:
        return Report([str(wrong)])


def verify_archive(archive: bytes, trust: Trust) -> Report:
    """Verify a packed document."""
    try:
        return verify_files(*without_base(unpacked(archive)), trust)
    except WrongError as wrong:
        return Report([str(wrong)])


def verify_files(files: dict[str, bytes], base: str | None, trust: Trust) -> Report:
    """Verify the files of a document; of one that was packed, `base` is the directory all of them were in."""
    report = Report()
    try:
        check_manifests(files, report)
        about, named = read_about(files, base), read_policy(read_lines(files, TRUST, 2 * MOST_KEYS))
        named = check_policy(named._replace(before=read_hand_overs(files, named.log)))
        asked = asked_of(named, trust)
        checkpoint = read_checkpoint(files, named, asked)
        check_signed(files, about, checkpoint, named.log, report)
        told = CHECKS[about.format](files, about, checkpoint, report)
        report.told = [f"OK: {told}", *signers(checkpoint, named, trust)]
    except WrongError as wrong:  # what comes after it would make no sense
        report.wrong.append(str(wrong))
    return report


def signers(checkpoint: Checkpoint, named: Policy, trust: Trust) -> list[str]:
    """Say whose signatures all of it rests on, and what the reader still has to see to."""
    digits = checkpoint.root.hex()
    root = " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
    log = "is this the key you know? then --trust it"
    if trust.log is not None:
        log = (
            "one of the keys that follow each other, as the one you trust"
            if named.before
            else "the key you trust"
        )
    witnesses = "those you trust" if trust.witnesses else "those the document names"
    return [
        f"  root       {root}",
        f"  signed by  {checkpoint.signed_by.vkey} ({log})",
        f"  witnesses  {len(checkpoint.cosigned)} of {witnesses}: {', '.join(checkpoint.cosigned) or 'none'}",
    ]


# --- reading: what a document may be, and nothing else ----------------------------------------------------

MOST_BYTES = 40 * 2**20
"""Of all files together: with what is made of them, memory stays well below 256 MiB."""
MOST_TEXT = 8 * 2**20
MOST_FILES, MOST_VALUES, MOST_LINES, LONGEST_LINE = 65_000, 250_000, 150_000, 1_000
PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,3}")
FLAGS = (getattr(os, name, 0) for name in ("O_RDONLY", "O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))
OPENING = sum(FLAGS)


def read_place(place: Path) -> tuple[dict[str, bytes], str | None]:
    """Return the files at a place by path, and the name of the directory they were packed in."""
    try:
        if stat.S_ISDIR(os.lstat(place).st_mode):
            return read_directory(str(place)), None
        return without_base(unpacked(read_file(str(place), MOST_BYTES)))
    except OSError as error:
        raise WrongError(f"{error.filename or place} cannot be read: {error.strerror}") from None


def read_directory(top: str) -> dict[str, bytes]:
    """Return the files below a directory by path: ordinary ones with plain names, and no links."""
    files: dict[str, bytes] = {}
    places, left = [""], MOST_BYTES
    while places:
        inside = places.pop()
        with os.scandir(os.path.join(top, inside)) as entries:  # noqa: PTH118 - a path would be resolved
            before = len(files) + len(places)
            for entry in entries:
                path = plain(f"{inside}/{entry.name}" if inside else entry.name)
                if entry.is_dir(follow_symlinks=False):
                    places.append(path)
                else:
                    files[path] = read_file(entry.path, left)
                    left -= len(files[path])
                if len(files) + len(places) > MOST_FILES:
                    raise WrongError(f"there are more than {MOST_FILES} files in here")
            if len(files) + len(places) == before:
                raise WrongError(f"the directory {inside or top} has nothing in it")
    return files


def read_file(path: str, most: int) -> bytes:
    """Return the bytes of an ordinary file. A device, a pipe or a link is refused unread."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise WrongError(f"{path} is a link, a device or a pipe: name an ordinary file")
    with os.fdopen(os.open(path, OPENING), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or about.st_size > most:
            raise WrongError(f"{path} has {about.st_size} bytes: no document of ours is so large")
        data = file.read(about.st_size + 1)
    if len(data) != about.st_size:
        raise WrongError(f"{path} has not the {about.st_size} bytes it is said to have")
    return data


def plain(path: str) -> str:
    """Return a path as a document may have it: it leads nowhere else, and every system spells it alike."""
    if not PATH.fullmatch(path):
        raise WrongError(f"{path[:200]!r} is no name of a file in a document")
    return path


def without_base(named: dict[str, bytes]) -> tuple[dict[str, bytes], str]:
    """Return the files of an archive by path, and the one directory all of them are in."""
    base = next(iter(named)).partition("/")[0]
    if not all(name.startswith(f"{base}/") for name in named):
        raise WrongError(f"the archive holds more than one directory {base}")
    return {name[len(base) + 1 :]: data for name, data in named.items()}, base


# Of an entry: version, flags, method, time, date, checksum, size twice, lengths of name and extra field.
ENTRY = struct.Struct("<HHHHHIIIHH")
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


def packed(files: dict[str, bytes]) -> bytes:
    """Return the archive of these files: a ZIP in the order of names, not compressed, dated 1980-01-01."""
    entries, listing, offset = [], [], 0
    for path in sorted(files):
        entries += [LOCAL + entry_of(path, files[path]), files[path]]
        listing.append(listed(path, files[path], offset))
        offset += len(entries[-2]) + len(files[path])
    return b"".join(entries) + directory_of(listing, offset)


def entry_of(path: str, data: bytes) -> bytes:
    """Return what an archive says of a file: twice, before it and in the directory at the end."""
    return ENTRY.pack(20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(path), 0) + path.encode()


def listed(path: str, data: bytes, offset: int) -> bytes:
    """Return a file's place in the directory: no comment, an ordinary file of mode 0644, where it begins."""
    about, place = entry_of(path, data), struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, offset)
    return CENTRAL + struct.pack("<H", 3 << 8 | 20) + about[: ENTRY.size] + place + about[ENTRY.size :]


def directory_of(listing: list[bytes], offset: int) -> bytes:
    """Return the end of an archive."""
    directory, count = b"".join(listing), len(listing)
    return directory + END + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), offset, 0)


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Return the files of an archive by name. Each byte of it must be what `packed` writes."""
    files: dict[str, bytes] = {}
    listing: list[bytes] = []
    offset, last = 0, ""
    while archive[offset : offset + 4] == LOCAL and len(archive) >= offset + 4 + ENTRY.size:
        *_, size, _, length, _ = ENTRY.unpack_from(archive, offset + 4)
        start = offset + 4 + ENTRY.size + length
        path = plain(archive[start - length : start].decode("ascii", "replace"))
        data = archive[start : start + size]
        if archive[offset:start] != LOCAL + entry_of(path, data) or path <= last or len(files) >= MOST_FILES:
            raise WrongError(
                f"the archive is not as it was written, from byte {offset} on, {path}."
                " Where another program has packed it anew, unpack it and verify the directory"
            )
        listing.append(listed(path, data, offset))
        files[path], last, offset = data, path, start + size
    if not files:
        raise WrongError("this is no document of ours: neither a directory nor an archive")
    if archive[offset:] != directory_of(listing, offset):
        raise WrongError(f"the archive is not as it was written, from byte {offset} on, its directory")
    return files


def read_text(files: dict[str, bytes], path: str) -> str:
    """Return a file of the document as text. One odd character can make text four times as large."""
    if path not in files:
        raise WrongError(f"{path} is missing")
    if len(files[path]) > MOST_TEXT:
        raise WrongError(f"{path} has {len(files[path])} bytes: no text of ours is so long")
    try:
        return files[path].decode()
    except UnicodeDecodeError:
        raise WrongError(f"{path} is no text in UTF-8") from None


def read_lines(files: dict[str, bytes], path: str, most: int) -> list[str]:
    """Return the lines of a file in plain ASCII, each of which ends as a line. A missing one has none."""
    data = files.get(path, b"")
    is_ours = data.isascii() and len(data) <= most * LONGEST_LINE and data[-1:] in {b"", b"\n"}
    if not is_ours or data.count(b"\n") > most:
        raise WrongError(f"{path} is not made of at most {most} plain lines")
    return data.decode().split("\n")[:-1]


HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")  # once every escaped backslash is out of the way


def read_json(files: dict[str, bytes], path: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a file of the document says in JSON, which can be read in one way only."""
    text = read_text(files, path)
    if sum(map(text.count, "[{,")) > MOST_VALUES or HALF_A_CHARACTER.search(text.replace(r"\\", "")):
        raise WrongError(f"{path} holds more than {MOST_VALUES} values, or half a character")
    try:
        return json.loads(
            text, object_pairs_hook=once, parse_int=whole, parse_float=fraction, parse_constant=nothing
        )
    except (ValueError, RecursionError):
        raise WrongError(f"{path} is no JSON, or says a name twice, or no number of ours") from None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, each name of which is said once: of two, others might believe the other."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def whole(said: str) -> int:
    """Return a whole number. None of ours has more than 19 digits."""
    return int(said) if len(said) <= 20 else nothing(said)  # noqa: PLR2004 - and a sign


def fraction(said: str) -> float:
    """Return a number with a fraction, of a length that can be read at once."""
    return float(said) if len(said) <= 40 else nothing(said)  # noqa: PLR2004 - any longer one is not ours


def nothing(_: str) -> Any:  # noqa: ANN401 - it never returns
    """Refuse what is no number: NaN, Infinity."""
    raise ValueError


def take(path: str, said: object, **kinds: type) -> list[Any]:
    """Return what an object says: these names and no others, each with a value of exactly this type."""
    if type(said) is dict and said.keys() == kinds.keys():
        values = [said[name] for name in kinds]
        if all(type(value) is kind for value, kind in zip(values, kinds.values())):  # noqa: B905 - 3.8
            return values
    raise WrongError(f"{path} has an entry that does not say {', '.join(kinds)}, and nothing else")


def known(path: str, said: Any, name: str, kind: type) -> Any:  # noqa: ANN401 - any JSON value
    """Return one of the things an object says, or None where it does not say it."""
    if type(said) is not dict or type(said.get(name)) not in {kind, type(None)}:
        raise WrongError(f"{path} does not say as it must what `{name}` is")
    return said.get(name)


def plain_id(path: str, said: str) -> str:
    """Return an id in its one spelling."""
    if not re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", said):
        raise WrongError(f"{path} has {said[:80]!r} where an id belongs")
    return said


def plain_hash(path: str, said: object) -> bytes:
    """Return a hash in hexadecimal digits."""
    if type(said) is not str or not re.fullmatch("[0-9a-f]{64}", said):
        raise WrongError(f"{path} has {str(said)[:80]!r} where the 64 digits of a hash belong")
    return bytes.fromhex(said)


# --- manifests --------------------------------------------------------------------------------------------


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(data).digest()


def manifest_of(files: dict[str, bytes], names: Iterable[str]) -> str:
    """Return the manifest of some files: the one spelling of it that is permitted."""
    return "".join(f"{sha256(files[name]).hex()}  {name}\n" for name in sorted(names))


def payload_and_tags(files: dict[str, bytes]) -> dict[str, set[str]]:
    """Return which files each of the two manifests tells of."""
    payload = {name for name in files if name.startswith("data/")}
    return {MANIFEST: payload, TAG_MANIFEST: set(files) - payload - {TAG_MANIFEST}}


def check_manifests(files: dict[str, bytes], report: Report) -> None:
    """Check that the files are those the manifests list, each with its checksum."""
    for manifest, names in payload_and_tags(files).items():
        lines = read_lines(files, manifest, MOST_FILES)
        digests = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
        wrong = [f"{name[:200]} is missing: {manifest} lists it" for name in sorted(digests.keys() - names)]
        for name in sorted(names):
            if name not in digests:
                wrong.append(f"{name} was added: {manifest} does not list it")
            elif digests[name] != sha256(files[name]).hex():
                wrong.append(f"{name} is not what {manifest} lists: one of them was changed")
        if not wrong and files.get(manifest, b"") != manifest_of(files, names).encode():
            wrong.append(f"{manifest} is not written in the one permitted way")
        report.wrong += wrong


def signed_text(files: dict[str, bytes], kind: str, origin: str, name: str) -> str:
    """Return what the log signs of a document: its kind and name, and the checksums of all but the payload.

    The payload's manifest is one of them.
    """
    tags = payload_and_tags(files)[TAG_MANIFEST] - {SIGNED}
    return f"{kind}\n{origin}\n{name}\n{manifest_of(files, tags)}"


def check_signed(
    files: dict[str, bytes], about: About, checkpoint: Checkpoint, log: Key, report: Report
) -> None:
    """Check that the log has signed this document, manifests and all, and that it has all its files."""
    text, lines = read_note(files, SIGNED)
    if text != signed_text(files, about.format, checkpoint.origin, about.name):
        report.wrong.append(f"{SIGNED} does not say that this is its document")
    check_signatures(SIGNED, text, lines, [log])
    if about.checkpoint != [checkpoint.origin, checkpoint.size, checkpoint.root.hex()]:
        report.wrong.append(f"{ABOUT} tells of another checkpoint than {CHECKPOINT}")
    needed, permitted = TAGS | PERMITTED[about.format][0], rf"{PERMITTED[about.format][1]}|{OF_HAND_OVERS}"
    odd = [name for name in files.keys() - needed if not re.fullmatch(permitted, name)]
    report.wrong += [f"{name} has no place in a document of this kind" for name in sorted(odd)]
    report.wrong += [f"{name} is missing" for name in sorted(needed - files.keys())]


class About(NamedTuple):
    """What a document says of itself. All of it is checked."""

    format: str
    name: str
    checkpoint: list[Any]  # origin, size, and root in hexadecimal digits
    said: dict[str, Any]  # what only documents of this kind say


def read_about(files: dict[str, bytes], base: str | None) -> About:
    """Return what a document says of itself, and of which kind it is."""
    said = read_json(files, ABOUT)
    kind, name = known(ABOUT, said, "format", str), known(ABOUT, said, "document", str)
    if kind not in CHECKS:
        raise WrongError(f"{ABOUT} is of a format that is not known here: {', '.join(CHECKS)} are")
    checkpoint = take(ABOUT, said.get("checkpoint"), origin=str, size=int, root=str)
    if base is not None and base != name:
        raise WrongError(f"the document is packed as {base}, and calls itself {name}")
    own = {key: value for key, value in said.items() if key not in {"format", "document", "checkpoint"}}
    return About(kind, str(name), checkpoint, own)


# --- keys, notes and the checkpoint (C2SP tlog-policy, signed-note, tlog-checkpoint, tlog-cosignature) ----

NOTE_KEY, COSIGNING_KEY = 1, 4
MOST_KEYS = 100


class Key(NamedTuple):
    """A public key, as written in one line: its name, its id, and base64 of its type and its 32 bytes."""

    vkey: str
    name: str
    id: bytes
    kind: int
    public: bytes


class Policy(NamedTuple):
    """Whose signatures count, and which of them are enough."""

    log: Key
    witnesses: dict[str, Key]
    groups: dict[str, tuple[int, list[str]]]  # by name: how many of which witnesses, or groups before it
    quorum: str  # the name of a witness or a group, or `none`
    before: tuple[tuple[int, Key], ...] = ()  # keys that handed over, with the last size each has signed

    def log_at(self, size: int) -> Key:
        """Return the key that signs checkpoints of this size."""
        return next((key for last, key in self.before if size <= last), self.log)


def read_policy(lines: list[str]) -> Policy:
    """Return the keys that a document names, and which of them are enough."""
    logs: list[Key] = []
    policy = Policy(Key("", "", b"", 0, b""), {}, {}, "")
    for line in lines:
        word, *said = line.split(" ")
        if word == "log" and len(said) == 1:
            logs.append(read_key(said[0]))
        elif word == "witness" and len(said) == len(("name", "key")) and is_new(policy, said[0]):
            policy.witnesses[said[0]] = read_key(said[1])
        elif word == "group" and len(said) > len(("name", "how many")) and is_new(policy, said[0]):
            policy.groups[said[0]] = (int(said[1]) if re.fullmatch("[0-9]{1,3}", said[1]) else -1, said[2:])
        elif word == "quorum" and len(said) == 1 and not policy.quorum:
            policy = policy._replace(quorum=said[0])
        else:
            raise WrongError(f"{TRUST} has a line that says nothing here: {line[:100]!r}")
    if len(logs) != 1 or lines[-1] != f"quorum {policy.quorum}":
        raise WrongError(f"{TRUST} does not name one log and, last of all, a quorum")
    return policy._replace(log=logs[0])


def is_new(policy: Policy, name: str) -> bool:
    """Tell whether a witness or a group can be called so."""
    return name not in {"none", *policy.witnesses, *policy.groups}


def asked_of(policy: Policy, trust: Trust) -> Policy:
    """Return the policy of a document, or what the reader trusts instead."""
    ours = [policy.log, *(key for _, key in policy.before)]
    if trust.log is not None and read_key(trust.log) not in ours:
        raise WrongError(f"it comes from another log: its key is {policy.log.vkey}, not {trust.log}")
    witnesses = {str(number): read_key(vkey) for number, vkey in enumerate(trust.witnesses, start=1)}
    most = len(witnesses) // 2 + 1 if witnesses else None
    enough = most if trust.quorum is None else trust.quorum
    if enough is None:
        return policy
    witnesses = witnesses or policy.witnesses
    groups = {"enough": (enough, list(witnesses))}
    return check_policy(policy._replace(witnesses=witnesses, groups=groups, quorum="enough"))


def check_policy(policy: Policy) -> Policy:
    """Refuse a policy that counts one voice twice, or that nobody could meet."""
    ours = {policy.log.public, *(key.public for _, key in policy.before)}
    publics = {key.public for key in policy.witnesses.values()} - ours
    members = [name for _, names in policy.groups.values() for name in names]
    if len(publics) < len(policy.witnesses) or len(set(members)) < len(members):
        raise WrongError("one key is named twice: it would be one voice counted twice")
    if policy.log.kind != NOTE_KEY or any(key.kind != COSIGNING_KEY for key in policy.witnesses.values()):
        raise WrongError("a log signs with a key of type 1, a witness with one of type 4")
    if not all(0 <= enough <= len(names) for enough, names in policy.groups.values()):
        raise WrongError("so many witnesses cannot have signed")
    heard = {*policy.witnesses}
    for name, (_, names) in policy.groups.items():
        if not heard.issuperset(names):
            raise WrongError("a group is made of somebody who is not named before it")
        heard.add(name)
    if policy.quorum not in {*heard, "none"}:
        raise WrongError("the quorum is somebody who is not named")
    return policy


def is_enough(policy: Policy, name: str, cosigned: set[str]) -> bool:
    """Tell whether these witnesses are what a name asks for."""
    if name not in policy.groups:
        return name == "none" or name in cosigned
    enough, members = policy.groups[name]
    return sum(is_enough(policy, each, cosigned) for each in members) >= enough


def strict_base64(said: str) -> bytes:
    """Return what base64 says in its one spelling."""
    try:
        data = base64.b64decode(said[: LONGEST_LINE + 1], validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or base64.b64encode(data).decode() != said:
        raise WrongError(f"{said[:100]!r} is not base64 in its one spelling")
    return data


def read_key(vkey: str) -> Key:
    """Return a key written in one line."""
    name, _, rest = vkey.partition("+")
    said, _, encoded = rest.partition("+")
    key = strict_base64(encoded)
    made = sha256(name.encode("utf-8", "replace") + b"\n" + key)[:4]
    if len(key) != 1 + 32 or made.hex() != said:
        raise WrongError(
            f"{vkey[:200]!r} is no key: a name, its id, and base64 of type and key, with + between"
        )
    return Key(vkey, name, made, key[0], key[1:])


class Line(NamedTuple):
    """A signature: which key made it, and the bytes it made."""

    name: str
    key_id: bytes
    value: bytes


def read_note(files: dict[str, bytes], path: str) -> tuple[str, list[Line]]:
    """Return a signed note's text, and its signature lines in their order."""
    text, blank, below = read_text(files, path).rpartition("\n\n")
    if not blank or not below.endswith("\n") or below.count("\n") > MOST_KEYS:
        raise WrongError(f"{path} is no signed note: a text, an empty line, and a line for each signature")
    lines = []
    for line in below.split("\n")[:-1]:
        said = re.fullmatch("\N{EM DASH} ([^ +]+) ([^ ]+)", line)
        if said is None:
            raise WrongError(f"{path} has a line that is no signature: {line[:80]!r}")
        value = strict_base64(said[2])
        lines.append(Line(said[1], value[:4], value[4:]))
    return f"{text}\n", lines


def check_signatures(path: str, text: str, lines: list[Line], permitted: list[Key]) -> list[Key]:
    """Return who has signed. The first of these keys must have; the others may, in their order; no others."""
    signed: list[Key] = []
    left = list(permitted)
    for line in lines:
        while signed and left and (left[0].name, left[0].id) != line[:2]:
            left.pop(0)
        if not left or not is_signed(text, line, left[0]):
            raise WrongError(f"{path} has a signature line by {line.name} that is wrong, or not permitted")
        signed.append(left.pop(0))
    if not signed:
        raise WrongError(f"{path} is not signed by {permitted[0].vkey}")
    return signed


def is_signed(text: str, line: Line, key: Key) -> bool:
    """Tell whether a key has signed a text or, as a witness, has cosigned it, saying when."""
    message, value = text.encode(), line.value
    if key.kind == COSIGNING_KEY:
        time, value = int.from_bytes(value[:8], "big"), value[8:]
        message = b"cosignature/v1\ntime %d\n%b" % (time, message)
    is_theirs = (key.name, key.id) == line[:2] and len(value) == SIGNATURE_BYTES
    return is_theirs and ed25519(key.public, message, value)


def hand_over(number: int) -> str:
    """Return where the note is by which the log's key handed over to the next, so many times by then."""
    return f"{HAND_OVERS}{number}.note"


def read_hand_overs(files: dict[str, bytes], newest: Key) -> tuple[tuple[int, Key], ...]:
    """Return the keys the log had before the newest, oldest first, with the last size each has signed."""
    found: list[tuple[int, Key]] = []
    following = None
    for number in range(1, 1 + sum(name.startswith(HAND_OVERS) for name in files)):
        size, old, new = read_hand_over(files, hand_over(number))
        if found and (old != following or size < found[-1][0]):
            raise WrongError(f"{hand_over(number)} does not follow the hand-over before it")
        found.append((size, old))
        following = new
    if found and following != newest:
        raise WrongError(f"the log's keys were handed over to another key than {TRUST} names")
    return tuple(found)


def read_hand_over(files: dict[str, bytes], path: str) -> tuple[int, Key, Key]:
    """Return through which size a key has signed, that key, and the next one, as both have signed."""
    text, lines = read_note(files, path)
    said = re.fullmatch(
        "scp-events hand-over 1\n(.+)\n(0|[1-9][0-9]{0,17})\n(.+)\nold (.+)\nnew (.+)\n", text
    )
    if said is None:
        raise WrongError(f"{path} does not say which key handed over to which, and when")
    old, new = read_key(said[4]), read_key(said[5])
    if not said[1] == old.name == new.name or {old.kind, new.kind} != {NOTE_KEY}:
        raise WrongError(f"{path} is not of two keys of the log it names")
    read_hash(said[3])
    if len(check_signatures(path, text, lines, [old, new])) != len((old, new)):
        raise WrongError(f"{path} is not signed by both keys of the log it names")
    return int(said[2]), old, new


class Checkpoint(NamedTuple):
    """What the log says of itself at one size, and who else has signed that."""

    note: bytes
    origin: str
    size: int
    root: bytes
    heads: bytes
    cosigned: list[str]
    signed_by: Key


def read_checkpoint(files: dict[str, bytes], named: Policy, asked: Policy) -> Checkpoint:
    """Return the checkpoint, signed by the log and by enough of its witnesses."""
    text, lines = read_note(files, CHECKPOINT)
    said = re.fullmatch("(.+)\n([1-9][0-9]{0,17})\n(.+)\nheads (.+)\n", text)
    if said is None or said[1] != named.log.name:
        raise WrongError(f"{CHECKPOINT} is no checkpoint of the log {named.log.name}")
    log = named.log_at(int(said[2]))
    _, *cosigned = check_signatures(CHECKPOINT, text, lines, [log, *named.witnesses.values()])
    spoken = {name for name, key in asked.witnesses.items() if key in cosigned}
    if not is_enough(asked, asked.quorum, spoken):
        raise WrongError(f"{CHECKPOINT} is signed by {len(spoken)} witnesses asked about, too few")
    root, heads = read_hash(said[3]), read_hash(said[4])
    names = [asked.witnesses[name].name for name in sorted(spoken)]
    return Checkpoint(files[CHECKPOINT], said[1], int(said[2]), root, heads, names, log)


# --- events: from the stored bytes to the root (RFC 6962, C2SP tlog-proof) --------------------------------


class Leaf(NamedTuple):
    """What the tree says of one event. Its record has these after `scp-events leaf v1`, big-endian."""

    position: int  # 8 bytes, from 1; the event is leaf `position - 1` of the tree
    stream: str  # 16 bytes
    version: int  # 4 bytes, from 1: the n-th event of its stream
    recorded_at: int  # 8 bytes, signed: microseconds since 1970, UTC
    type: str  # 2 bytes of length, and so many of UTF-8
    stored: bytes  # 32 bytes: the SHA-256 of the event's bytes as they are stored


LEAF_START, LEAF_FIXED = b"scp-events leaf v1", struct.Struct(">Q16sIqH")
HASH_BYTES, MOST_HASHES = 32, 64


def read_leaf(record: bytes, path: str) -> Leaf:
    """Return what a leaf record says."""
    start = len(LEAF_START) + LEAF_FIXED.size
    if not record.startswith(LEAF_START) or len(record) < start + HASH_BYTES:
        raise WrongError(f"{path} is no leaf record")
    position, stream, version, recorded_at, length = LEAF_FIXED.unpack_from(record, len(LEAF_START))
    if len(record) != start + length + HASH_BYTES:
        raise WrongError(f"{path} has {len(record)} bytes, and a type of {length} bytes")
    stored_as, stored = record[start : start + length].decode("utf-8", "replace"), record[start + length :]
    return Leaf(position, str(uuid.UUID(bytes=stream)), version, recorded_at, stored_as, stored)


def read_hash(said: str) -> bytes:
    """Return a hash written in base64."""
    return check_hash(strict_base64(said))


def check_hash(data: bytes) -> bytes:
    """Return a hash, measured: one of another length could be cut in two places, and prove two things."""
    if len(data) != HASH_BYTES:
        raise WrongError(f"a hash has {HASH_BYTES} bytes, not {len(data)}")
    return data


def leaf_hash(record: bytes) -> bytes:
    """Return the hash of a leaf of either tree."""
    return sha256(b"\x00" + record)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return sha256(b"\x01" + check_hash(left) + check_hash(right))


def root_above(record: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    """Return the root that a proof leads to from a leaf; None where it is too short or too long."""
    found, last, others = leaf_hash(record), size - 1, list(reversed(proof))
    while last:
        if index & 1 or index < last:  # otherwise it is the last of its row, alone, and goes up as it is
            if not others:
                return None
            found = node_hash(others.pop(), found) if index & 1 else node_hash(found, others.pop())
        index, last = index >> 1, last >> 1
    return None if others else found


class Case(NamedTuple):
    """Which case of which log the document says it is about. Everything else it says is proved."""

    id: str
    reference: str
    streams: dict[str, str]  # by id, of which kind


def read_case(about: About, *others: str) -> Case:
    """Return which case it is. Documents of its kind say `others` besides."""
    named = {"case_id": str, "case_reference": str, "streams": dict, **dict.fromkeys(others, dict)}
    case_id, reference, streams, *_ = take(ABOUT, about.said, **named)
    if not all(type(kind) is str for kind in streams.values()):
        raise WrongError(f"{ABOUT} does not say of which kind each stream is")
    return Case(
        plain_id(ABOUT, case_id), reference, {plain_id(ABOUT, each): streams[each] for each in streams}
    )


class Event(NamedTuple):
    """One event that is in the log, and what its bytes say, as far as it is asked about."""

    leaf: Leaf
    id: str | None = None
    at: int = 0  # microseconds since 1970, UTC: when it was so in the world
    corrects: str | None = None
    reference: str | None = None
    referral: str | None = None
    digests: frozenset[str] = frozenset()


def read_events(
    files: dict[str, bytes], case: Case, checkpoint: Checkpoint, types: list[str] | None, report: Report
) -> list[Event]:
    """Return the document's events that are in the log, in the order in which they were recorded.

    The bytes of all of them are here or, where it is about some types, of those and of each stream's first.
    """
    events = []
    names = {name.rpartition(".")[0] for name in files if name.startswith(EVENTS)}
    for name in sorted(names, key=lambda name: (len(name), name)):
        try:
            events.append(read_event(files, name, case, checkpoint, types))
        except WrongError as wrong:
            report.wrong.append(str(wrong))
    return events


def read_event(
    files: dict[str, bytes], name: str, case: Case, checkpoint: Checkpoint, types: list[str] | None
) -> Event:
    """Return one event, having followed it from its bytes to the root."""
    for end in (LEAF, PROOF):
        if name + end not in files:
            raise WrongError(f"{name}{end} is missing")
    leaf = read_leaf(files[name + LEAF], name + LEAF)
    if name != f"{EVENTS}{leaf.position:010}" or not 1 <= leaf.position <= checkpoint.size:
        raise WrongError(f"{name}{LEAF} is that of position {leaf.position}")
    is_shown = types is None or leaf.version == 1 or is_of(leaf.type, types)
    if is_shown != (name + EVENT in files):
        raise WrongError(f"{name}{EVENT} is {'missing' if is_shown else 'none that such a proof shows'}")
    if is_shown and sha256(files[name + EVENT]) != leaf.stored:
        raise WrongError(f"{name}{EVENT} is not what was stored at position {leaf.position}")
    if case.streams.get(leaf.stream) != leaf.type.partition(".")[0]:
        raise WrongError(f"{name}{LEAF} is in no stream of its kind that {ABOUT} names")
    proof = read_proof(files[name + PROOF], name + PROOF, leaf.position - 1, checkpoint)
    if root_above(files[name + LEAF], leaf.position - 1, checkpoint.size, proof) != checkpoint.root:
        raise WrongError(f"{name}{EVENT} is not in the log: its proof does not lead to the root")
    return said_by(files, name + EVENT, leaf, case) if is_shown else Event(leaf)


def read_proof(data: bytes, path: str, index: int, checkpoint: Checkpoint) -> list[bytes]:
    """Return the hashes of a proof, which has to be about this leaf in the document's checkpoint."""
    above, _, note = data.partition(b"\n\n")
    lines = above.decode("ascii", "replace").split("\n", MOST_HASHES + 2)
    if lines[:2] != ["c2sp.org/tlog-proof@v1", f"index {index}"] or note != checkpoint.note:
        raise WrongError(f"{path} is no proof about leaf {index} in the document's checkpoint")
    return [read_hash(line) for line in lines[2:]]


def said_by(files: dict[str, bytes], path: str, leaf: Leaf, case: Case) -> Event:
    """Return what an event's bytes say. The copies that are kept beside them must say the same."""
    said = read_json(files, path)
    event, encrypted = known(path, said, "event", dict) or {}, known(path, said, "encrypted", list) or []
    if known(path, said, "case_id", str) != case.id:
        raise WrongError(f"{path} belongs to another case")
    if known(path, event, "type", str) != leaf.type:
        raise WrongError(f"{path} is of another type than the log has at position {leaf.position}")
    at = known(path, said, "occurred_at", str)
    digests = (known(path, part, "digest", str) for part in encrypted)
    return Event(
        leaf,
        known(path, said, "event_id", str),
        leaf.recorded_at if at is None else instant(path, at),  # of an act: it was so when it was recorded
        known(path, event, "corrects", str),
        known(path, event, "case_reference", str),
        known(path, event, "referral_id", str) if leaf.type == "participant.registered" else None,
        frozenset(filter(None, digests)),
    )


BEGINNING, MICROSECOND = datetime(1970, 1, 1, tzinfo=timezone.utc), timedelta(microseconds=1)  # noqa: UP017 - 3.8
INSTANT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8})(?:\.([0-9]{1,6}))?(Z|[+-][0-9]{2}:[0-9]{2})")


def instant(path: str, said: str) -> int:
    """Return the microseconds since 1970, UTC, of an instant."""
    found = INSTANT.fullmatch(said)
    day, part, zone = found.groups() if found else ("", "", "")
    try:
        at = datetime.fromisoformat(f"{day}.{(part or '').ljust(6, '0')}{zone.replace('Z', '+00:00')}")
    except ValueError:
        raise WrongError(f"{path} has {said[:80]!r} where an instant with its time zone belongs") from None
    return (at - BEGINNING) // MICROSECOND


# --- counts: nothing is missing ---------------------------------------------------------------------------

KINDS = {"case": 2, "stream": 1}
HEAD_START, KEY_BITS = b"scp-events head v1", 256


def head_of(kind: str, of: str, count: int) -> tuple[int, bytes]:
    """Return where the tree of counts has a head, a way of 256 turns, and its hash."""
    if not 0 < count < 2**32:
        raise WrongError(f"{count} events are counted for the {kind} {of}: there is one at least")
    name = bytes([KINDS[kind]]) + uuid.UUID(of).bytes
    return int.from_bytes(sha256(name), "big"), leaf_hash(HEAD_START + name + struct.pack(">I", count))


def read_heads(files: dict[str, bytes], checkpoint: Checkpoint) -> dict[tuple[str, str], int]:
    """Return how many events the log has of each stream and of the case, each of which was proved."""
    counts: dict[tuple[str, str], int] = {}
    said = read_json(files, HEADS)
    for head in said if type(said) is list else [said]:
        kind, of, count, siblings = take(HEADS, head, kind=str, id=str, count=int, siblings=list)
        if kind not in KINDS or (kind, plain_id(HEADS, of)) in counts or len(siblings) > KEY_BITS:
            raise WrongError(f"{HEADS} has an entry twice, or one that is about no stream or case")
        way, found = head_of(kind, of, count)
        if root_over(way, found, [plain_hash(HEADS, each) for each in siblings]) != checkpoint.heads:
            raise WrongError(f"{HEADS} does not prove that the {kind} {of} has {count} events")
        counts[kind, of] = count
    return counts


def root_over(way: int, found: bytes, siblings: list[bytes]) -> bytes:
    """Return the root a head's proof leads to, on the way of the name asked about: a proof says no way."""
    for depth in reversed(range(len(siblings))):
        goes_right = way >> (KEY_BITS - 1 - depth) & 1
        found = node_hash(siblings[depth], found) if goes_right else node_hash(found, siblings[depth])
    return found


def check_counts(counts: dict[tuple[str, str], int], case: Case, events: list[Event], report: Report) -> None:
    """Check that every event there is of the case is here."""
    if counts.keys() != {("case", case.id), *(("stream", each) for each in case.streams)}:
        report.wrong.append(f"{HEADS} does not count the case and exactly the streams that {ABOUT} names")
    here: dict[str, set[int]] = {}
    for event in events:
        here.setdefault(event.leaf.stream, set()).add(event.leaf.version)
    for stream in sorted({*here, *case.streams}):
        count, versions = counts.get(("stream", stream), 0), here.get(stream, set())
        missing = [*islice((n for n in range(1, count + 1) if n not in versions), MOST_SHOWN)]
        report.wrong += [f"event {n} of the {count} in stream {stream} is missing" for n in missing]
        if len(versions) > count:
            report.wrong.append(f"stream {stream} has {count} events in the log, and {len(versions)} here")
    all_told = counts.get(("case", case.id), 0)
    if len(events) != all_told:
        report.wrong.append(f"the case has {all_told} events in the log, and {len(events)} proved ones here")


def check_names(case: Case, events: list[Event], report: Report) -> None:
    """Check that the case is called what its events say, and that it was registered of a referral of its own.

    Whoever drafts a referral or registers a young person says the reference; a case without is called its id.
    """
    said = {event.reference for event in events if event.reference is not None} or {case.id}
    if said != {case.reference}:
        report.wrong.append(f"the events say that the case is called {', '.join(sorted(said))}")
    if any(event.referral is not None and event.referral not in case.streams for event in events):
        report.wrong.append("the referral that the registration names is none of this case")


# --- the bundle of a case ---------------------------------------------------------------------------------


def check_bundle(files: dict[str, bytes], about: About, checkpoint: Checkpoint, report: Report) -> str:
    """Check that the bundle holds a case, whole, and say so."""
    case = read_case(about)
    events = read_events(files, case, checkpoint, None, report)
    check_counts(read_heads(files, checkpoint), case, events, report)
    check_names(case, events, report)
    check_readable(files, checkpoint, events, report)
    check_opened(files, events, report)
    all_told = f"{len(events)} events in {len(case.streams)} streams"
    within = f"the first {checkpoint.size} events of the log {checkpoint.origin}"
    return f"{all_told} are all there is of case {case.reference} in {within}"


def check_readable(
    files: dict[str, bytes], checkpoint: Checkpoint, events: list[Event], report: Report
) -> None:
    """Check that the replay tells these events and no others. Its words are the log's own, signed by it."""
    replay = read_json(files, REPLAY)
    story = known(REPLAY, replay, "story", list) or []
    told = sorted(known(REPLAY, entry, "position", int) or 0 for entry in story)
    read_text(files, STORY)
    is_then = known(REPLAY, replay, "log_position", int) == checkpoint.size
    if told != sorted(event.leaf.position for event in events) or not is_then:
        report.wrong.append(f"{REPLAY} tells of other events than these")


OPENED_START = b"scp-events/part-text/1\0"


def check_opened(files: dict[str, bytes], events: list[Event], report: Report) -> None:
    """Check that the personal details opened for this bundle are those that were recorded.

    Encrypted details stand in their event as something unreadable and, in the clear, as a digest: the SHA-256
    of a fixed beginning, a secret salt, and the details as text. A file in data/opened/ tells salt and text.
    Whoever has them can make the digest anew; whoever has not cannot guess the details from it.
    """
    digests = {f"{OPENED}{event.leaf.position:010}.json": event.digests for event in events}
    for path in sorted(name for name in files if name.startswith(OPENED)):
        details = read_json(files, path)
        for detail in details if type(details) is list else [details]:
            digest, salt, text = take(path, detail, digest=str, salt=str, text=str)
            made = sha256(OPENED_START + strict_base64(salt) + text.encode())
            if base64.b64encode(made).decode() != digest or digest not in digests.get(path, ()):
                report.wrong.append(f"{path} shows details that are not those encrypted in its event")


# --- the proof of absence ---------------------------------------------------------------------------------

RETRACTED, MOST_TYPES = ".retracted", 100
FARTHEST = timedelta(hours=14) // MICROSECOND  # no time zone is farther from UTC


class Claim(NamedTuple):
    """That no event of these types stands in these days: from an instant on, and before another."""

    types: list[str]
    first_day: str
    last_day: str
    zone: str
    start: int
    end: int


def check_absence(files: dict[str, bytes], about: About, checkpoint: Checkpoint, report: Report) -> str:
    """Check that a case is here, whole, and that nothing in it is what is said to be absent; say so."""
    case, claim = read_case(about, "claim"), read_claim(about.said.get("claim"))
    events = read_events(files, case, checkpoint, claim.types, report)
    check_counts(read_heads(files, checkpoint), case, events, report)
    check_names(case, events, report)
    for position, at in standing(events, claim.types):
        if claim.start <= at < claim.end:
            report.wrong.append(f"the event at position {position} is one that is said to be absent")
    said = about.said["claim"]
    days = f"from {claim.first_day} to {claim.last_day}, days of {claim.zone}"
    return (
        f"no {' and no '.join(claim.types)} of case {case.reference} stands {days}"
        f" ({said['starts_at']} to before {said['ends_before']}), as known in the first {checkpoint.size}"
        f" events of the log {checkpoint.origin}; all {len(events)} events of the case were looked at"
    )


def read_claim(said: object) -> Claim:
    """Return what is claimed: the types, and the days of the organisation as instants."""
    names = ("first_day", "last_day", "time_zone", "starts_at", "ends_before")
    types, *days = take(ABOUT, said, types=list, **dict.fromkeys(names, str))
    if not 0 < len(types) <= MOST_TYPES or any(type(each) is not str or not each for each in types):
        raise WrongError(f"{ABOUT} does not name types of events, at most {MOST_TYPES}")
    if types != sorted(set(types)):
        raise WrongError(f"{ABOUT} does not name each type once, in order")
    start, end = instant(ABOUT, days[3]), instant(ABOUT, days[4])
    first, last = (instant(ABOUT, f"{day}T00:00:00Z") for day in days[:2])
    off = max(abs(start - first), abs(end - last - timedelta(days=1) // MICROSECOND))
    if off > FARTHEST or start >= end:
        raise WrongError(f"{ABOUT} names instants that are not the beginning and the end of its days")
    return Claim(types, days[0], days[1], days[2], start, end)


def is_of(stored_as: str, types: list[str]) -> bool:
    """Tell whether an event is of one of these types, or of a later form, a correction or a retraction of it.

    A type is named from its beginning: `engagement` is every type of that category.
    """
    return any(f"{stored_as}.".startswith(f"{each}.") for each in types)


def standing(events: list[Event], types: list[str]) -> Iterator[tuple[int, int]]:
    """Yield position and time of the events of some types that stand.

    A correction stands in the place of the event it corrects, with a time of its own; the last one counts.
    What was retracted never was so.
    """
    shown = [event for event in events if is_of(event.leaf.type, types)]
    last = {event.corrects: event for event in shown if event.corrects is not None}
    for event in shown:
        word = last.get(event.id, event) if event.id else event
        if event.corrects is None and not word.leaf.type.endswith(RETRACTED):
            yield event.leaf.position, word.at


# --- the audit sample -------------------------------------------------------------------------------------


class Stream(NamedTuple):
    """A stream of the frame: what may be drawn."""

    id: str
    category: str
    year: str  # in which its first event was recorded, UTC

    def stratum(self, by: str) -> str:
        """Return the stratum it is in."""
        return {"category": self.category, "year": self.year}.get(by, "all")


def check_sample(files: dict[str, bytes], about: About, checkpoint: Checkpoint, report: Report) -> str:
    """Check that the frame is all of the log, and that the sample is what is drawn from it; say so."""
    names = {"purpose": str, "by": str, "size": int, "seed": str, "strata": list}
    purpose, by, size, seed, strata = take(ABOUT, about.said, **names)
    frame = read_frame(files, checkpoint)
    if by not in {"category", "year", "nothing"} or not 0 < size <= len(frame):
        raise WrongError(f"{ABOUT} asks for a sample that cannot be drawn from {len(frame)} streams")
    if seed != seed_of(checkpoint, purpose).hex():
        report.wrong.append(f"{ABOUT} names another seed than follows from checkpoint and purpose")
    drawn = drawn_from(frame, by, size, seed_of(checkpoint, purpose))
    if json.dumps(strata, sort_keys=True) != json.dumps(drawn, sort_keys=True):  # to Python, True is 1
        report.wrong.append(f"{ABOUT} names other streams than are drawn from this frame, with this seed")
    each = ", ".join(f"{one['stratum']} {len(one['drawn'])} of {one['streams']}" for one in drawn)
    within = f"the first {checkpoint.size} events of the log {checkpoint.origin}"
    return f"{size} of all {len(frame)} streams in {within} are drawn, by {by}, for {purpose!r}: {each}"


def read_frame(files: dict[str, bytes], checkpoint: Checkpoint) -> list[Stream]:
    """Return all streams of the log. A line says `case ID COUNT`, or `stream ID COUNT` and the first leaf.

    The counts of all streams and cases make the root of the tree of counts, so no stream is left out.
    """
    frame, heads, leaves, before = [], [], [], ("", "")
    for line in read_lines(files, FRAME, MOST_LINES):
        said = re.fullmatch(r"(?:(case)|(stream)) ([^ ]+) ([1-9][0-9]{0,9})(?: ([^ ]+))?", line)
        if said is None or (said[2] is None) != (said[5] is None):
            raise WrongError(f"{FRAME} has a line that is no count: {line[:100]!r}")
        kind, of, count = said[1] or said[2], plain_id(FRAME, said[3]), int(said[4])
        heads.append(head_of(kind, of, count))
        if (kind, of) <= before:
            raise WrongError(f"{FRAME} is not in order, from the {kind} {of} on")
        before = kind, of
        if kind == "stream":
            record = strict_base64(said[5])
            frame.append(first_of(read_leaf(record, FRAME), of))
            leaves.append((read_leaf(record, FRAME).position - 1, leaf_hash(record)))
    others = [read_hash(line) for line in read_lines(files, FRAME_PROOF, MOST_LINES)]
    if root_of_heads(sorted(heads), 0) != checkpoint.heads:
        raise WrongError(f"{FRAME} does not hold the counts of all streams and cases")
    if root_of_leaves(sorted(leaves), others, checkpoint.size) != checkpoint.root:
        raise WrongError(f"{FRAME} has a first event that is not in the log")
    return frame


def first_of(leaf: Leaf, stream: str) -> Stream:
    """Return a stream as its first event tells of it."""
    if (leaf.stream, leaf.version) != (stream, 1):
        raise WrongError(f"{FRAME} does not show the first event of the stream {stream}")
    try:
        year = str((BEGINNING + leaf.recorded_at * MICROSECOND).year)
    except OverflowError:
        raise WrongError(f"{FRAME} has an event of no time") from None
    return Stream(stream, leaf.type.partition(".")[0], year)


def root_of_heads(heads: list[tuple[int, bytes]], depth: int) -> bytes:
    """Return the root of the tree of counts, or of a part of it, from its heads in order of their ways."""
    if len(heads) < 2:  # noqa: PLR2004 - none, or one that stands for the whole part
        return heads[0][1] if heads else bytes(HASH_BYTES)
    below = KEY_BITS - 1 - depth
    if below < 0:
        raise WrongError(f"{FRAME} has two heads in one place")
    middle = bisect_left(heads, ((heads[0][0] >> below | 1) << below, b""))
    return node_hash(root_of_heads(heads[:middle], depth + 1), root_of_heads(heads[middle:], depth + 1))


def root_of_leaves(leaves: list[tuple[int, bytes]], others: list[bytes], size: int) -> bytes | None:
    """Return the root of a tree some leaves of which are known, and of the rest the hashes of whole parts.

    These come from left to right. None where they are too few or too many.
    """
    hashes, left = dict(leaves), list(reversed(others))
    places = [place for place, _ in leaves]

    def part(start: int, end: int, first: int, last: int) -> bytes:
        """Return the hash of the leaves from `start` to before `end`, of which some are known."""
        if first == last:
            return left.pop()
        if end - start == 1:
            return hashes[start]
        half = start + (1 << (end - start - 1).bit_length() - 1)
        middle = bisect_left(places, half, first, last)
        return node_hash(part(start, half, first, middle), part(half, end, middle, last))

    try:
        found = part(0, size, 0, len(places))
    except (IndexError, KeyError):
        return None
    return None if left or not places or places[-1] >= size else found


def seed_of(checkpoint: Checkpoint, purpose: str) -> bytes:
    """Return what decides the draw: nobody can have chosen it before the checkpoint and the purpose were."""
    said = f"{SAMPLE}\n{checkpoint.origin}\n{checkpoint.size}\n{checkpoint.root.hex()}\n{purpose}\n"
    return sha256(said.encode())


def drawn_from(frame: list[Stream], by: str, size: int, seed: bytes) -> list[dict[str, Any]]:
    """Return the sample, stratum by stratum: of each the streams with the smallest SHA-256 of seed and id.

    Each stratum has its share of the sample, rounded down. What is left goes, one each, to those whose share
    was rounded most; of equals, to the first by name.
    """
    strata: dict[str, list[str]] = {}
    for stream in frame:
        strata.setdefault(stream.stratum(by), []).append(stream.id)
    shares = {name: divmod(size * len(ids), len(frame)) for name, ids in sorted(strata.items())}
    left = size - sum(share for share, _ in shares.values())
    more = {*sorted(shares, key=lambda name: (-shares[name][1], name))[:left]}
    return [
        {
            "stratum": name,
            "streams": len(strata[name]),
            "drawn": sorted(strata[name], key=lambda of: sha256(seed + uuid.UUID(of).bytes))[
                : share + (name in more)
            ],
        }
        for name, (share, _) in shares.items()
    ]


CHECKS = {BUNDLE: check_bundle, ABSENCE: check_absence, SAMPLE: check_sample}
"""What is checked of a document of each kind; it returns what holds."""


# --- Ed25519 (RFC 8032), to check signatures with Python alone --------------------------------------------

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, (PRIME - 1) // 4, PRIME)
SIGNATURE_BYTES = 64


class Point(NamedTuple):
    """A point of the curve in extended coordinates: its own are x / z and y / z, and t is x * y / z."""

    x: int
    y: int
    z: int
    t: int


def ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether a signature on a message was made with the secret of this public key."""
    key, scalar = point_of(public), int.from_bytes(signature[32:], "little")
    if key is None or scalar >= ORDER:
        return False
    said = hashlib.sha512(signature[:32] + public + message).digest()
    challenge = int.from_bytes(said, "little") % ORDER
    minus_key = Point(PRIME - key.x, key.y, 1, PRIME - key.t)
    return bytes_of(combination(scalar, BASE, challenge, minus_key)) == signature[:32]


def point_of(encoded: bytes) -> Point | None:
    """Return the point that 32 bytes say; None where there is none, or where it has another spelling."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(CURVE * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if (x * x - square) % PRIME or y >= PRIME or (x == 0 and sign):
        return None
    x = PRIME - x if x & 1 != sign else x
    return Point(x, y, 1, x * y % PRIME)


def bytes_of(point: Point) -> bytes:
    """Return the 32 bytes that say a point."""
    inverse = pow(point.z, PRIME - 2, PRIME)
    x, y = point.x * inverse % PRIME, point.y * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def combination(first: int, one: Point, second: int, other: Point) -> Point:
    """Return so many times one point, plus so many times another."""
    both, found = sum_of(one, other), NEUTRAL
    for bit in range(max(first, second).bit_length() - 1, -1, -1):
        found = double_of(found)
        wanted = (first >> bit & 1, second >> bit & 1)
        if any(wanted):
            found = sum_of(found, both if all(wanted) else one if wanted[0] else other)
    return found


def sum_of(one: Point, other: Point) -> Point:
    """Return the sum of two points."""
    a = (one.y - one.x) * (other.y - other.x)
    b = (one.y + one.x) * (other.y + other.x)
    c = 2 * one.t * other.t * CURVE
    d = 2 * one.z * other.z
    e, f, g, h = (b - a) % PRIME, (d - c) % PRIME, (d + c) % PRIME, (b + a) % PRIME
    return Point(e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def double_of(point: Point) -> Point:
    """Return twice a point."""
    x, y, z, _ = point
    a, b, c = x * x, y * y, 2 * z * z
    e, g, h = (x + y) * (x + y) - a - b, b - a, -a - b
    f = g - c
    return Point(e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


NEUTRAL = Point(0, 1, 1, 0)
BASE = point_of((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little")) or NEUTRAL


if __name__ == "__main__":
    sys.exit(main())
