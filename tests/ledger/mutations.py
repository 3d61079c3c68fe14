"""Ways to falsify a document, one function a kind: without any key, or with the log's own, stolen."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any, TypeAlias

from scp_events.ledger.format.note import KeyKind, Signer, to_base64
from scp_events.ledger.offline import verify as offline
from tests.ledger.invented_case import LOG, NOON, WITNESSES, Files, kind_of, refitted, unpacked

Mutation: TypeAlias = Callable[[Random, bytes], bytes]
"""Returns a document that is not as it was written. Where it is after all, it does not count."""
STRANGER = Signer("stranger.example", KeyKind.COSIGNATURE, b"a witness nobody knows".ljust(32))
ESCAPES = "\x1b]0;you have been had\x07\x1b[2J\r\u202e\x00"


# --- the archive, byte by byte ----------------------------------------------------------------------------


def some_part(random: Random, document: bytes, most: int = 400) -> tuple[int, int]:
    start = random.randrange(len(document))
    return start, min(len(document), start + random.randint(1, most))


def a_flipped_bit(random: Random, document: bytes) -> bytes:
    changed = bytearray(document)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def overwritten_bytes(random: Random, document: bytes) -> bytes:
    start, end = some_part(random, document)
    return document[:start] + random.randbytes(end - start) + document[end:]


def a_shorter_archive(random: Random, document: bytes) -> bytes:
    return document[: random.randrange(len(document))]


def bytes_cut_out(random: Random, document: bytes) -> bytes:
    start, end = some_part(random, document)
    return document[:start] + document[end:]


def bytes_put_in(random: Random, document: bytes) -> bytes:
    start, end = some_part(random, document)
    return document[:start] + random.randbytes(end - start) + document[start:]


def a_part_repeated(random: Random, document: bytes) -> bytes:
    start, end = some_part(random, document)
    return document[:end] + document[start:]


def two_parts_exchanged(random: Random, document: bytes) -> bytes:
    one, other = sorted(random.sample(range(len(document) - 400), 2))
    size = random.randint(1, max(1, min(400, other - one)))
    between = document[one + size : other]
    return (
        document[:one]
        + document[other : other + size]
        + between
        + document[one : one + size]
        + document[other + size :]
    )


def something_after_the_end(random: Random, document: bytes) -> bytes:
    return document + random.randbytes(random.randint(1, 2000))


def something_before_the_beginning(random: Random, document: bytes) -> bytes:
    return random.randbytes(random.randint(1, 2000)) + document


# --- the archive, entry by entry --------------------------------------------------------------------------


def entries_of(document: bytes) -> list[int]:
    """Return where each entry begins."""
    found, offset = list[int](), 0
    while document[offset : offset + 4] == offline.LOCAL:
        found.append(offset)
        *_, size, _, length, _ = offline.ENTRY.unpack_from(document, offset + 4)
        offset += 4 + offline.ENTRY.size + length + size
    return found


def header_changed(random: Random, document: bytes, at: int, value: bytes) -> bytes:
    """Return an archive with something else in a field of an entry's header."""
    start = random.choice(entries_of(document)) + 4 + at
    return document[:start] + value + document[start + len(value) :]


def another_size_declared(random: Random, document: bytes) -> bytes:
    size = random.choice((0, 1, 2**31, 2**32 - 1, random.randrange(2**32)))
    return header_changed(random, document, random.choice((14, 18)), struct.pack("<I", size))


def another_method_declared(random: Random, document: bytes) -> bytes:
    return header_changed(
        random, document, random.choice((0, 2, 4)), struct.pack("<H", random.randint(1, 99))
    )


def a_longer_name_declared(random: Random, document: bytes) -> bytes:
    return header_changed(
        random, document, random.choice((22, 24)), struct.pack("<H", random.randrange(65536))
    )


def a_bomb(random: Random, document: bytes) -> bytes:
    """An entry of a few kilobytes that would become very many."""
    base, _ = unpacked(document)
    name, size = f"{base}/aaa-{random.randrange(1000)}".encode(), random.choice((1, 30, 300)) * 2**20
    data, checksum = deflated(size)
    about = offline.ENTRY.pack(20, 0, 8, 0, 33, checksum, len(data), size, len(name), 0)
    return offline.LOCAL + about + name + data + document


