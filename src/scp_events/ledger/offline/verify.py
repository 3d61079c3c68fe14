"""Verify a case bundle: that its events are in the log as shown, and that none of the case is missing.

    python -I -S verify.py                     inside an unpacked bundle
    python -I -S verify.py BUNDLE              a bundle, packed or unpacked
    python -I -S verify.py BUNDLE --trust KEY  and it comes from the log whose key you know

It needs Python 3.8 or newer, no network and no other program, and it reads nothing but the bundle. Read it:
it is meant to be read by whoever relies on it. Exit code 0 means that everything below holds; 1 that it does
not, and what is wrong stands in a line each; 2 that the question was not understood.

What is checked, in this order:

1. Every byte of the bundle is as it was written. The archive has the one permitted layout, every file has
   the checksum the manifests say, none is missing, none was added, and the log has signed the manifests.
2. The checkpoint, which says of the log "so many events, and this root", is signed by the log's key, and by
   as many witnesses as are asked for.
3. Each event is in that log at its position: from its bytes to its leaf record, by its proof to the root.
   It says itself that it is of this case and, where it names one, under which reference.
4. Nothing is missing. The checkpoint also names the root of a tree of counts, which says of each stream of
   the case, and of the case as a whole, how many events the log has; exactly so many are here.
5. Personal details that were opened for this bundle are those that were recorded: each has the digest that
   stands in its event.

What cannot be checked from a bundle: whose its keys are. It brings its own, and those prove nothing by
themselves, for anybody can make keys. Get the log's key, and those of its witnesses, from where you trust,
and name them with --trust and --witness. The copy of this program inside a bundle proves no more than its
keys do: use one from where you trust. And nobody can check here whether what was recorded was true.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import sys
import uuid
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "scp-events case bundle 1"
CASE, CHECKPOINT, TRUST, HEADS = "data/case.json", "data/checkpoint", "data/trust.policy", "data/heads.json"
EVENTS, OPENED = "data/events/", "data/opened/"
EVENT, LEAF, PROOF = ".event", ".leaf", ".tlog-proof"
REPLAY = "data/readable/replay.json"
MANIFEST, TAG_MANIFEST, SIGNED = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bundle.note"
MOST_SHOWN = 20


class WrongError(Exception):
    """Something is not as it must be; the message says what and where."""


def main() -> int:
    """Verify one bundle, say what was found, and return the exit code."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(prog="verify.py", description="Verify a case bundle.")
    parser.add_argument("bundle", nargs="?", type=Path, default=here, help="packed or not; by default here")
    parser.add_argument("--trust", metavar="KEY", help="the log's key, from where you trust")
    parser.add_argument("--witness", metavar="KEY", action="append", default=[], help="a witness's key")
    parser.add_argument("--quorum", type=int, help="how many of them; by default more than half")
    asked = parser.parse_args()
    report = verify(asked.bundle, Trust(asked.trust, tuple(asked.witness), asked.quorum))
    if report.wrong:
        for line in report.wrong[:MOST_SHOWN]:
            print(f"WRONG: {line}")
        print(f"REFUSED: {len(report.wrong)} things are wrong with this bundle")
        return 1
    print("\n".join(report.told))
    return 0


# --- what is asked, and what was found --------------------------------------------------------------------


class Trust(NamedTuple):
    """The keys the reader trusts; what is not named is taken from the bundle, and proves so much less."""

    log: str | None = None
    witnesses: tuple[str, ...] = ()
    quorum: int | None = None


