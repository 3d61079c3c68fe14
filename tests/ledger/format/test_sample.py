"""An audit sample is drawn by nobody: from all streams, each as likely as any other, and again by anybody."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.ledger.format.document import written
from scp_events.ledger.format.leaf import Leaf
from scp_events.ledger.format.sample import Draw, Stratum, TooFewError, Unit, draw
from scp_events.ledger.offline import verify as offline
from scp_events.ledger.offline.verify import Trust
from tests.ledger.invented_case import (
    LOG,
    Files,
    falsified,
    log_of,
    sample,
    sample_in,
    unpacked,
)
from tests.needs import need

REDRAW = Path(__file__).parents[1] / "redraw.mjs"
TRUSTED = Trust(LOG.verifier.vkey)
NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)


def wrong(document: bytes) -> list[str]:
    return offline.verify_archive(document, TRUSTED).wrong


def about(document: bytes) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(unpacked(document)[1][offline.ABOUT])
    return said


def units(*sizes: int) -> list[Unit]:
    """Return invented streams, so many of each of some categories."""
    random = Random(8)  # noqa: S311 - the same streams every time
    return [
        Unit(Leaf(n + 1, UUID(int=random.getrandbits(128)), 1, NOON, f"kind-{kind}.begun", bytes(32)), 1)
        for kind, size in enumerate(sizes)
        for n in range(size)
    ]


def seeds(count: int) -> list[bytes]:
    return [sha256(b"seed %d" % number).digest() for number in range(count)]


# --- the draw ---------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.data())
def test_each_stratum_has_its_share(sizes: list[int], data: st.DataObject) -> None:
    total = sum(sizes)
    size = data.draw(st.integers(1, total))
    drawn = draw(units(*sizes), Draw("", Stratum.CATEGORY, size), bytes(32))
    assert sum(len(each.drawn) for each in drawn) == size
    for each in drawn:
        assert abs(len(each.drawn) - size * each.streams / total) < 1
        assert len(set(each.drawn)) == len(each.drawn) <= each.streams


def test_what_is_left_goes_to_the_largest_remainders_and_of_equal_ones_to_the_first() -> None:
    def shares(*sizes: int, size: int) -> list[int]:
        drawn = draw(units(*sizes), Draw("", Stratum.CATEGORY, size), bytes(32))
        return [len(each.drawn) for each in drawn]

    assert shares(10, 10, 10, size=4) == [2, 1, 1]
    assert shares(10, 10, 10, size=5) == [2, 2, 1]
    assert shares(62, 1, 1, size=9) == [9, 0, 0]
    assert shares(5, 9, 6, size=10) == [3, 4, 3], "2.5, 4.5 and 3: one is left, for the first of two equals"


def test_a_larger_sample_goes_on_from_a_smaller_one() -> None:
    for seed in seeds(20):
        smaller, larger = (draw(units(80), Draw("", Stratum.NOTHING, size), seed)[0] for size in (5, 25))
        assert larger.drawn[:5] == smaller.drawn


@pytest.mark.parametrize("size", [0, -1, 81])
def test_no_more_is_drawn_than_there_is(size: int) -> None:
    with pytest.raises(TooFewError):
        draw(units(80), Draw("", Stratum.CATEGORY, size), bytes(32))


def chi_square(draws: int) -> float:
    """Return how far the streams of a stratum are from being drawn equally often: 49 degrees of freedom."""
    frame, size = units(50, 30), 16
    times = dict.fromkeys((unit.id for unit in frame[:50]), 0)
    for seed in seeds(draws):
        for of in draw(frame, Draw("", Stratum.CATEGORY, size), seed)[0].drawn:
            times[of] += 1
    share = sum(times.values()) / draws / 50
    assert share == 10 / 50
    return (
        sum((seen - draws * share) ** 2 / (draws * share * (1 - share)) for seen in times.values()) * 49 / 50
    )


ONE_IN_A_THOUSAND = 85.35
"""Chance alone is farther than this from equal once in a thousand times, and nearer than that as often."""
ONE_IN_A_THOUSAND_BELOW = 23.98


def test_every_stream_is_as_likely_as_any_other_in_ten_thousand_draws() -> None:
    assert ONE_IN_A_THOUSAND_BELOW < chi_square(10_000) < ONE_IN_A_THOUSAND


# --- the document -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", Stratum)
@pytest.mark.parametrize(("events", "ours"), [(1, 1), (2, 1), (255, 3), (256, 5), (257, 30)])
def test_samples_of_logs_of_every_shape_are_verified(events: int, ours: int, by: Stratum) -> None:
    log = log_of(events, ours)
    streams = len({leaf.stream_id for leaf in log.leaves})
    assert wrong(written(sample_in(log, Draw("x", by, (streams + 1) // 2)), LOG)) == []


def test_a_sample_says_what_it_is_and_whose_words_chose_it() -> None:
    told = offline.verify_archive(sample(), TRUSTED).told
    assert told[0] == (
        "OK: 9 of all 64 streams in the first 1200 events of the log log.example/second-chance are drawn,"
        " by category, for 'review of spring': engagement 9 of 62, irp 0 of 1, participant 0 of 1"
    )


def test_another_purpose_draws_others() -> None:
    other = written(sample_in(log_of(), Draw("review of autumn", Stratum.CATEGORY, 9)), LOG)
    assert wrong(other) == []
    assert about(other)["strata"] != about(sample())["strata"]


def changed(**said: Any) -> bytes:
    """Return the sample with something else in it, signed by whoever has stolen the key."""

    def change(files: Files) -> None:
        files[offline.ABOUT] = json.dumps(about(sample()) | said).encode()

    return falsified(change, LOG, sample())


def test_another_size_seed_purpose_or_stratum_is_refused_even_with_the_stolen_key() -> None:
    assert wrong(changed(size=8)) == [
        "data/about.json names other streams than are drawn from this frame, with this seed"
    ]
    assert "another seed" in wrong(changed(seed="00" * 32))[0]
    assert "another seed" in wrong(changed(purpose="review of autumn"))[0]
    assert "names other streams" in wrong(changed(by="nothing"))[0]
    strata = about(sample())["strata"]
    assert strata[1]["streams"] == 1
    for otherwise_one in (True, 1.0):
        assert (
            "names other"
            in wrong(changed(strata=[strata[0], strata[1] | {"streams": otherwise_one}, strata[2]]))[0]
        )
    assert "cannot be drawn" in wrong(changed(by="colour"))[0]
    assert "cannot be drawn" in wrong(changed(size=65))[0]


def test_a_stream_left_out_of_the_frame_is_refused_even_with_the_stolen_key() -> None:
    def leave_out(files: Files) -> None:
        *lines, _ = files[offline.FRAME].decode().splitlines(keepends=True)
        files[offline.FRAME] = "".join(lines).encode()

    assert wrong(falsified(leave_out, LOG, sample())) == [
        "data/frame.txt does not hold the counts of all streams and cases"
    ]


def test_a_stream_of_another_kind_is_refused_even_with_the_stolen_key() -> None:
    """A stream could be hidden among many of another kind."""

    def disguise(files: Files) -> None:
        lines = files[offline.FRAME].decode().splitlines(keepends=True)
        at = next(n for n, line in enumerate(lines) if line.startswith("stream"))
        start, _, leaf = lines[at].strip().rpartition(" ")
        record = offline.strict_base64(leaf).replace(
            b"\x00\x1cengagement.boundaries-agreed", b"\x00\x0birp.started"
        )
        lines[at] = f"{start} {offline.base64.b64encode(record).decode()}\n"
        files[offline.FRAME] = "".join(lines).encode()

    assert wrong(falsified(disguise, LOG, sample())) == [
        "data/frame.txt has a first event that is not in the log"
    ]


@pytest.mark.parametrize("by", Stratum)
def test_three_who_know_nothing_of_each_other_draw_the_same(tmp_path: Path, by: Stratum) -> None:
    need(shutil.which("node"), "Node.js", "install it from nodejs.org or the system's packages")
    for number in range(5):
        document = written(sample_in(log_of(), Draw(f"review {number} ä", by, 7 + number)), LOG)
        name, files = unpacked(document)
        for path, data in files.items():
            place = tmp_path / str(number) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        ran = subprocess.run(
            ["node", str(REDRAW), str(tmp_path / str(number))], capture_output=True, text=True, check=True
        )
        assert json.loads(ran.stdout) == about(document)["strata"], name
        assert wrong(document) == [], "what verify.py draws by itself is the same"