@cache
def deflated(size: int) -> tuple[bytes, int]:
    """Return so many zeros, compressed, and their checksum."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    return bomb.compress(bytes(size)) + bomb.flush(), zlib.crc32(bytes(size))


def a_name_that_leads_elsewhere(random: Random, document: bytes) -> bytes:
    base, files = unpacked(document)
    path = random.choice(sorted(files))
    odd = random.choice(
        ("../{}", "/{}", "{}/../x", "./{}", "{}/", "c:\\{}", "{} ", "{}\n", "\x1b[2J{}", "ä{}", ".{}", "{}~")
    )
    named = {f"{base}/{name}": data for name, data in files.items()}
    named[random.choice((odd.format(f"{base}/{path}"), f"{base}/{odd.format(path)}"))] = named.pop(
        f"{base}/{path}"
    )
    return packed_anyhow(sorted(named.items()))


def packed_anyhow(named: list[tuple[str, bytes]]) -> bytes:
    """Return an archive with these entries in this order, whatever their names."""
    entries, listing, offset = [], [], 0
    for name, data in named:
        path = name.encode("utf-8", "surrogateescape")
        about = offline.ENTRY.pack(20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), len(path), 0)
        place = struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, offset)
        entries.append(offline.LOCAL + about + path + data)
        listing.append(offline.CENTRAL + struct.pack("<H", 3 << 8 | 20) + about + place + path)
        offset += len(entries[-1])
    return b"".join(entries) + offline.directory_of(listing, offset)


def entries_in_another_order(random: Random, document: bytes) -> bytes:
    named = list(offline.unpacked(document).items())
    one, other = random.sample(range(len(named)), 2)
    named[one], named[other] = named[other], named[one]
    return packed_anyhow(named)


def an_entry_twice(random: Random, document: bytes) -> bytes:
    named = list(offline.unpacked(document).items())
    at = random.randrange(len(named))
    data = random.choice((named[at][1], b"another", named[0][1]))
    return packed_anyhow([*named[: at + 1], (named[at][0], data), *named[at + 1 :]])


def a_directory_that_says_something_else(random: Random, document: bytes) -> bytes:
    start = document.index(offline.CENTRAL)
    return document[:start] + a_flipped_bit(random, document[start:])


def many_files_more(random: Random, document: bytes) -> bytes:
    named = offline.unpacked(document)
    base = next(iter(named)).partition("/")[0]
    more = {f"{base}/data/x/{number}": b"" for number in range(random.randint(1, 3000))}
    return packed_anyhow(sorted({**named, **more}.items()))


# --- the files, checksums made to fit ---------------------------------------------------------------------


def of_files(change: Callable[[Random, Files], object], signer: Signer | None = None) -> Mutation:
    """Return what changes the files of a document and packs it so that all sums fit, signed or not."""

    def mutation(random: Random, document: bytes) -> bytes:
        base, files = unpacked(document)
        before = dict(files)
        change(random, files)
        is_signed_otherwise = files.get(offline.SIGNED) != before[offline.SIGNED]
        fitted = refitted(base, kind_of(before), files, None if is_signed_otherwise else signer)
        return document if files == before else fitted

    mutation.__name__ = change.__name__ + ("_with_the_key" if signer else "")
    return mutation


def with_the_key(change: Callable[[Random, Files], object]) -> Mutation:
    return of_files(change, LOG)


def a_file_changed(random: Random, files: Files) -> None:
    path = random.choice(sorted(files))
    files[path] = random.choice((a_flipped_bit, bytes_cut_out, bytes_put_in))(random, files[path] or b" ")


def a_file_missing(random: Random, files: Files) -> None:
    del files[random.choice(sorted(files))]


def a_file_that_proves_missing(random: Random, files: Files) -> None:
    """The numbers of a policy, and what was opened, a document can do without."""
    needed = [path for path in sorted(files) if not path.startswith(("data/policies/", offline.OPENED))]
    del files[random.choice(needed)]


def a_file_added(random: Random, files: Files) -> None:
    place = random.choice(("", "data/", "data/events/", "data/readable/", "data/opened/"))
    files[f"{place}{random.choice(('note.txt', '0000000099.event', 'x.json'))}"] = random.randbytes(20)


def two_files_exchanged(random: Random, files: Files) -> None:
    one, other = random.sample(sorted(files), 2)
    files[one], files[other] = files[other], files[one]


# --- what a thief of the key would change -----------------------------------------------------------------


def one_of(random: Random, files: Files, *ends: str) -> str | None:
    """Return one of the files whose paths end so; None where there is none."""
    found = [path for path in sorted(files) if path.endswith(ends)]
    return random.choice(found) if found else None


def say(files: Files, path: str, said: object) -> None:
    """Let a file say something in JSON, unless it says so already."""
    if json.dumps(json.loads(files[path])) != json.dumps(said):
        files[path] = json.dumps(said).encode()


def an_event_left_out(random: Random, files: Files) -> None:
    if leaf := one_of(random, files, offline.LEAF):
        name = leaf.removesuffix(offline.LEAF)
        for end in (offline.EVENT, offline.LEAF, offline.PROOF):
            files.pop(name + end, None)
        leave_out_of_replay(files, int(name.rpartition("/")[2]))


def leave_out_of_replay(files: Files, position: int) -> None:
    if offline.REPLAY in files:
        replay = json.loads(files[offline.REPLAY])
        replay["story"] = [entry for entry in replay["story"] if entry["position"] != position]
        say(files, offline.REPLAY, replay)


def a_stream_left_out(random: Random, files: Files) -> None:
    """All of a stream is gone, its events, its count and its name."""
    if offline.HEADS not in files:
        return
    about, heads = json.loads(files[offline.ABOUT]), json.loads(files[offline.HEADS])
    stream = random.choice(sorted(about["streams"]))
    del about["streams"][stream]
    say(files, offline.ABOUT, about)
    say(files, offline.HEADS, [head for head in heads if head["id"] != stream])
    for path in [path for path in files if path.endswith(offline.LEAF)]:
        if offline.read_leaf(files[path], path).stream == stream:
            for end in (offline.EVENT, offline.LEAF, offline.PROOF):
                files.pop(path.removesuffix(offline.LEAF) + end, None)
            leave_out_of_replay(files, int(path.rpartition("/")[2].removesuffix(offline.LEAF)))


def an_event_altered(random: Random, files: Files) -> None:
    """Its leaf is made to fit."""
    if path := one_of(random, files, offline.EVENT):
        files[path] = a_flipped_bit(random, files[path])
        leaf = path.removesuffix(offline.EVENT) + offline.LEAF
        files[leaf] = files[leaf][:-32] + offline.sha256(files[path])


def a_leaf_altered(random: Random, files: Files) -> None:
    if path := one_of(random, files, offline.LEAF):
        files[path] = random.choice((a_flipped_bit, bytes_cut_out, bytes_put_in))(random, files[path])


def a_proof_altered(random: Random, files: Files) -> None:
    if path := one_of(random, files, offline.PROOF):
        files[path] = random.choice((a_flipped_bit, bytes_cut_out, a_part_repeated))(random, files[path])


def two_events_exchanged(random: Random, files: Files) -> None:
    names = [path.removesuffix(offline.LEAF) for path in files if path.endswith(offline.LEAF)]
    if names:
        one, other = random.sample(names, 2)
        for end in random.choice(
            ((offline.LEAF, offline.PROOF, offline.EVENT), (offline.LEAF,), (offline.PROOF,))
        ):
            pair = files.get(one + end, b""), files.get(other + end, b"")
            files[other + end], files[one + end] = pair


def a_count_altered(random: Random, files: Files) -> None:
    if offline.HEADS in files:
        heads = json.loads(files[offline.HEADS])
        head = random.choice(heads)
        head["count"] = random.choice((head["count"] - 1, head["count"] + 1, 0, -1, 2**32 - 1, 2**32, 10**18))
        say(files, offline.HEADS, heads)


def a_proof_of_a_count_altered(random: Random, files: Files) -> None:
    if offline.HEADS in files:
        heads = json.loads(files[offline.HEADS])
        head = random.choice(heads)
        at = random.randrange(len(head["siblings"]))
        head["siblings"][at : at + 1] = random.choice(
            ([], ["00" * 32] * 2, [" 00"], [None], ["00" * 31], [7])
        )
        say(files, offline.HEADS, heads)


def a_count_left_out_or_twice(random: Random, files: Files) -> None:
    if offline.HEADS in files:
        heads = json.loads(files[offline.HEADS])
        at = random.randrange(len(heads))
        heads[at : at + 1] = random.choice(([], [heads[at], heads[at]]))
        say(files, offline.HEADS, heads)


def signature_lines_changed(random: Random, files: Files) -> None:
    """One more, one twice, in another order, by nobody known, or by a witness at another time."""
    path = random.choice((offline.CHECKPOINT, offline.SIGNED))
    text, _, below = files[path].decode().rpartition("\n\n")
    lines = below.splitlines(keepends=True)
    stranger, witness = random.choice((STRANGER, LOG)), random.choice(WITNESSES)
    extra = random.choice(
        (
            random.choice(lines),
            STRANGER.cosign(f"{text}\n", NOON).line(),
            Signer(stranger.name, KeyKind.NOTE, STRANGER.seed).sign(f"{text}\n").line(),
            witness.cosign(f"{text}\n", NOON.replace(year=2026)).line(),
            f"\N{EM DASH} {ESCAPES[:3]} AAAA\n",
            "\n",
        )
    )
    lines.insert(random.randint(0, len(lines)), extra)
    if len(lines) > 2 and random.random() < 0.3:
        lines.remove(extra)
        lines[0], lines[1] = lines[1], lines[0]
    changed = f"{text}\n\n{''.join(lines)}".encode()
    in_proofs(files, path, changed)


def in_proofs(files: Files, path: str, changed: bytes) -> None:
    """Change a note, also where it stands in proofs."""
    for proof in [each for each in files if each.endswith(offline.PROOF) and path == offline.CHECKPOINT]:
        files[proof] = files[proof].replace(files[path], changed)
    files[path] = changed


def another_checkpoint(random: Random, files: Files) -> None:
    """Signed by the thief, and by none of the witnesses."""
    text, _, below = files[offline.CHECKPOINT].decode().rpartition("\n\n")
    lines = f"{text}\n".split("\n")
    at = random.randrange(1, 4)
    said = to_base64(random.randbytes(32))
    lines[at] = ["", str(random.randint(1, 10**17)), said, f"heads {said}"][at]
    changed = "\n".join(lines)
    others = "".join(below.splitlines(keepends=True)[1:])
    in_proofs(files, offline.CHECKPOINT, f"{changed}\n{LOG.sign(changed).line()}{others}".encode())


def a_policy_altered(random: Random, files: Files) -> None:
    """Another log, witnesses who are none, a quorum nobody can meet: our reader asks for three witnesses."""
    lines = files[offline.TRUST].decode().splitlines(keepends=True)
    odd = (
        f"log {STRANGER.verifier.vkey}\n",
        f"witness x {WITNESSES[0].verifier.vkey}\n",
        "group x 99 y\n",
        "group x 1 x\n",
        "quorum x\n",
        f"witness {ESCAPES[:2]} \n",
        "\n\n",
        f"group enough {'9' * 4000} x\n",
    )
    if random.random() < 0.5:
        lines.insert(random.randint(0, len(lines)), random.choice(odd))
    else:
        del lines[random.randrange(len(lines) - 1)]
    files[offline.TRUST] = "".join(lines).encode()


def details_altered(random: Random, files: Files) -> None:
    if path := one_of(random, files, *(p for p in files if p.startswith(offline.OPENED))):
        (detail, *_) = json.loads(files[path])
        detail[random.choice(("text", "salt", "digest"))] = random.choice(
            ("AAAA", "x", "", "\ud800", 7, None)
        )
        say(files, path, [detail])


def a_replay_that_tells_less(random: Random, files: Files) -> None:
    if offline.REPLAY in files:
        replay = json.loads(files[offline.REPLAY])
        replay["story"].pop(random.randrange(len(replay["story"])))
        say(files, offline.REPLAY, replay)


FREE = {"time_zone", "types"}
"""What a claim says on its own account: another claim would be another document, and perhaps a true one."""


def places_in(value: Any) -> list[tuple[Any, Any]]:
    """Return every place of a JSON document: what it is in, and its name or number there."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    here = [(value, name) for name, _ in inside if name not in FREE]
    more = [value[name] for _, name in here if isinstance(value[name], dict | list)]
    return here + [place for each in more for place in places_in(each)]


