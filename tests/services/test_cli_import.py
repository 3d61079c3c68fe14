"""`scp-events import`: counts for programs, a report of rows for people, rejected rows to be corrected."""

from __future__ import annotations

import csv
import json
import re
import signal
import stat
from pathlib import Path

import psycopg
import pytest

from scp_events.importing.turns import alone
from tests.services.cli_run import scp, scp_process
from tests.waiting import until

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


def test_who_imports_says_the_order_of_days_that_do_not_show_it(log_database: str, sheets: Path) -> None:
    contact = "C-1,SC-2025-001,04/03/2025,04/05/2025,kw-juniper,letter,held,20\n"
    (sheets / "contacts.csv").write_text(SHEETS["contacts.csv"] + contact)
    (sheets / "notes.docx").write_text("not a sheet")
    ran = scp("import", str(sheets), "--dry-run", database=log_database)
    assert ran.code != 0
    assert "contacts.csv, column happened_on" in ran.err
    assert "--dates dmy" in ran.err
    told = scp("import", str(sheets), "--dry-run", "--dates", "mdy", database=log_database)
    assert "4 rows read" in told.out
    assert "notes.docx: was not read" in told.err
    wrong = scp("import", str(sheets), "--time-zone", "Mars/Olympus", database=log_database)
    assert wrong.code == 2
    assert "Europe/London" in wrong.err


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
    assert "dry run, nothing recorded: 4 rows read, 3 would be recorded" in ran.err
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


# --- report files -----------------------------------------------------------------------------------------