class Report:
    """What was found: everything that is wrong, so that no fault hides another; or else what holds."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self.told: list[str] = []


def verify(place: Path, trust: Trust) -> Report:
    """Verify the bundle at a place, a directory or an archive."""
    report = Report()
    try:
        if not place.is_dir():
            return verify_archive(place.read_bytes(), trust)
        found = (path for path in place.rglob("*") if not path.is_dir())
        files = {path.relative_to(place).as_posix(): path.read_bytes() for path in found}
    except OSError as error:
        report.wrong.append(f"{place} cannot be read: {error.strerror}")
        return report
    check_manifests(files, report)
    verify_files(files, None, trust, report)
    return report


def verify_archive(archive: bytes, trust: Trust) -> Report:
    """Verify a packed bundle. Where it is not as it was packed, say what was changed, and no more."""
    report = Report()
    try:
        named = unpacked(archive)
        if packed(named) != archive:
            report.wrong.append("the archive is not laid out as it was when it was written")
        files, base = without_base(named)
    except WrongError as wrong:
        report.wrong.append(str(wrong))
        return report
    is_as_packed = not report.wrong
    check_manifests(files, report)
    if is_as_packed:
        verify_files(files, base, trust, report)
    return report


def verify_files(files: dict[str, bytes], base: str | None, trust: Trust, report: Report) -> None:
    """Verify the files of a bundle; of one that was packed, `base` is the directory all of them were in."""
    try:
        case, keys = read_case(files, base), read_keys(files, trust)
        checkpoint = read_checkpoint(files, keys)
        check_signed(files, case, checkpoint, keys, report)
        leaves = read_events(files, case, checkpoint, report)
        check_counts(read_heads(files, checkpoint), case, leaves, report)
        check_readable(files, checkpoint, leaves, report)
        check_opened(files, leaves, report)
        report.told = summary(case, checkpoint, keys, leaves)
    except WrongError as wrong:  # what comes after it would make no sense
        report.wrong.append(str(wrong))


def summary(case: Case, checkpoint: Checkpoint, keys: Keys, leaves: list[Leaf]) -> list[str]:
    """Say what holds, and what the reader still has to see to."""
    digits = checkpoint.root.hex()
    root = " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
    log = "the key you trust" if keys.log_is_trusted else "is this the key you know? then --trust it"
    witnesses = "those you trust" if keys.witnesses_are_trusted else "those the bundle names"
    all_told = f"{len(leaves)} events in {len(case.streams)} streams"
    within = f"the first {checkpoint.size} events of the log {checkpoint.origin}"
    return [
        f"OK: {all_told} are all there is of case {case.reference} in {within}",
        f"  root       {root}",
        f"  signed by  {keys.log.vkey} ({log})",
        f"  witnesses  {len(checkpoint.cosigned)} of {witnesses}: {', '.join(checkpoint.cosigned) or 'none'}",
    ]


# --- the bundle: an archive in the one permitted layout, or a directory -----------------------------------


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
        name, data = path.encode(), files[path]
        about = ENTRY.pack(20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(name), 0)
        entry = LOCAL + about + name + data
        # Made by Unix; no comment, the first disk, no flags; an ordinary file of mode 0644; where it begins.
        place = struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, offset)
        listing.append(CENTRAL + struct.pack("<H", 3 << 8 | 20) + about + place + name)
        entries.append(entry)
        offset += len(entry)
    directory, count = b"".join(listing), len(files)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), offset, 0)
    return b"".join(entries) + directory + END + end


def unpacked(archive: bytes) -> dict[str, bytes]:
    """Return the files of an archive by name. Whether all else is as it must be, packing them again tells."""
    files: dict[str, bytes] = {}
    offset = 0
    while archive[offset : offset + 4] == LOCAL and len(archive) > offset + 4 + ENTRY.size:
        _, _, method, _, _, _, size, _, length, _ = ENTRY.unpack_from(archive, offset + 4)
        start = offset + 4 + ENTRY.size + length
        name = archive[start - length : start].decode("ascii", "replace")
        if method or name in files or start + size > len(archive):
            raise WrongError(
                f"the archive is not as it was written, from byte {offset} on, {name[:200]!r}."
                " Where another program has packed it anew, unpack it and verify the directory"
            )
        files[name] = archive[start : start + size]
        offset = start + size
    if not files:
        raise WrongError("this is no case bundle: neither a directory nor an archive")
    return files


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
        said = files.get(manifest, b"").decode("ascii", "replace")
        listed = {name: digest for digest, _, name in (line.partition("  ") for line in said.splitlines())}
        wrong = [f"{name} is missing: {manifest} lists it" for name in sorted(listed.keys() - names)]
        for name in sorted(names):
            if name not in listed:
                wrong.append(f"{name} was added: {manifest} does not list it")
            elif listed[name] != sha256(files[name]).hex():
                wrong.append(f"{name} is not what {manifest} lists: one of them was changed")
        if not wrong and said != manifest_of(files, names):
            wrong.append(f"{manifest} is not written in the one permitted way")
        report.wrong += wrong


def signed_text(files: dict[str, bytes], origin: str, bundle: str) -> str:
    """Return what the log signs of a bundle: its name, and the checksums of all files but the payload's.

    The payload's manifest is one of them.
    """
    tags = payload_and_tags(files)[TAG_MANIFEST] - {SIGNED}
    return f"{FORMAT}\n{origin}\n{bundle}\n{manifest_of(files, tags)}"


def check_signed(
    files: dict[str, bytes], case: Case, checkpoint: Checkpoint, keys: Keys, report: Report
) -> None:
    """Check that the log has signed this bundle, manifests and all."""
    text, signatures = read_note(files, SIGNED)
    if text != signed_text(files, checkpoint.origin, case.bundle) or not is_signed(
        text, signatures, keys.log
    ):
        report.wrong.append(f"{SIGNED} does not say, signed by the log's key, that this is its bundle")
    if case.checkpoint != (checkpoint.origin, checkpoint.size, checkpoint.root.hex()):
        report.wrong.append(f"{CASE} tells of another checkpoint than {CHECKPOINT}")


# --- what the bundle says of itself -----------------------------------------------------------------------


def read_json(files: dict[str, bytes], path: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a file of the bundle says in JSON."""
    try:
        return json.loads(files[path].decode())
    except KeyError:
        raise WrongError(f"{path} is missing") from None
    except ValueError:
        raise WrongError(f"{path} is no JSON") from None


