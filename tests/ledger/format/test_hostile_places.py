"""The verifier reads ordinary files of a bounded size, and says a plain line of anything else, at once."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from time import process_time
from uuid import UUID

import pytest

from scp_events.ledger.offline import verify as offline
from tests.ledger.invented_case import LOG, archive, falsified, sample, unpacked

VERIFIER = Path(offline.__file__)
SECONDS = 20
MOST_BYTES = 256 * 2**20


def bounded() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


def run(place: Path | str, *arguments: str, **environment: str) -> tuple[int, str]:
    """Verify a place as a reader would, with 256 MiB of memory. It says plain lines, and no traceback."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(place), *arguments],
        env={"PATH": os.defpath} | environment,
        capture_output=True,
        check=False,
        timeout=SECONDS,
        preexec_fn=bounded,
    )
    assert done.stderr == b"", done.stderr
    said = done.stdout.decode("ascii")
    assert all(line.isprintable() for line in said.splitlines())
    return done.returncode, said


def refused(place: Path | str, because: str) -> None:
    code, said = run(place)
    assert (code, because in said, "Traceback" in said) == (1, True, False), said


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(archive(40, 6))) as packed:
        packed.extractall(tmp_path)
    place = tmp_path / "SC-2025-014-at-40"
    assert run(place)[0] == 0
    return place


# --- what is no ordinary file -----------------------------------------------------------------------------


def test_a_link_is_refused(directory: Path, tmp_path: Path) -> None:
    story = directory / "data" / "readable" / "story.txt"
    story.rename(tmp_path / "story.txt")
    story.symlink_to(tmp_path / "story.txt")
    refused(directory, "story.txt is a link, a device or a pipe")


def test_a_directory_that_is_a_link_is_refused(directory: Path, tmp_path: Path) -> None:
    (directory / "data" / "events").rename(tmp_path / "events")
    (directory / "data" / "events").symlink_to(tmp_path / "events")
    refused(directory, "events is a link, a device or a pipe")
    (tmp_path / "link").symlink_to(directory)
    refused(tmp_path / "link", "is a link, a device or a pipe")


def test_a_link_to_itself_and_one_to_the_directory_above_are_refused(directory: Path) -> None:
    (directory / "data" / "loop").symlink_to("loop")
    refused(directory, "loop is a link")
    (directory / "data" / "loop").unlink()
    (directory / "data" / "above").symlink_to("..")
    refused(directory, "above is a link")


def test_a_pipe_is_refused_unread(directory: Path, tmp_path: Path) -> None:
    os.mkfifo(directory / "data" / "pipe")
    refused(directory, "pipe is a link, a device or a pipe")
    os.mkfifo(tmp_path / "bundle.zip")
    refused(tmp_path / "bundle.zip", "is a link, a device or a pipe")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full"])
def test_a_device_is_refused_unread(device: str) -> None:
    refused(device, "is a link, a device or a pipe")


def test_a_file_that_is_larger_than_it_says_is_refused() -> None:
    refused("/proc/self/environ", "has not the 0 bytes it is said to have")


def test_what_is_not_there_or_may_not_be_read_is_refused(directory: Path, tmp_path: Path) -> None:
    refused(tmp_path / "nothing", "nothing cannot be read: No such file or directory")
    refused(tmp_path / ("x" * 300), "cannot be read: File name too long")
    closed = directory / "data" / "checkpoint"
    closed.chmod(0)
    if not os.access(closed, os.R_OK):  # root may read everything
        refused(directory, "checkpoint cannot be read: Permission denied")


@pytest.mark.parametrize(
    "name",
    [b"\xff\xfe", b"\x1b[2J", "\u202egnp".encode(), b"..x", b".hidden", b"a b", b"x" * 200, b"\n", b"-rf/x~"],
)
def test_a_name_that_could_mean_something_else_is_refused(directory: Path, name: bytes) -> None:
    path = os.path.join(os.fsencode(directory / "data"), name)  # noqa: PTH118 - a name that is no text
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - as above
    Path(os.fsdecode(path)).write_bytes(b"")
    refused(directory, "is no name of a file in a document")


def test_a_directory_with_nothing_in_it_is_refused(directory: Path, tmp_path: Path) -> None:
    (directory / "data" / "more").mkdir()
    refused(directory, "data/more has nothing in it")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "has nothing in it")


# --- too much ---------------------------------------------------------------------------------------------


def test_a_huge_file_is_refused_unread(tmp_path: Path, directory: Path) -> None:
    with (tmp_path / "huge.zip").open("wb") as file:
        file.truncate(2**40)
    refused(tmp_path / "huge.zip", "no document of ours is so large")
    with (directory / "data" / "huge").open("wb") as file:
        file.truncate(2**33)
    refused(directory, "no document of ours is so large")


def test_many_files_are_refused(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "MOST_FILES", 20)
    with pytest.raises(offline.WrongError, match="not as it was written"):
        offline.unpacked(offline.packed({f"x/data/{number}": b"" for number in range(21)}))
    with pytest.raises(offline.WrongError, match="more than 20 files"):
        offline.read_place(directory)


