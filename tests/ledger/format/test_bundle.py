"""A case bundle says yes to what is so, and names what is not."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from scp_events.ledger.format import bundle as bundles
from scp_events.ledger.format.bundle import ProvedEvent, written
from scp_events.ledger.format.note import KeyKind, Signer, to_base64
from scp_events.ledger.format.proof import LogProof
from scp_events.ledger.format.tree import leaf_hash
from scp_events.ledger.format.trust import Group
from scp_events.ledger.format.trust import Trust as PolicyOfLog
from scp_events.ledger.offline import verify as offline
from scp_events.ledger.offline.verify import Report, Trust
from tests.ledger.invented_case import (
    CASE,
    LOG,
    PLAN,
    WITNESSES,
    Files,
    archive,
    bundle_of,
    falsified,
)

THIEF = Signer("log.example/second-chance", KeyKind.NOTE, b"another key of this name".ljust(32))
TRUSTED = Trust(LOG.verifier.vkey, tuple(each.verifier.vkey for each in WITNESSES), 2)
VERIFIER = Path(offline.__file__)


def check(place: Path, bundle: bytes, trust: Trust = TRUSTED) -> Report:
    """Verify a bundle that lies at a place, with a verifier that we trust."""
    file = place / "bundle.zip"
    file.write_bytes(bundle)
    return offline.verify(file, trust)


def run(*arguments: str, verifier: Path = VERIFIER, cwd: Path | None = None) -> tuple[int, str]:
    """Run the verifier as its reader would: alone, isolated, and without site packages."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(verifier), *arguments],
        cwd=cwd,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """Return where the bundle is unpacked."""
    with zipfile.ZipFile(io.BytesIO(archive())) as packed:
        assert packed.testzip() is None
        packed.extractall(tmp_path)
    return tmp_path / "SC-2025-014-at-1200"


# --- yes --------------------------------------------------------------------------------------------------


def test_a_bundle_is_verified_inside_itself_by_python_alone(unpacked: Path) -> None:
    code, said = run(verifier=unpacked / "verify.py")
    assert code == 0, said
    assert said.startswith(
        "OK: 69 events in 4 streams are all there is of case SC-2025-014 in the first 1200"
    )
    assert "is this the key you know?" in said
    assert sorted(path.name for path in unpacked.iterdir()) == [
        "README.md",
        "bag-info.txt",
        "bagit.txt",
        "bundle.note",
        "data",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "verify.py",
    ]


def test_a_packed_bundle_is_verified_against_the_keys_one_trusts(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(archive())
    witnesses = [option for each in WITNESSES for option in ("--witness", each.verifier.vkey)]
    code, said = run(str(tmp_path / "b.zip"), "--trust", LOG.verifier.vkey, *witnesses, "--quorum", "3")
    assert code == 0, said
    assert "the key you trust" in said
    assert "3 of those you trust: court.example/witness, ministry.example/witness" in said


def test_the_verifier_imports_the_standard_library_only() -> None:
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(VERIFIER.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [n.name for n in node.names]
        )
    }
    assert imported <= sys.stdlib_module_names