class Case(NamedTuple):
    """Which case of which log the bundle says it holds. Everything else it says is proved."""

    bundle: str
    id: str
    reference: str
    checkpoint: tuple[str, int, str]  # origin, size, and root in hexadecimal digits
    streams: dict[str, str]  # by id, of which kind


def read_case(files: dict[str, bytes], base: str | None) -> Case:
    """Return which case it is."""
    said = read_json(files, CASE)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise WrongError(f"{CASE} is of another format: this program verifies a {FORMAT!r}")
    try:
        checkpoint = (said["checkpoint"]["origin"], said["checkpoint"]["size"], said["checkpoint"]["root"])
        case = Case(
            said["bundle"], said["case_id"], said["case_reference"], checkpoint, dict(said["streams"])
        )
    except (KeyError, TypeError, ValueError):
        raise WrongError(
            f"{CASE} does not say which case, streams and checkpoint the bundle is about"
        ) from None
    if base is not None and base != case.bundle:
        raise WrongError(f"the bundle is packed as {base}, and calls itself {case.bundle}")
    return case


class Keys(NamedTuple):
    """Whose signatures count, and which of them are enough."""

    log: Key
    witnesses: dict[str, Key]
    groups: dict[str, tuple[int, list[str]]]  # by name: how many of which witnesses or groups
    quorum: str  # the name of a witness or a group, or `none`
    log_is_trusted: bool
    witnesses_are_trusted: bool


def read_keys(files: dict[str, bytes], trust: Trust) -> Keys:
    """Return the keys of the bundle, or those the reader trusts instead."""
    keys = read_policy(files.get(TRUST, b"").decode("ascii", "replace"))
    if trust.log is not None and read_key(trust.log) != keys.log:
        raise WrongError(f"the bundle comes from another log: its key is {keys.log.vkey}, not {trust.log}")
    if trust.witnesses:
        witnesses = {str(number): read_key(vkey) for number, vkey in enumerate(trust.witnesses, start=1)}
        most = len(witnesses) // 2 + 1
        groups = {"enough": (most if trust.quorum is None else trust.quorum, list(witnesses))}
        keys = keys._replace(witnesses=witnesses, groups=groups, quorum="enough", witnesses_are_trusted=True)
    elif trust.quorum is not None:
        keys = keys._replace(groups={"enough": (trust.quorum, list(keys.witnesses))}, quorum="enough")
    check_keys(keys)
    return keys._replace(log_is_trusted=trust.log is not None)


def read_policy(policy: str) -> Keys:
    """Return the keys that a policy names, and which of them are enough (C2SP tlog-policy)."""
    logs: list[Key] = []
    witnesses: dict[str, Key] = {}
    groups: dict[str, tuple[int, list[str]]] = {}
    quorum = ""
    for line in policy.splitlines():
        word, *said = line.split(" ")
        if word == "log" and len(said) == 1:
            logs.append(read_key(said[0]))
        elif word == "witness" and len(said) == len(("name", "key")):
            witnesses[said[0]] = read_key(said[1])
        elif word == "group" and len(said) > len(("name", "how many")) and said[1].isdigit():
            groups[said[0]] = (int(said[1]), said[2:])
        elif word == "quorum" and len(said) == 1 and not quorum:
            quorum = said[0]
        else:
            raise WrongError(f"{TRUST} has a line that says nothing: {line[:100]!r}")
    if len(logs) != 1 or not quorum:
        raise WrongError(f"{TRUST} does not name one log and a quorum")
    return Keys(logs[0], witnesses, groups, quorum, log_is_trusted=False, witnesses_are_trusted=False)