def a_name_or_number_altered(random: Random, files: Files) -> None:
    """What the document says of itself: its name, case, streams, claim, size, seed, strata."""
    about = json.loads(files[offline.ABOUT])
    where, name = random.choice(places_in(about))
    said = where[name]
    others = (said + 1, 0, -1, True, None) if isinstance(said, int) else (f"{said}x", "", ESCAPES, 7, [], {})
    where[name] = random.choice(others)
    say(files, offline.ABOUT, about)


HOSTILE = (
    "NaN",
    "-Infinity",
    "1.0",
    "1e999999999",
    "9" * 100_000,
    "-" + "9" * 5_000,
    "0." + "9" * 100_000,
    "[" * 50_000 + "]" * 50_000,
    '{"a":' * 20_000 + "1" + "}" * 20_000,
    "[" + "[]," * 260_000 + "[]]",
    '"\\ud800"',
    '"\\u001b[2J"',
    '{"a": 1, "a": 1}',
    "01",
    "'x'",
    '"' + "\x01" + '"',
    "true",
    "\ufeff1",
)


def hostile_json(random: Random, files: Files) -> None:
    """A value that another reader would read in another way, or could not bear."""
    path = random.choice([p for p in (offline.ABOUT, offline.HEADS, offline.REPLAY) if p in files])
    said = json.loads(files[path])
    where, name = random.choice(places_in(said))
    where[name] = "HERE"
    files[path] = json.dumps(said).replace('"HERE"', random.choice(HOSTILE)).encode()


