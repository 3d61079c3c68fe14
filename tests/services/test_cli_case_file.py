"""`scp-events replay`: in part, on one page, and as a document for a court file."""

from __future__ import annotations

import json
import stat
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from scp_events.case_file.pdf import PdfError, pdf
from scp_events.case_file.sheet import Item, Pair, Sheet
from scp_events.privacy.copies import copies_of
from tests.services.cli_case import REFERENCE, SECRET, Written, write_case
from tests.services.cli_run import scp


@pytest.fixture
def written(log_database: str) -> Written:
    return write_case(log_database)


# --- in part ----------------------------------------------------------------------------------------------


def positions(database: str, *asked: str) -> list[int]:
    ran = scp("replay", REFERENCE, *asked, "--format", "json", database=database)
    assert (ran.code, ran.err) == (0, "")
    return [entry["position"] for entry in json.loads(ran.out)["story"]]


def test_a_part_of_a_story_is_the_entries_of_that_kind(log_database: str, written: Written) -> None:
    whole = json.loads(scp("replay", REFERENCE, "--format", "json", database=log_database).out)["story"]
    decided = [each["position"] for each in whole if each["decision"]]
    assert positions(log_database, "--only", "decisions") == decided
    assert positions(log_database, "--only", "corrections") == [written.late, written.correction]
    assert written.late in positions(log_database, "--only", "late")
    assert positions(log_database, "--only", "contradictions") == []


def test_a_part_says_that_it_is_one(log_database: str, written: Written) -> None:
    out = scp("replay", REFERENCE, "--only", "corrections", database=log_database).out
    assert "12 entries, 7 of them decisions; shown are 2: corrections." in out
    assert "What is remembered" not in out
    none = scp("replay", REFERENCE, "--only", "contradictions", database=log_database).out
    assert "There are no contradictions among what was known." in none


def test_a_kind_nobody_has_is_a_usage_error(log_database: str, written: Written) -> None:
    assert scp("replay", REFERENCE, "--only", "everything", database=log_database).code == 2


def test_a_summary_fits_on_a_page(log_database: str, written: Written) -> None:
    out = scp("replay", REFERENCE, "--summary", database=log_database).out
    assert len(out.splitlines()) <= 60
    assert "12, from 2025-03-01 to 2025-03-10" in out
    assert "7: sv-rowan 5, po-thistle 1, kw-juniper 1" in out
    assert SECRET not in out


def test_the_time_of_day_is_told_where_it_is_known(log_database: str, written: Written) -> None:
    out = scp("replay", REFERENCE, database=log_database).out
    assert "2025-03-10" in out
    assert "12:00" in out


# --- documents --------------------------------------------------------------------------------------------