def check_keys(keys: Keys) -> None:
    """Refuse a policy that counts one voice twice, or that nobody could meet."""
    publics = {key.public for key in (keys.log, *keys.witnesses.values())}
    members = [name for _, names in keys.groups.values() for name in names]
    if len(publics) <= len(keys.witnesses) or len(set(members)) < len(members):
        raise WrongError("one key is named twice: it would be one voice counted twice")
    if keys.log.kind != NOTE_KEY or any(key.kind != COSIGNING_KEY for key in keys.witnesses.values()):
        raise WrongError("a log signs with a key of type 1, a witness with one of type 4")
    if not all(0 <= enough <= len(names) for enough, names in keys.groups.values()):
        raise WrongError("so many witnesses cannot have signed")
    known = {*keys.witnesses, *keys.groups, "none"}
    if not {keys.quorum, *members} <= known:
        raise WrongError("a quorum or a group is made of somebody who is not named")


def is_enough(keys: Keys, name: str, cosigned: set[str], deep: int = 0) -> bool:
    """Tell whether these witnesses are what a name asks for. A group within itself is never enough."""
    if name not in keys.groups:
        return name == "none" or name in cosigned
    enough, members = keys.groups[name]
    spoken = [deep <= len(keys.groups) and is_enough(keys, each, cosigned, deep + 1) for each in members]
    return sum(spoken) >= enough


# --- notes, keys and the checkpoint (C2SP signed-note, tlog-checkpoint, tlog-cosignature) -----------------

NOTE_KEY, COSIGNING_KEY = 1, 4


class Key(NamedTuple):
    """A public key, as written in one line: its name, its id, and base64 of its type and its 32 bytes."""

    vkey: str
    name: str
    id: bytes
    kind: int
    public: bytes


def strict_base64(said: str) -> bytes:
    """Return what base64 says in its one spelling."""
    try:
        data = base64.b64decode(said, validate=True)
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
    made = sha256(name.encode() + b"\n" + key)[:4]
    if len(key) != 1 + 32 or made.hex() != said:
        raise WrongError(
            f"{vkey[:200]!r} is no key: a name, its id, and base64 of type and key, with + between"
        )
    return Key(vkey, name, made, key[0], key[1:])


def read_note(files: dict[str, bytes], path: str) -> tuple[str, dict[tuple[str, bytes], bytes]]:
    """Return a signed note's text, and its signatures by name and id of the key."""
    try:
        text, blank, below = files[path].decode().rpartition("\n\n")
    except (KeyError, UnicodeDecodeError):
        raise WrongError(f"{path} is missing, or is no text") from None
    signatures = {}
    for line in below.split("\n")[:-1]:
        said = re.fullmatch("\N{EM DASH} ([^ +]+) ([^ ]+)", line)
        if said is None:
            raise WrongError(f"{path} has a line that is no signature: {line[:80]!r}")
        value = strict_base64(said[2])
        signatures[said[1], value[:4]] = value[4:]
    if not blank or not below.endswith("\n"):
        raise WrongError(f"{path} is no signed note: a text, an empty line, and a line for each signature")
    return f"{text}\n", signatures


def is_signed(text: str, signatures: dict[tuple[str, bytes], bytes], key: Key) -> bool:
    """Tell whether a key has signed a text or, as a witness, has cosigned it, saying when."""
    value, message = signatures.get((key.name, key.id), b""), text.encode()
    if key.kind == COSIGNING_KEY:
        time, value = int.from_bytes(value[:8], "big"), value[8:]
        message = b"cosignature/v1\ntime %d\n%b" % (time, message)
    return len(value) == SIGNATURE_BYTES and ed25519(key.public, message, value)


class Checkpoint(NamedTuple):
    """What the log says of itself at one size, and who else has signed that."""

    note: bytes
    origin: str
    size: int
    root: bytes
    heads: bytes
    cosigned: list[str]