def a_name_said_twice(random: Random, files: Files) -> None:
    path = random.choice([p for p in (offline.ABOUT, offline.HEADS, offline.REPLAY) if p in files])
    text = files[path].decode()
    objects = [at for at, each in enumerate(text) if each == "{" and text[at + 1 :].lstrip()[:1] == '"']
    at = random.choice(objects)
    name = text[at + 1 :].lstrip().split('"')[1]
    files[path] = f'{text[: at + 1]}"{name}": null, {text[at + 1 :]}'.encode()


def no_text(random: Random, files: Files) -> None:
    """Bytes that are no text, or text in another encoding."""
    path = random.choice((offline.ABOUT, offline.CHECKPOINT, offline.TRUST, offline.SIGNED))
    text = files[path].decode()
    files[path] = random.choice(
        (b"\xff\xfe" + files[path], text.encode("utf-16"), files[path] + b"\xc0\xaf", b"\x00" * 50, b"")
    )


# --- frames and draws -------------------------------------------------------------------------------------


def a_frame_altered(random: Random, files: Files) -> None:
    """A line less, a line twice, another order, another count, another first event."""
    path = random.choice((offline.FRAME, offline.FRAME_PROOF))
    if path not in files:
        return
    lines = files[path].decode().splitlines(keepends=True)
    one, other = random.sample(range(len(lines)), 2)
    match random.randrange(5):
        case 0:
            del lines[one]
        case 1:
            lines.insert(one, lines[one])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            lines[one] = lines[one].replace(
                random.choice("0123456789abcdefAB"), random.choice("0123456789"), 1
            )
        case _:
            lines[one] = lines[one].rpartition(" ")[0] + " " + lines[other].rpartition(" ")[2]
    files[path] = "".join(lines).encode()