def test_the_verifier_can_be_read_by_python_three_eight() -> None:
    assert ast.parse(VERIFIER.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_the_same_bundle_has_the_same_bytes() -> None:
    assert written(bundle_of(), LOG) == archive()


def test_the_files_are_those_of_a_bag(unpacked: Path) -> None:
    assert (unpacked / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    listed = [line.split("  ")[1] for line in (unpacked / "manifest-sha256.txt").read_text().splitlines()]
    payload = [path for path in (unpacked / "data").rglob("*") if path.is_file()]
    assert listed == sorted(path.relative_to(unpacked).as_posix() for path in payload)
    oxum = f"Payload-Oxum: {sum(path.stat().st_size for path in payload)}.{len(payload)}"
    assert oxum in (unpacked / "bag-info.txt").read_text().splitlines()


def test_every_proof_in_a_bundle_is_one_for_other_tools_too(unpacked: Path) -> None:
    proofs = sorted((unpacked / "data" / "events").glob("*.tlog-proof"))
    assert len(proofs) == 69
    for path in proofs:
        proof = LogProof.parse(path.read_text(encoding="utf-8"))
        proof.verify(leaf_hash(path.with_suffix(".leaf").read_bytes()), bundle_of().checkpoint)


@pytest.mark.parametrize(("events", "ours"), [(1, 1), (2, 1), (255, 3), (256, 5), (257, 30)])
def test_bundles_of_logs_of_every_shape_are_verified(tmp_path: Path, events: int, ours: int) -> None:
    assert check(tmp_path, archive(events, ours)).wrong == []


def test_a_case_with_an_odd_reference_has_a_plain_name() -> None:
    odd = replace(bundle_of(), case_reference="../../etc: Ä")
    assert odd.name == f"{CASE}-at-1200"


# --- no: what was not written by the log ------------------------------------------------------------------


def test_a_bundle_from_another_log_is_refused(tmp_path: Path) -> None:
    report = check(tmp_path, archive(), Trust(log=THIEF.verifier.vkey))
    assert "comes from another log" in report.wrong[0]


def test_a_bundle_re_signed_with_another_key_of_the_same_name_is_refused(tmp_path: Path) -> None:
    report = check(tmp_path, falsified(lambda _: None, THIEF))
    assert report.wrong == ["bundle.note does not say, signed by the log's key, that this is its bundle"]


def test_without_enough_witnesses_it_is_refused(tmp_path: Path) -> None:
    lonely = written(bundle_of(cosigned=1), LOG)
    assert "is signed by 1 witnesses" in check(tmp_path, lonely).wrong[0]
    assert "is signed by 1 witnesses" in check(tmp_path, lonely, Trust()).wrong[0]
    assert check(tmp_path, lonely, Trust(quorum=1)).wrong == []


def test_a_policy_of_groups_is_followed(tmp_path: Path) -> None:
    """The court must have signed, and one of the two others; here the court and the ministry have."""
    signed = bundle_of(cosigned=2)
    court, ministry, police = (each.verifier for each in WITNESSES)
    enough = {"court", "ministry"}
    for members, threshold in (
        (("court", "others"), 2),
        (("court", "ministry"), 2),
        (("police", "others"), 2),
    ):
        groups = {"others": Group(1, ("ministry", "police"))} if "others" in members else {}
        trust = PolicyOfLog(
            logs=(LOG.verifier,),
            witnesses={"court": court, "ministry": ministry, "police": police},
            groups={**groups, "agencies": Group(threshold, members)},
            quorum="agencies",
        )
        wrong = check(tmp_path, written(replace(signed, trust=trust), LOG), Trust(LOG.verifier.vkey)).wrong
        if "police" in members:
            assert wrong == ["one key is named twice: it would be one voice counted twice"]
        else:
            assert trust.enough([court, ministry])
            assert wrong == [], enough


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "log {log}\n",
        "log {log}\nlog {log}\nquorum none\n",
        "log {log}\nquorum court\n",
        "log {log}\nwitness court {court}\ngroup x 2 court\nquorum x\n",
        "log {log}\nwitness court {court}\ngroup x 1 x\nquorum x\n",
        "log {log}\nwitness court {log}\nquorum court\n",
        "log {court}\nquorum none\n",
        "log {log}\nquorum none\nquorum none\n",
        "log {log}\nwhatever\nquorum none\n",
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(tmp_path: Path, policy: str) -> None:
    keys = {"log": LOG.verifier.vkey, "court": WITNESSES[0].verifier.vkey}

    def say(files: Files) -> None:
        files[offline.TRUST] = policy.format_map(keys).encode()

    assert check(tmp_path, falsified(say, LOG), Trust()).wrong


def test_a_witness_that_nobody_trusts_counts_for_nothing(tmp_path: Path) -> None:
    stranger = Signer("court.example/witness", KeyKind.COSIGNATURE, b"no court".ljust(32)).verifier.vkey
    assert (
        "is signed by 0 witnesses"
        in check(tmp_path, archive(), Trust(LOG.verifier.vkey, (stranger,))).wrong[0]
    )


@pytest.mark.parametrize("quorum", [-1, 4])
def test_a_quorum_nobody_can_meet_is_refused(tmp_path: Path, quorum: int) -> None:
    assert "cannot have signed" in check(tmp_path, archive(), TRUSTED._replace(quorum=quorum)).wrong[0]


def test_one_witness_named_twice_is_refused(tmp_path: Path) -> None:
    twice = (WITNESSES[0].verifier.vkey,) * 2
    assert "counted twice" in check(tmp_path, archive(), Trust(LOG.verifier.vkey, twice)).wrong[0]


# --- no: something is missing -----------------------------------------------------------------------------

POSITIONS = [event.leaf.position for event in bundle_of().events]


def drop(position: int) -> Callable[[Files], object]:
    """Return what takes an event out of a bundle."""
    return lambda files: [
        files.pop(f"data/events/{position:010}.{end}") for end in ("event", "leaf", "tlog-proof")
    ]


@pytest.mark.parametrize(
    "position", [POSITIONS[0], POSITIONS[34], POSITIONS[-1]], ids=["first", "middle", "last"]
)
@pytest.mark.parametrize("signer", [None, LOG], ids=["without the key", "with the stolen key"])
def test_a_removed_event_is_named(tmp_path: Path, position: int, signer: Signer | None) -> None:
    leaf = next(event.leaf for event in bundle_of().events if event.leaf.position == position)
    wrong = check(tmp_path, falsified(drop(position), signer)).wrong
    count = sum(event.leaf.stream_id == leaf.stream_id for event in bundle_of().events)
    assert f"event {leaf.version} of the {count} in stream {leaf.stream_id} is missing" in wrong


def test_an_event_deleted_from_the_directory_is_named(unpacked: Path) -> None:
    file = unpacked / f"data/events/{POSITIONS[20]:010}.event"
    file.unlink()
    code, said = run(str(unpacked))
    assert code == 1
    assert f"WRONG: data/events/{file.name} is missing: manifest-sha256.txt lists it" in said
    assert "is missing\n" in said
    assert said.endswith("things are wrong with this bundle\n")


def test_a_whole_stream_left_out_is_noticed_with_the_stolen_key(tmp_path: Path) -> None:
    def leave_out(files: Files) -> None:
        for event in bundle_of().events:
            if event.leaf.stream_id == PLAN:
                drop(event.leaf.position)(files)
        case = json.loads(files[offline.CASE])
        del case["streams"][str(PLAN)]
        files[offline.CASE] = json.dumps(case).encode()
        heads = [head for head in json.loads(files[offline.HEADS]) if head["id"] != str(PLAN)]
        files[offline.HEADS] = json.dumps(heads).encode()
        left = [event.leaf.position for event in bundle_of().events if event.leaf.stream_id != PLAN]
        replay = {"log_position": 1200, "story": [{"position": position} for position in left]}
        files[offline.REPLAY] = json.dumps(replay).encode()

    wrong = check(tmp_path, falsified(leave_out, LOG)).wrong
    left = sum(event.leaf.stream_id != PLAN for event in bundle_of().events)
    assert wrong == [f"the case has 69 events in the log, and {left} proved ones here"]


def test_the_head_of_another_stream_does_not_count(tmp_path: Path) -> None:
    """A true proof of a shorter stream is shown for a longer one, whose last events could be left out."""
    heads = {head.id: head for head in bundle_of().heads if head.id != CASE}
    short, long = sorted(heads.values(), key=lambda head: head.count)[:2]

    def pass_off(files: Files) -> None:
        said = json.loads(files[offline.HEADS])
        for head in said:
            if head["id"] == str(long.id):
                head["siblings"], head["count"] = [each.hex() for each in short.siblings], short.count
        files[offline.HEADS] = json.dumps(said).encode()

    wrong = check(tmp_path, falsified(pass_off, LOG)).wrong
    assert wrong == [f"data/heads.json does not prove that the stream {long.id} has {short.count} events"]


# --- no: something is not as it was -----------------------------------------------------------------------


def alter(position: int) -> Callable[[Files], object]:
    """Return what changes an event, and its leaf so that it fits."""

    def change(files: Files) -> None:
        name = f"data/events/{position:010}"
        files[f"{name}.event"] = files[f"{name}.event"].replace(b"irp.proposed", b"irp.approved")
        stored = offline.sha256(files[f"{name}.event"])
        files[f"{name}.leaf"] = files[f"{name}.leaf"][:-32] + stored

    return change


def test_an_altered_event_is_named_even_with_the_stolen_key(tmp_path: Path) -> None:
    wrong = check(tmp_path, falsified(alter(POSITIONS[7]), LOG)).wrong
    assert wrong[0] == (
        f"data/events/{POSITIONS[7]:010}.event is not in the log: its proof does not lead to the root"
    )


def test_a_bundle_under_another_reference_than_its_events_name_is_refused(tmp_path: Path) -> None:
    wrong = check(tmp_path, written(replace(bundle_of(), case_reference="SC-2025-015"), LOG)).wrong
    assert sum("calls its case otherwise than data/case.json does" in line for line in wrong) == 69


def test_a_stream_that_is_told_as_of_another_kind_is_refused(tmp_path: Path) -> None:
    streams = dict.fromkeys(bundle_of().streams, "consent")
    wrong = check(tmp_path, written(replace(bundle_of(), streams=streams), LOG)).wrong
    assert sum("that it is of another kind" in line for line in wrong) == 69


def test_an_event_of_another_case_is_refused(tmp_path: Path) -> None:
    stranger = next(event for event in bundle_of().events)
    other = replace(bundle_of(), case_id=PLAN)
    assert stranger.leaf.stream_id in other.streams
    wrong = check(tmp_path, written(other, LOG)).wrong
    assert sum("belongs to another case" in line for line in wrong) == 69


def test_two_events_cannot_change_places(tmp_path: Path) -> None:
    def swap(files: Files) -> None:
        one, other = (f"data/events/{position:010}.event" for position in POSITIONS[3:5])
        files[one], files[other] = files[other], files[one]

    wrong = check(tmp_path, falsified(swap, LOG)).wrong
    assert wrong[:2] == [
        f"data/events/{position:010}.event is not what was stored at position {position}"
        for position in POSITIONS[3:5]
    ]


def test_a_story_told_differently_is_refused(tmp_path: Path) -> None:
    def tell(files: Files) -> None:
        files["data/readable/story.txt"] = b"Something else happened.\n"

    assert len(check(tmp_path, falsified(tell)).wrong) == 1


def test_a_file_slipped_in_is_named(unpacked: Path) -> None:
    (unpacked / "data" / "note.txt").write_text("by the way")
    assert "data/note.txt was added" in run(str(unpacked))[1]


def test_a_renamed_bundle_is_refused_packed_and_not_unpacked(tmp_path: Path, unpacked: Path) -> None:
    renamed = unpacked.rename(tmp_path / "evidence")
    assert run(str(renamed))[0] == 0
    named = {f"evidence/{name.partition('/')[2]}": data for name, data in offline.unpacked(archive()).items()}
    assert "calls itself" in check(tmp_path, offline.packed(named)).wrong[0]


def test_an_archive_packed_anew_says_what_to_do(tmp_path: Path, unpacked: Path) -> None:
    with zipfile.ZipFile(tmp_path / "anew.zip", "w", zipfile.ZIP_DEFLATED) as anew:
        for path in sorted(unpacked.rglob("*")):
            anew.write(path, path.relative_to(tmp_path))
    code, said = run(str(tmp_path / "anew.zip"))
    assert code == 1
    assert "unpack it and verify the directory" in said


@pytest.mark.parametrize("bundle", [b"", b"PK\x03\x04", b"\x00" * 100], ids=["nothing", "a stub", "zeros"])
def test_what_is_no_bundle_is_refused(tmp_path: Path, bundle: bytes) -> None:
    assert "this is no case bundle" in check(tmp_path, bundle).wrong[0]


def test_a_bundle_that_is_not_there_is_refused_and_a_wrong_question_is_another_matter(tmp_path: Path) -> None:
    assert run(str(tmp_path / "gone.zip"))[0] == 1
    bad = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), "--quorum", "many"], capture_output=True, check=False
    )
    assert bad.returncode == 2