def read_checkpoint(files: dict[str, bytes], keys: Keys) -> Checkpoint:
    """Return the checkpoint, signed by the log and by enough of its witnesses."""
    text, signatures = read_note(files, CHECKPOINT)
    said = re.fullmatch("(.+)\n([1-9][0-9]{0,18})\n(.+)\nheads (.+)\n", text)
    if said is None or said[1] != keys.log.name or not is_signed(text, signatures, keys.log):
        raise WrongError(
            f"{CHECKPOINT} is no checkpoint of the log {keys.log.name}, signed by {keys.log.vkey}"
        )
    cosigned = {name for name, key in keys.witnesses.items() if is_signed(text, signatures, key)}
    if not is_enough(keys, keys.quorum, cosigned):
        raise WrongError(f"{CHECKPOINT} is signed by {len(cosigned)} witnesses asked about, too few")
    root, heads = read_hash(said[3]), read_hash(said[4])
    return Checkpoint(
        files[CHECKPOINT],
        said[1],
        int(said[2]),
        root,
        heads,
        [keys.witnesses[name].name for name in sorted(cosigned)],
    )


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
HASH_BYTES = 32


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


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above two others."""
    return sha256(b"\x01" + check_hash(left) + check_hash(right))


def root_above(record: bytes, index: int, size: int, proof: list[bytes]) -> bytes | None:
    """Return the root that a proof leads to from a leaf; None where it is too short or too long."""
    found, last, others = sha256(b"\x00" + record), size - 1, list(reversed(proof))
    while last:
        if index & 1 or index < last:  # otherwise it is the last of its row, alone, and goes up as it is
            if not others:
                return None
            found = node_hash(others.pop(), found) if index & 1 else node_hash(found, others.pop())
        index, last = index >> 1, last >> 1
    return None if others else found


def read_events(files: dict[str, bytes], case: Case, checkpoint: Checkpoint, report: Report) -> list[Leaf]:
    """Return the leaves of the bundle's events that are in the log."""
    leaves = []
    ours = {name for name in files if name.startswith(EVENTS)}
    for name in sorted({name.rpartition(".")[0] for name in ours}):
        ours -= {name + EVENT, name + LEAF, name + PROOF}
        try:
            leaves.append(read_event(files, name, case, checkpoint))
        except WrongError as wrong:
            report.wrong.append(str(wrong))
    report.wrong += [f"{name} does not belong to an event" for name in sorted(ours)]
    return leaves


def read_event(files: dict[str, bytes], name: str, case: Case, checkpoint: Checkpoint) -> Leaf:
    """Return the leaf of one event, having followed it from its bytes to the root."""
    for end in (EVENT, LEAF, PROOF):
        if name + end not in files:
            raise WrongError(f"{name}{end} is missing")
    leaf = read_leaf(files[name + LEAF], name + LEAF)
    if name != f"{EVENTS}{leaf.position:010}" or not 1 <= leaf.position <= checkpoint.size:
        raise WrongError(f"{name}{LEAF} is that of position {leaf.position}")
    if sha256(files[name + EVENT]) != leaf.stored:
        raise WrongError(f"{name}{EVENT} is not what was stored at position {leaf.position}")
    said = read_json(files, name + EVENT)
    if not isinstance(said, dict) or said.get("case_id") != case.id:
        raise WrongError(f"{name}{EVENT} belongs to another case")
    event = said.get("event")
    if isinstance(event, dict) and event.get("case_reference", case.reference) != case.reference:
        raise WrongError(f"{name}{EVENT} calls its case otherwise than {CASE} does")
    if case.streams.get(leaf.stream) not in (None, leaf.type.partition(".")[0]):
        raise WrongError(f"{CASE} says of the stream of {name}{EVENT} that it is of another kind")
    proof = read_proof(files[name + PROOF], name + PROOF, leaf.position - 1, checkpoint)
    if root_above(files[name + LEAF], leaf.position - 1, checkpoint.size, proof) != checkpoint.root:
        raise WrongError(f"{name}{EVENT} is not in the log: its proof does not lead to the root")
    return leaf


def read_proof(data: bytes, path: str, index: int, checkpoint: Checkpoint) -> list[bytes]:
    """Return the hashes of a proof, which has to be about this leaf in the bundle's checkpoint."""
    above, _, note = data.partition(b"\n\n")
    lines = above.decode("ascii", "replace").split("\n")
    if lines[:2] != ["c2sp.org/tlog-proof@v1", f"index {index}"] or note != checkpoint.note:
        raise WrongError(f"{path} is no proof about leaf {index} in the bundle's checkpoint")
    return [read_hash(line) for line in lines[2:]]


# --- counts: nothing is missing ---------------------------------------------------------------------------