class Outline(HTMLParser):
    """What can be heard of a page: its elements in order, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_a_case_is_a_page_that_loads_nothing_and_can_be_heard(log_database: str, written: Written) -> None:
    ran = scp("replay", REFERENCE, "--format", "html", database=log_database)
    assert (ran.code, ran.err) == (0, "")
    page = Outline(ran.out)
    assert page.named("html") == [{"lang": "en"}]
    assert [len(page.named(each)) for each in ("title", "h1", "main", "header", "footer")] == [1] * 5
    levels = [int(tag[1]) for tag, _ in page.elements if tag in {"h1", "h2", "h3", "h4"}]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(page.named("article")) == 12
    assert not {"script", "img", "link", "iframe", "a"} & {tag for tag, _ in page.elements}
    assert "url(" not in ran.out
    assert "@media print" in ran.out
    assert "2025-03-10 12:00" in page.text
    assert "Example Child Justice Act" in page.text


def test_what_somebody_said_is_text_in_the_page() -> None:
    from scp_events.case_file.page import page  # noqa: PLC0415 - as the command imports it

    said = (Pair("note", "<script>alert(1)</script> & <b>"),)
    item = Item("2025-03-10", "", "#1", "<img src=x onerror=y>", "", (), said, ())
    shown = page(Sheet("SC-1", (), "What happened", (item,), (), (), ()))
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in shown


@pytest.mark.parametrize("how", ["html", "pdf"])
def test_a_document_is_its_owners_alone_and_an_erasure_will_name_it(
    log_database: str, written: Written, tmp_path: Path, how: str
) -> None:
    path = tmp_path / f"case.{how}"
    path.write_text("was there before")
    path.chmod(0o644)
    ran = scp("replay", REFERENCE, "--format", how, "--to", str(path), database=log_database)
    assert (ran.code, ran.out) == (0, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [(each.kind, each.path) for each in copies_of(log_database, REFERENCE)] == [
        ("case-file", str(path))
    ]


def test_a_pdf_is_tagged_titled_and_says_which_standard_it_keeps(
    log_database: str, written: Written, tmp_path: Path
) -> None:
    path = tmp_path / "case.pdf"
    asked = ("--format", "pdf", "--to", str(path), "--known-at", str(written.before_late))
    assert scp("replay", REFERENCE, *asked, database=log_database).code == 0
    written_pdf = path.read_bytes()
    assert written_pdf.startswith(b"%PDF-1.7")
    for mark in (b"/StructTreeRoot", b"/Marked true", b"pdfuaid:part", b"/Lang"):
        assert mark in written_pdf


def test_letters_no_font_has_are_named_by_their_writing_and_not_said() -> None:
    letter = "\N{LINEAR B SYLLABLE B008 A}"
    item = Item("2025-03-10", "", "#1", f"A {letter} note", "", (), (), ())
    sheet = Sheet("SC-1", (), "What happened", (item,), (), (), ())
    with pytest.raises(PdfError, match="no font on this machine has LINEAR letters") as refused:
        pdf(sheet, datetime.now(UTC))
    assert letter not in str(refused.value)


def test_without_the_package_a_pdf_needs_it_says_which(
    log_database: str, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    path = tmp_path / "case.pdf"
    ran = scp("replay", REFERENCE, "--format", "pdf", "--to", str(path), database=log_database)
    assert (ran.code, path.exists()) == (1, False)
    assert "scp-events[pdf]" in ran.err


@pytest.mark.parametrize(
    "asked",
    [
        ("--format", "pdf"),
        ("--to", "case.json", "--format", "json"),
        ("--summary", "--only", "late"),
        ("--summary", "--format", "csv"),
    ],
)
def test_options_that_mean_nothing_together_are_a_usage_error(asked: tuple[str, ...]) -> None:
    assert scp("replay", REFERENCE, *asked, database="").code == 2


# --- what was known ---------------------------------------------------------------------------------------


def test_a_year_is_not_taken_for_a_position(log_database: str, written: Written) -> None:
    ran = scp("replay", REFERENCE, "--known-at", "2025", database=log_database)
    assert ran.code == 2
    assert "2025 is probably a year: write 2025-12-31" in " ".join(ran.err.split())
    assert "position:2025" in ran.err


def test_a_position_beyond_the_end_is_questioned(log_database: str, written: Written) -> None:
    for typed in ("position:2025", "13"):
        ran = scp("replay", REFERENCE, "--known-at", typed, database=log_database)
        assert (ran.code, ran.out) == (1, "")
        assert "is not there yet: the log ends at 12" in ran.err
    assert scp("replay", REFERENCE, "--known-at", "position:12", database=log_database).code == 0


def test_imported_history_hints_at_what_its_sources_claim(log_database: str, written: Written) -> None:
    ran = scp("replay", REFERENCE, "--known-at", "2025-03-20", database=log_database)
    assert ran.code == 0
    assert "more were imported later" in ran.err
    assert "--trust-source-times" in ran.err
    trusting = ("--known-at", "2025-03-20", "--trust-source-times")
    assert not scp("replay", REFERENCE, *trusting, database=log_database).err
    assert not scp("replay", REFERENCE, database=log_database).err