def a_draw_altered(random: Random, files: Files) -> None:
    """Another stream, one more or one less in a stratum, another size or purpose.

    A smaller sample is part of a larger one: one less in size as well would be a true sample.
    """
    about = json.loads(files[offline.ABOUT])
    if "strata" not in about:
        return
    drawn = random.choice([each["drawn"] for each in about["strata"] if each["drawn"]])
    not_drawn = [
        line.split(" ")[1] for line in files[offline.FRAME].decode().splitlines() if "stream" in line
    ]
    match random.randrange(5):
        case 0:
            drawn[random.randrange(len(drawn))] = random.choice(not_drawn)
        case 1:
            drawn.append(random.choice(not_drawn))
        case 2:
            drawn.pop()
        case 3:
            about["size"] += random.choice((-1, 1))
        case _:
            about["purpose"] += " "
    say(files, offline.ABOUT, about)


WITHOUT_THE_KEY: tuple[Mutation, ...] = (
    a_flipped_bit,
    overwritten_bytes,
    a_shorter_archive,
    bytes_cut_out,
    bytes_put_in,
    a_part_repeated,
    two_parts_exchanged,
    something_after_the_end,
    something_before_the_beginning,
    another_size_declared,
    another_method_declared,
    a_longer_name_declared,
    a_bomb,
    a_name_that_leads_elsewhere,
    entries_in_another_order,
    an_entry_twice,
    a_directory_that_says_something_else,
    many_files_more,
    *map(of_files, (a_file_changed, a_file_missing, a_file_added, two_files_exchanged)),
)
WITH_THE_KEY: tuple[Mutation, ...] = tuple(
    map(
        with_the_key,
        (
            an_event_left_out,
            a_stream_left_out,
            an_event_altered,
            a_leaf_altered,
            a_proof_altered,
            two_events_exchanged,
            a_count_altered,
            a_proof_of_a_count_altered,
            a_count_left_out_or_twice,
            signature_lines_changed,
            another_checkpoint,
            a_policy_altered,
            details_altered,
            a_replay_that_tells_less,
            a_name_or_number_altered,
            hostile_json,
            a_name_said_twice,
            no_text,
            a_frame_altered,
            a_draw_altered,
            a_file_that_proves_missing,
            a_file_added,
        ),
    )
)
KINDS = WITHOUT_THE_KEY + WITH_THE_KEY