def test_the_report_goes_to_files_beside_the_screen(log_database: str, broken: Path) -> None:
    files = [broken.parent / f"report.{ending}" for ending in ("json", "html", "xlsx")]
    options = [option for file in files for option in ("--report", str(file))]
    ran = scp("import", str(broken), *options, database=log_database)
    assert ran.code == 3
    said = json.loads(files[0].read_text())
    assert (said["read"], said["rejected"]) == (4, 1)
    assert [(kind["rows"], kind["column"], kind["code"]) for kind in said["kinds"]] == [
        (1, "medium", "not-a-choice")
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert "carrier-pigeon" not in files[1].read_text()


def test_a_dry_run_writes_the_report_that_was_asked_for(log_database: str, broken: Path) -> None:
    file = broken.parent / "report.json"
    scp("import", str(broken), "--dry-run", "--report", str(file), database=log_database)
    assert json.loads(file.read_text())["dry_run"] is True


def test_files_that_are_refused_as_a_whole_are_in_the_report(log_database: str, sheets: Path) -> None:
    (sheets / "strange.csv").write_text("a\n1\n")
    file = sheets.parent / "report.json"
    ran = scp("import", str(sheets), "--report", str(file), database=log_database)
    assert (ran.code, ran.out) == (1, "")
    said = json.loads(file.read_text())
    assert said["read"] == 0
    assert [(row["standing"], row["sheet"], row["code"]) for row in said["rows"]] == [
        ("file refused", "strange.csv", "unknown-sheet")
    ]


@pytest.mark.parametrize("name", ["report.pdf", "report", "nowhere/report.html", "sheets/report.xlsx"])
def test_a_report_that_could_never_be_written_is_refused_before_the_import(
    log_database: str, sheets: Path, name: str
) -> None:
    ran = scp("import", str(sheets), "--report", str(sheets.parent / name), database=log_database)
    assert ran.code == 2
    assert scp("cases", "--format", "json", database=log_database).out == "[]\n"


@pytest.mark.faults
@pytest.mark.parametrize("how", ["table", "json", "csv", "ndjson"])
def test_what_cannot_be_written_leaves_every_problem_on_the_screen(
    log_database: str, broken: Path, how: str
) -> None:
    in_the_way = broken.parent / "in-the-way"
    in_the_way.write_text("")
    report = broken.parent / "report.html"
    report.mkdir()
    ran = scp(
        *("import", str(broken), "--format", how, "--rejected", str(in_the_way / "rejected")),
        *("--report", str(report)),
        database=log_database,
        COLUMNS="200",
    )
    assert ran.code == 4
    assert ran.err.count("could not be written") == 2
    assert "import again" in ran.err
    assert "4 rows read, 3 recorded, 0 already there, 1 rejected" in ran.out + ran.err
    assert "not-a-choice" in ran.out + ran.err
    assert "Traceback" not in ran.err
    assert [*report.iterdir()] == []


@pytest.mark.faults
@pytest.mark.parametrize("how", ["table", "json"])
def test_a_screen_that_takes_nothing_loses_no_outcome(log_database: str, broken: Path, how: str) -> None:
    with Path("/dev/full").open("w") as full:
        ran = scp_process("import", str(broken), "--format", how, database=log_database, stdout=full.fileno())
        _, said = ran.communicate(timeout=60)
    assert ran.returncode == 4
    assert "not-a-choice" in said
    assert "4 rows read, 3 recorded, 0 already there, 1 rejected" in said
    assert "Traceback" not in said


# --- questions --------------------------------------------------------------------------------------------


def test_a_question_is_refused_and_accepted_by_name(log_database: str, sheets: Path) -> None:
    people = sheets / "people.csv"
    people.write_text(people.read_text().replace("2007-07-06", "1977-07-06"))
    refused = scp("import", str(sheets), "--format", "ndjson", database=log_database)
    assert (refused.code, json.loads(refused.out)["code"]) == (3, "unlikely-age")
    assert "--accept unlikely-age" in json.loads(refused.out)["fix"]
    accepted = scp("import", str(sheets), "--accept", "unlikely-age", database=log_database)
    assert accepted.code == 0
    assert "accepted by name" in " ".join(accepted.out.split())
    assert "1 recorded, 2 already there, 0 rejected" in accepted.out


def test_a_code_that_is_no_question_is_a_usage_error(log_database: str, sheets: Path) -> None:
    ran = scp("import", str(sheets), "--accept", "everything", database=log_database)
    assert ran.code == 2
    assert "decades-ago" in " ".join(ran.err.split())


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


EXAMPLE = Path(__file__).parents[2] / "examples" / "second-chance"


def recorded(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT position FROM event_log.head").fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_an_import_that_is_told_to_end_says_how_many_rows_are_in_and_run_again_is_completed(
    log_database: str, tmp_path: Path, number: signal.Signals
) -> None:
    rejected = ("--rejected", str(tmp_path / "rejected"))
    arguments = ("import", str(EXAMPLE), "--organisation", "second-chance-example", *rejected)
    program = scp_process(*arguments, database=log_database)
    until(lambda: recorded(log_database) > 100, "something is recorded")
    program.send_signal(number)
    _, err = program.communicate(timeout=60)
    assert program.returncode == 128 + number
    said = re.search(
        rf"ended by {number.name}; (\d+) of 1604 rows are in, and the same import again completes it", err
    )
    assert said, err
    assert 0 < int(said[1]) <= recorded(log_database) < 1602
    again = scp(*arguments, "--format", "json", database=log_database)
    counted = json.loads(again.out)
    assert counted["recorded"] + counted["already_there"] == 1602
    assert counted["already_there"] >= int(said[1]) - 1


FULL = """
    CREATE FUNCTION event_log.is_full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$;
    CREATE TRIGGER is_full BEFORE INSERT ON event_log.events
    FOR EACH ROW WHEN (NEW.position > 100) EXECUTE FUNCTION event_log.is_full();
"""


def test_an_import_whose_database_fails_in_the_middle_reports_what_it_came_to_and_run_again_is_completed(
    log_database: str, tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    arguments = ("import", str(EXAMPLE), "--organisation", "second-chance-example")
    arguments += ("--rejected", str(tmp_path / "rejected"), "--report", str(file))
    with psycopg.connect(log_database, autocommit=True) as connection:
        connection.execute(FULL)
        ran = scp(*arguments, database=log_database)
        connection.execute("DROP TRIGGER is_full ON event_log.events")
    assert ran.code == 1
    *_, how_far, why = ran.err.splitlines()
    said = re.fullmatch(r"(\d+) of 1604 rows are in, and the same import again completes it", how_far)
    assert said, ran.err
    assert "the database did not write (DiskFull 53100)" in why
    counted = json.loads(file.read_text())
    assert counted["recorded"] == int(said[1]) > 0
    assert counted["read"] == 1604
    assert counted["not_come_to"] == 1604 - counted["recorded"] - counted["rejected"] > 0
    assert ran.out.splitlines()[-1].endswith(f", {counted['not_come_to']} not come to")
    again = json.loads(scp(*arguments, "--format", "json", database=log_database).out)
    assert again["recorded"] + again["already_there"] == 1602


def test_a_second_import_says_that_it_waits_for_the_first(log_database: str, sheets: Path) -> None:
    with alone(log_database, 0, lambda _told: None):
        program = scp_process("import", str(sheets), database=log_database)
        assert program.stderr is not None
        line = program.stderr.readline()
    assert re.match(r"another import \(begun \d\d:\d\d:\d\d\) records into this log: waiting", line)
    out, _ = program.communicate(timeout=60)
    assert (program.returncode, out) == (0, "3 rows read, 3 recorded, 0 already there, 0 rejected\n")
