"""`scp-events import`: counts for programs, a report of rows for people, rejected rows to be corrected."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.services.cli_run import scp

SHEETS = {
    "staff.csv": "code,role,organisation\nkw-juniper,key-worker,second-chance\n",
    "legal-bases.csv": "code,instrument,act,section,valid_from\ncja,statute,Example Act,s. 1,2015-01-01\n",
    "people.csv": (
        "row,case,happened_on,entered_on,registered_by,date_of_birth,name,preferred_language\n"
        "P-1,SC-2025-001,2025-03-01,2025-03-01,kw-juniper,2008-05-04,Ash Example,en\n"
        "P-2,SC-2025-002,2025-03-02,2025-03-02,kw-juniper,2009-06-05,Elm Example,en\n"
        "P-3,SC-2025-003,2025-03-03,2025-03-12,kw-juniper,2007-07-06,Oak Example,en\n"
    ),
    "contacts.csv": "row,case,happened_on,entered_on,made_by,medium,outcome,minutes\n",
}
BROKEN_CONTACT = "C-2,SC-2025-001,2025-03-11,2025-03-11,kw-juniper,carrier-pigeon,held,20\n"


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    directory = tmp_path / "sheets"
    directory.mkdir()
    for name, text in SHEETS.items():
        (directory / name).write_text(text)
    return directory


@pytest.fixture
def broken(sheets: Path) -> Path:
    with (sheets / "contacts.csv").open("a") as file:
        file.write(BROKEN_CONTACT)
    return sheets


def test_an_import_counts_its_rows_and_may_be_run_twice(log_database: str, sheets: Path) -> None:
    runs = [scp("import", str(sheets), "--format", "json", database=log_database) for _ in range(2)]
    assert [ran.code for ran in runs] == [0, 0]
    assert runs[0].out == '{"read":3,"recorded":3,"already_there":0,"rejected":0}\n'
    assert runs[1].out == '{"read":3,"recorded":0,"already_there":3,"rejected":0}\n'
    assert not (sheets.parent / "rejected").exists()


def test_a_partial_import_ends_with_3_and_keeps_the_rejected_rows(log_database: str, broken: Path) -> None:
    ran = scp("import", str(broken), "--format", "json", database=log_database)
    assert ran.code == 3
    assert json.loads(ran.out) == {"read": 4, "recorded": 3, "already_there": 0, "rejected": 1}
    rejected = broken.parent / "rejected"
    assert str(rejected) in ran.err
    (row,) = csv.DictReader((rejected / "contacts.csv").read_text("utf-8-sig").splitlines())
    assert row["row"] == "C-2"


def test_rejected_rows_are_corrected_and_imported_again(log_database: str, broken: Path) -> None:
    scp("import", str(broken), database=log_database)
    rejected = broken.parent / "rejected"
    contacts = rejected / "contacts.csv"
    contacts.write_text(contacts.read_text("utf-8-sig").replace("carrier-pigeon", "letter"))
    ran = scp("import", str(rejected), "--format", "ndjson", database=log_database)
    assert "1 rows read" in ran.err
    assert "carrier-pigeon" not in ran.out  # what is left to say is what the rules say of a letter
    assert json.loads(ran.out)["code"] == "boundaries-not-agreed"


def test_rejected_rows_go_where_they_are_wanted_and_over_nothing(log_database: str, broken: Path) -> None:
    wanted = broken.parent / "to-do"
    wanted.mkdir()
    (wanted / "contacts.csv").write_text("somebody's work")
    ran = scp("import", str(broken), "--rejected", str(wanted), database=log_database)
    assert ran.code == 3
    assert (wanted / "contacts.csv").read_text() == "somebody's work"
    written = Path(ran.err.splitlines()[-1].partition(": ")[2])
    assert written != wanted
    assert (written / "contacts.csv").exists()


def test_a_dry_run_decides_every_row_and_leaves_nothing(log_database: str, broken: Path) -> None:
    ran = scp("import", str(broken), "--dry-run", "--format", "json", database=log_database)
    assert ran.code == 3
    assert json.loads(ran.out) == {"read": 4, "recorded": 3, "already_there": 0, "rejected": 1}
    assert "dry run, nothing recorded" in ran.err
    assert not (broken.parent / "rejected").exists()
    assert scp("cases", "--format", "json", database=log_database).out == "[]\n"


def test_people_get_a_report_row_by_row(log_database: str, broken: Path) -> None:
    out = scp("import", str(broken), database=log_database, COLUMNS="100").out
    assert "contacts.csv" in out
    assert "medium" in out
    assert out.splitlines()[-1] == "4 rows read, 3 recorded, 0 already there, 1 rejected"


@pytest.mark.parametrize("how", ["csv", "ndjson"])
def test_programs_get_a_report_row_by_row(log_database: str, broken: Path, how: str) -> None:
    out = scp("import", str(broken), "--format", how, database=log_database).out
    rows = list(csv.DictReader(out.splitlines())) if how == "csv" else [json.loads(out)]
    assert [(row["sheet"], row["row"], row["column"]) for row in rows] == [("contacts.csv", "C-2", "medium")]


def test_no_report_repeats_what_a_cell_says(log_database: str, broken: Path) -> None:
    for how in ("table", "json", "csv", "ndjson"):
        ran = scp("import", str(broken), "--format", how, database=log_database)
        assert "carrier-pigeon" not in ran.out + ran.err
        assert "Ash" not in ran.out + ran.err


def test_whoever_imports_is_a_code_and_by_default_nobody_s_login(log_database: str, sheets: Path) -> None:
    scp("import", str(sheets), database=log_database)
    story = json.loads(scp("replay", "SC-2025-001", "--format", "json", database=log_database).out)["story"]
    assert {entry["recorded_by"]["id"] for entry in story} == {"data-clerk"}
    refused = scp("import", str(sheets), "--by", "Jane Doe", database=log_database)
    assert refused.code == 2
    assert "--by" in refused.err


def test_what_cannot_be_read_is_told_a_line_each(log_database: str, sheets: Path) -> None:
    (sheets / "strange.csv").write_text("a\n1\n")
    ran = scp("import", str(sheets), database=log_database)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("scp-events: strange.csv: ")
    assert "Traceback" not in ran.err


def test_a_directory_that_is_not_there_is_a_usage_error(log_database: str, tmp_path: Path) -> None:
    ran = scp("import", str(tmp_path / "nowhere"), database=log_database)
    assert ran.code == 2
    assert "nowhere" in ran.err