KINDS = {"stream": 1, "case": 2}
HEAD_START, KEY_BITS = b"scp-events head v1", 256


def read_heads(files: dict[str, bytes], checkpoint: Checkpoint) -> dict[tuple[str, str], int]:
    """Return how many events the log has of each stream and of the case, each of which was proved."""
    counts = {}
    for head in read_json(files, HEADS):
        try:
            kind, of, count = head["kind"], uuid.UUID(head["id"]), head["count"]
            siblings = [bytes.fromhex(each) for each in head["siblings"]]
            name = bytes([KINDS[kind]]) + of.bytes
            record = HEAD_START + name + struct.pack(">I", count)
        except (AttributeError, KeyError, TypeError, ValueError, struct.error):
            raise WrongError(f"{HEADS} has an entry that says nothing") from None
        if len(siblings) > KEY_BITS or root_over(record, name, siblings) != checkpoint.heads:
            raise WrongError(f"{HEADS} does not prove that the {kind} {of} has {count} events")
        counts[kind, str(of)] = count
    return counts


def root_over(record: bytes, name: bytes, siblings: list[bytes]) -> bytes:
    """Return the root a head's proof leads to, on the way of the name asked about: a proof says no way."""
    way, found = int.from_bytes(sha256(name), "big"), sha256(b"\x00" + record)
    for depth in reversed(range(len(siblings))):
        goes_right = way >> (KEY_BITS - 1 - depth) & 1
        found = node_hash(siblings[depth], found) if goes_right else node_hash(found, siblings[depth])
    return found


def check_counts(counts: dict[tuple[str, str], int], case: Case, leaves: list[Leaf], report: Report) -> None:
    """Check that every event there is of the case is here."""
    here: dict[str, list[int]] = {}
    for leaf in leaves:
        here.setdefault(leaf.stream, []).append(leaf.version)
    for stream in sorted({*here, *case.streams, *(of for kind, of in counts if kind == "stream")}):
        count, versions = counts.get(("stream", stream), 0), here.get(stream, [])
        missing = sorted(set(range(1, count + 1)) - set(versions))
        report.wrong += [f"event {n} of the {count} in stream {stream} is missing" for n in missing]
        if len(versions) + len(missing) != count or stream not in case.streams or not count:
            report.wrong.append(f"stream {stream} has {count} events in the log, and {len(versions)} here")
    all_told = counts.get(("case", case.id), 0)
    if len(leaves) != all_told:
        report.wrong.append(f"the case has {all_told} events in the log, and {len(leaves)} proved ones here")


# --- what people read -------------------------------------------------------------------------------------


def check_readable(
    files: dict[str, bytes], checkpoint: Checkpoint, leaves: list[Leaf], report: Report
) -> None:
    """Check that the replay tells these events and no others. Its words are the log's own, signed by it."""
    replay = read_json(files, REPLAY)
    try:
        told, position = sorted(entry["position"] for entry in replay["story"]), replay["log_position"]
    except (KeyError, TypeError):
        raise WrongError(f"{REPLAY} is no replay") from None
    if told != [leaf.position for leaf in leaves] or position != checkpoint.size:
        report.wrong.append(f"{REPLAY} tells of other events than these")


OPENED_START = b"scp-events/part-text/1\0"


def check_opened(files: dict[str, bytes], leaves: list[Leaf], report: Report) -> None:
    """Check that the personal details opened for this bundle are those that were recorded.

    Encrypted details stand in their event as something unreadable and, in the clear, as a digest: the SHA-256
    of a fixed beginning, a secret salt, and the details as text. A file in data/opened/ tells salt and text.
    Whoever has them can make the digest anew; whoever has not cannot guess the details from it.
    """
    events = {f"{OPENED}{leaf.position:010}.json": f"{EVENTS}{leaf.position:010}{EVENT}" for leaf in leaves}
    for path in sorted(name for name in files if name.startswith(OPENED)):
        stored = files.get(events.get(path, ""), b"")
        try:
            for detail in read_json(files, path):
                salt, text = strict_base64(detail["salt"]), detail["text"].encode()
                digest = base64.b64encode(sha256(OPENED_START + salt + text)).decode()
                if detail["digest"] != digest or digest.encode() not in stored:
                    report.wrong.append(f"{path} shows details that are not those encrypted in its event")
        except (AttributeError, KeyError, TypeError, WrongError):
            report.wrong.append(f"{path} does not tell digest, salt and text of each encrypted part")


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
