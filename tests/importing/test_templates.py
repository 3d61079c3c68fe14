"""Empty sheets to fill in: every column described by its model, never written over what is there."""

from __future__ import annotations

import csv
from pathlib import Path
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from scp_events.importing import SheetsRefusedError
from scp_events.importing.column_kinds import KINDS, Kind
from scp_events.importing.reading import read_directory
from scp_events.importing.sheets import COLUMNS, DAYS
from scp_events.importing.templates import WORKBOOK, descriptions, write_templates


def test_every_column_is_described_and_tells_its_words() -> None:
    said = {(each.sheet, each.column): each.says for each in descriptions([*KINDS])}
    assert len(said) == sum(len(columns) for columns in KINDS.values())
    assert all(text.endswith(".") for text in said.values())
    assert said["contacts", "medium"] == (
        "How they met. One of in-person, phone, video, online, virtual-reality, message, letter."
    )


@pytest.mark.parametrize(
    ("sheet", "column", "kind"),
    [
        ("contacts", "row", Kind.ROW),
        ("contacts", "case", Kind.CASE),
        ("contacts", "happened_on", Kind.DAY),
        ("contacts", "time", Kind.TIME),
        ("contacts", "made_by", Kind.STAFF),
        ("contacts", "legal_basis", Kind.LEGAL_BASIS),
        ("contacts", "minutes", Kind.NUMBER),
        ("contacts", "corrects", Kind.ROWS),
        ("contacts", "relied_on", Kind.ROWS),
        ("contacts", "note", Kind.TEXT),
        ("consents", "capacity_noted", Kind.CHOICE),
        ("milestones", "about", Kind.TEXT),
        ("plans", "about", Kind.ROWS),
        ("staff", "role", Kind.CHOICE),
        ("legal-bases", "valid_to", Kind.DAY),
    ],
)
def test_the_kind_of_a_column_is_what_its_model_says(sheet: str, column: str, kind: Kind) -> None:
    assert KINDS[sheet][column].kind is kind


def test_templates_are_read_as_the_sheets_they_are(tmp_path: Path) -> None:
    names = [*KINDS]
    write_templates(tmp_path / "text", names, as_workbook=False)
    write_templates(tmp_path / "book", names, as_workbook=True)
    for directory in (tmp_path / "text", tmp_path / "book"):
        folder = read_directory(directory, COLUMNS, DAYS)
        assert {*folder.sheets} == {*names}
        assert not folder.noticed


def test_a_template_is_a_line_with_the_names_of_the_columns(tmp_path: Path) -> None:
    [file] = write_templates(tmp_path, ["consents"], as_workbook=False)
    assert file == tmp_path / "consents.csv"
    [header] = csv.reader(file.read_text("utf-8-sig").splitlines())
    assert header == [*KINDS["consents"]]


def test_nothing_is_written_over_and_nothing_beside_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("somebody's work")
    with pytest.raises(SheetsRefusedError, match=r"^contacts.csv: is there already"):
        write_templates(tmp_path, ["people", "contacts"], as_workbook=False)
    assert [path.name for path in tmp_path.iterdir()] == ["contacts.csv"]
    assert (tmp_path / "contacts.csv").read_text() == "somebody's work"


def test_a_workbook_offers_the_words_of_a_column_and_the_codes_of_a_register(tmp_path: Path) -> None:
    write_templates(tmp_path, ["staff", "contacts"], as_workbook=True)
    assert CalamineWorkbook.from_path(tmp_path / WORKBOOK).sheet_names == ["staff", "contacts"]
    with ZipFile(tmp_path / WORKBOOK) as parts:
        contacts = parts.read("xl/worksheets/sheet2.xml").decode()
        notes = parts.read("xl/comments2.xml").decode()
    assert "in-person,phone,video" in contacts
    assert "'staff'!$A$2:$A$5000" in contacts
    assert "Who met them, or tried to." in notes