LARGE = {
    "one value of much text": (offline.REPLAY, b'"' + b"x" * 30_000_000 + b'"'),
    "many values of little text": (offline.REPLAY, b"[" + b"{}," * 240_000 + b"{}]"),
    "text that an odd character makes larger": (
        offline.REPLAY,
        b'["' + b"x" * 8_000_000 + "\U0001f600".encode() + b'"]',
    ),
    "text of nothing but backslashes": (offline.REPLAY, b'["' + b"\\" * 8_000_000 + b'"]'),
    "a story without end": (offline.STORY, b"x" * 35_000_000),
    "a policy of empty lines": (offline.TRUST, b"\n" * 30_000_000),
    "a policy of empty words": (offline.TRUST, b"log" + b" " * 30_000_000 + b"\n"),
    "a note of empty lines": (offline.CHECKPOINT, b"x\n\n" + b"\n" * 8_000_000),
    "a note of one long line": (offline.CHECKPOINT, "x\n\n\u2014 x ".encode() + b"A" * 8_000_000 + b"\n"),
    "a proof of empty lines": ("data/events/0000000003.tlog-proof", b"\n" * 30_000_000),
    "a leaf without end": ("data/events/0000000003.leaf", b"scp-events leaf v1" + bytes(30_000_000)),
}


@pytest.mark.parametrize(("path", "content"), LARGE.values(), ids=LARGE)
def test_a_document_as_large_as_they_come_fits_the_memory(tmp_path: Path, path: str, content: bytes) -> None:
    odd = falsified(lambda files: files.update({path: content}), LOG)
    (tmp_path / "odd.zip").write_bytes(odd)
    code, said = run(tmp_path / "odd.zip")
    assert (code, "WRONG: " in said) == (1, True), said


@pytest.mark.parametrize("manifest", [offline.MANIFEST, offline.TAG_MANIFEST])
def test_a_manifest_of_empty_lines_fits_the_memory(directory: Path, manifest: str) -> None:
    (directory / manifest).write_bytes(b"\n" * 30_000_000)
    refused(directory, f"{manifest} is not made of at most 65000 plain lines")
    (directory / manifest).unlink()
    refused(directory, f"was added: {manifest} does not list it")


@pytest.mark.parametrize("path", [offline.FRAME, offline.FRAME_PROOF])
@pytest.mark.parametrize(
    "line", [b"\n", b"A" * 20_000_000 + b"\n", b"stream " + b"A" * 20_000_000 + b" 1 A\n"]
)
def test_a_frame_as_large_as_they_come_fits_the_memory(tmp_path: Path, path: str, line: bytes) -> None:
    content = line * (30_000_000 // len(line))
    odd = falsified(lambda files: files.update({path: content}), LOG, sample(40, 6))
    (tmp_path / "odd.zip").write_bytes(odd)
    refused(tmp_path / "odd.zip", "WRONG: ")


def test_a_case_that_counts_billions_of_events_is_refused_at_once(tmp_path: Path) -> None:
    """Whoever makes a log of their own can sign any count."""
    (tmp_path / "x.zip").write_bytes(archive(40, 6))
    leaf = offline.Leaf(1, "11111111-1111-4111-8111-111111111111", 1, 0, "irp.started", b"")
    case = offline.Case("22222222-2222-4222-8222-222222222222", "x", {leaf.stream: "irp"})
    counts = {("case", case.id): 2**32 - 1, ("stream", leaf.stream): 2**32 - 1}
    report = offline.Report()
    offline.check_counts(counts, case, [offline.Event(leaf)], report)
    assert len(report.wrong) == offline.MOST_SHOWN + 1


def test_many_types_are_refused_and_many_strata_are_drawn_at_once() -> None:
    days = {"first_day": "2025-01-01", "last_day": "2025-01-02", "time_zone": "UTC"}
    instants = {"starts_at": "2025-01-01T00:00:00Z", "ends_before": "2025-01-03T00:00:00Z"}
    with pytest.raises(offline.WrongError, match="at most 100"):
        offline.read_claim({"types": [f"{n:06}" for n in range(101)], **days, **instants})
    frame = [offline.Stream(str(UUID(int=n)), f"kind {n}", "2025") for n in range(60_000)]
    began = process_time()
    drawn = offline.drawn_from(frame, "category", 30_000, bytes(32))
    assert sum(len(each["drawn"]) for each in drawn) == 30_000
    assert process_time() - began < SECONDS


# --- what is said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_nothing_that_is_said_can_give_a_terminal_orders(tmp_path: Path, locale: str) -> None:
    place = tmp_path / "\x1b[2J\u202eäx\r.zip"
    place.write_bytes(archive(40, 6))
    assert run(place, LC_ALL=locale)[0] == 0
    code, said = run(tmp_path / "\x1b]0;x\x07.zip", LC_ALL=locale)
    assert (code, "\\x1b]0;x\\x07.zip cannot be read" in said) == (1, True), said


def test_a_sound_document_may_bear_any_reference(tmp_path: Path) -> None:
    def rename(files: dict[str, bytes]) -> None:
        files[offline.ABOUT] = files[offline.ABOUT].replace(b'"SC-2025-014"', '"\\u001b[2J\u202eÄ"'.encode())

    (tmp_path / "odd.zip").write_bytes(falsified(rename, LOG))
    code, said = run(tmp_path / "odd.zip")
    assert (code, "the events say that the case is called SC-2025-014" in said) == (1, True), said


def test_a_document_knows_its_files_by_one_name_each() -> None:
    _, files = unpacked(archive(40, 6))
    assert all(offline.PATH.fullmatch(path) for path in files)