# --- every bit counts -------------------------------------------------------------------------------------


def flipped(bundle: bytes, bit: int) -> bytes:
    """Return the bundle with one bit changed."""
    changed = bytearray(bundle)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def survivors(place: Path, bundle: bytes, bits: list[int]) -> list[int]:
    """Return the flips that went unnoticed."""
    return [bit for bit in bits if not check(place, flipped(bundle, bit)).wrong]


def test_no_flipped_bit_goes_unnoticed(tmp_path: Path) -> None:
    bundle = archive(40, 6)
    bits = Random(1).sample(range(8 * len(bundle)), 300)  # noqa: S311 - the same bits every time
    end = range(8 * (len(bundle) - 22), 8 * len(bundle))
    assert survivors(tmp_path, bundle, [*bits, *range(8 * 30), *end]) == []


def test_no_flipped_bit_of_an_unpacked_file_goes_unnoticed(unpacked: Path) -> None:
    files = [path for path in sorted(unpacked.rglob("*")) if path.is_file()]
    named = [path for path in files if path.parent.name != "events"]
    for path in (*named, *files[:6]):
        sound = path.read_bytes()
        path.write_bytes(flipped(sound, 8 * (len(sound) // 2) + 3))
        assert offline.verify(unpacked, TRUSTED).wrong, path
        path.write_bytes(sound)
    assert offline.verify(unpacked, TRUSTED).wrong == []


@pytest.mark.long
def test_none_of_twenty_thousand_flipped_bits_goes_unnoticed(tmp_path: Path) -> None:
    bits = Random(2).sample(range(8 * len(archive())), 20_000)  # noqa: S311 - the same bits every time
    assert survivors(tmp_path, archive(), bits) == []


# --- opened details ---------------------------------------------------------------------------------------

DETAIL = '{"name": "Ash Example"}   '
SALT = bytes(range(32))
NAME = "data/events/0000000007.event"


def digest(text: str, salt: bytes = SALT) -> str:
    return to_base64(offline.sha256(b"scp-events/part-text/1\0" + salt + text.encode()))


def said_of_opened(**changed: str) -> list[str]:
    """Return what the verifier says of one opened part of an event at position 7."""
    stored = f'{{"encrypted": [{{"digest": "{digest(DETAIL)}"}}]}}'.encode()
    told = {"digest": digest(DETAIL), "salt": to_base64(SALT), "text": DETAIL} | changed
    leaf = offline.Leaf(7, str(CASE), 1, 0, "participant.registered", b"")
    report = Report()
    files = {NAME: stored, "data/opened/0000000007.json": json.dumps([told]).encode()}
    offline.check_opened(files, [leaf], report)
    return report.wrong


def test_opened_details_must_be_the_covered_ones() -> None:
    other = '{"name": "Beech Example"}'
    assert said_of_opened() == []
    assert said_of_opened(text=other)
    assert said_of_opened(salt=to_base64(bytes(32)))
    assert said_of_opened(text=other, digest=digest(other)), "true of itself, and of no event"
    assert "does not tell" in said_of_opened(salt="!")[0]


def test_details_of_an_event_that_is_not_here_are_refused() -> None:
    report = Report()
    told = {"digest": digest(DETAIL), "salt": to_base64(SALT), "text": DETAIL}
    offline.check_opened({"data/opened/0000000009.json": json.dumps([told]).encode()}, [], report)
    assert report.wrong == [
        "data/opened/0000000009.json shows details that are not those encrypted in its event"
    ]


def test_opened_details_travel_in_the_bundle() -> None:
    opened = {POSITIONS[0]: [bundles.Opened(offline.sha256(b"x"), SALT, DETAIL)]}
    named = offline.unpacked(written(replace(bundle_of(), opened=opened), LOG))
    said = json.loads(named[f"SC-2025-014-at-1200/data/opened/{POSITIONS[0]:010}.json"])
    assert said == [{"digest": to_base64(offline.sha256(b"x")), "salt": to_base64(SALT), "text": DETAIL}]


def test_a_case_too_large_for_an_archive_is_refused() -> None:
    event = bundle_of().events[0]
    many = [ProvedEvent(replace(event.leaf, position=n), event.stored, event.proof) for n in range(1, 22_000)]
    with pytest.raises(bundles.BundleTooLargeError):
        written(replace(bundle_of(), events=many), LOG)
