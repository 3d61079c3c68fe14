"""An organisation's own sheets, mapped: proposed, answered by a person, imported, and told as they happened.

The sheets are those of `colleague`: a workbook with a title above its columns, a log with semicolons, and
their own words, columns and references.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.importing import ImportReport, SheetsRefusedError, import_directory
from scp_events.importing.mapping import as_toml, mapped_folder, propose, read_mapping
from scp_events.importing.reading import read_directory
from scp_events.importing.sheets import COLUMNS, DAYS
from scp_events.vocabulary import Actor, OrganisationId, PersonId, Role
from tests.check_log import check_log
from tests.importing.colleague import (
    CLIENTS,
    CONTACT_LOG,
    TEAM,
    write_colleagues_sheets,
    write_text,
    write_workbook,
)
from tests.opened import opened_handler, opened_reader
from tests.services.cli_run import scp

CLERK = Actor(id=PersonId("dc-yarrow"), role=Role.DATA_CLERK, organisation=OrganisationId("riverside"))
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ANSWERS = {
    'is = "?" # near nothing': 'is = "nothing" # near nothing',
    'registered_by = "?"': 'registered_by = "Key worker"',
    'decided_by = "?"': 'decided_by = { always = "ro" }',
    'reason_code = { always = "?" }': 'reason_code = { always = "start-of-work" }',
    '\nreason = { always = "?" }': '\nreason = { always = "As the register has it." }',
    'legal_basis = { always = "?" }': 'legal_basis = { always = "rules" }',
    'options = { always = "?" }': 'options = { always = "start; no-action" }',
    'no_views_because = { always = "?" }': 'no_views_because = { always = "Not noted in the register." }',
    'words = { always = "?" }': 'words = { always = "The house rules, as signed on paper." }',
    'organisation = { always = "?" }': 'organisation = { always = "riverside" }',
    '"Kick-about" = "?"': '"Kick-about" = "in-person"',
    '"cancelled by us" = "?"': '"cancelled by us" = "cancelled"',
    "undecided = ": "ignored = ",
}
"""What a person writes into the proposed file, by what stands there."""


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return write_colleagues_sheets(tmp_path / "theirs")


def proposed(directory: Path) -> dict[str, Any]:
    """Return the proposal as a program reads it."""
    return tomllib.loads(as_toml(propose(directory, "riverside-youth")))


def as_ours(said: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what is proposed for one of our sheets."""
    [found] = [each for each in said["sheet"] if each["is"] == name]
    return dict(found)


def answered(directory: Path, changes: Mapping[str, str] | None = None) -> Path:
    """Write the proposal with every question answered; `changes` replaces what stands there."""
    text = as_toml(propose(directory, "riverside-youth"))
    for question, answer in ANSWERS.items():
        text = text.replace(question, answer)
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    (directory / "mapping.toml").write_text(text)
    return directory


def day(written: str) -> date:
    """Return a day that is written day first."""
    return date.fromisoformat("-".join(reversed(written.split("/"))))


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """Return how many rows were read, recorded, there already and rejected."""
    return report.read, report.recorded, report.already_there, report.rejected


Import: TypeAlias = Callable[[Path], ImportReport]


@pytest.fixture
def imported(log_database: str, tmp_path: Path) -> Iterator[Import]:
    """Return a function that imports a directory."""
    with opened_reader(log_database) as reader, opened_handler(log_database) as handler:
        yield lambda directory, mapping=None: _imported(
            reader, handler, directory, tmp_path / "rejected", mapping
        )
    check_log(log_database)


def _imported(
    reader: LogReader,
    handler: BlockingCommandHandler,
    directory: Path,
    rejected_to: Path,
    mapping: Path | None,
) -> ImportReport:
    return import_directory(
        reader, handler, directory, by=CLERK, rejected_to=rejected_to, now=NOW, mapping=mapping
    )


# --- from their sheets to a case that is told -------------------------------------------------------------


def test_a_colleague_s_sheets_are_mapped_answered_imported_and_told(log_database: str, theirs: Path) -> None:
    ran = scp("import", "map", str(theirs), "--organisation", "riverside-youth", database=log_database)
    assert ran.code == 0, ran.err
    file = theirs / "mapping.toml"
    assert f"written to {file}: answer its 21 open questions" in ran.err
    refused = scp("import", str(theirs), database=log_database)
    assert refused.code == 1
    assert len(refused.err.splitlines()) == 21
    text = file.read_text()
    for question, answer in ANSWERS.items():
        assert question in text
        text = text.replace(question, answer)
    file.write_text(text)
    first = scp("import", str(theirs), "--format", "json", database=log_database)
    assert first.code == 0, first.err
    assert json.loads(first.out) == {"read": 13, "recorded": 13, "already_there": 0, "rejected": 0}
    told = json.loads(scp("replay", "RY-2025-014", "--format", "json", database=log_database).out)
    assert {each["source_row"]["mapping_sha256"] for each in told["story"]} == {
        sha256(file.read_bytes()).hexdigest()
    }
    contacts = [each["says"] for each in told["story"] if each["type"] == "engagement.contact-recorded"]
    assert [(each["medium"], each["outcome"], each["held_minutes"]) for each in contacts] == [
        ("in-person", "held", 45),
        ("phone", "held", 10),
        ("in-person", "did-not-attend", 0),
    ]
    assert {each["occurred_on"] for each in told["story"]} == {
        "2025-03-03",
        "2025-03-05",
        "2025-03-13",
        "2025-03-20",
        "2025-03-27",
    }


# --- safe to repeat ---------------------------------------------------------------------------------------


def test_the_same_sheets_again_record_nothing_new(imported: Import, theirs: Path) -> None:
    assert counts(imported(answered(theirs))) == (13, 13, 0, 0)
    assert counts(imported(theirs)) == (13, 0, 13, 0)


def test_a_line_put_in_between_disturbs_no_other(imported: Import, theirs: Path) -> None:
    imported(answered(theirs))
    header, *rest = CONTACT_LOG
    new = ["2025/015", "28/03/2025", "TH", "Phone call", "Yes", "15", "Rang back.", ""]
    write_text(theirs / "Contact log.csv", [header, new, *reversed(rest)], ";")
    assert counts(imported(theirs)) == (14, 1, 13, 0)


def test_a_sheet_saved_as_a_workbook_has_the_same_rows(imported: Import, theirs: Path) -> None:
    imported(answered(theirs))
    (theirs / "Contact log.csv").unlink()
    header, *rest = CONTACT_LOG
    lines = [[line[0], day(line[1]), *line[2:]] for line in rest]
    write_workbook(theirs / "Contact log.xlsx", {"Log": [header, *lines]})
    mapping = theirs / "mapping.toml"
    mapping.write_text(mapping.read_text().replace("Contact log.csv", "Contact log.xlsx"))
    assert counts(imported(theirs)) == (13, 0, 13, 0)


def test_a_line_that_was_changed_is_noticed_where_it_stands(imported: Import, theirs: Path) -> None:
    imported(answered(theirs))
    changed = [[cell.replace("45", "54") for cell in line] for line in CONTACT_LOG]
    write_text(theirs / "Contact log.csv", changed, ";")
    report = imported(theirs)
    [problem] = report.problems
    assert (problem.code, problem.sheet, problem.line) == (
        "imported-with-other-content",
        "Contact log.csv",
        2,
    )
    assert problem.column == "Client no. + Date"


def test_two_lines_that_agree_in_what_makes_their_id_are_not_lost_in_silence(
    imported: Import, theirs: Path
) -> None:
    twice = [*CONTACT_LOG, CONTACT_LOG[1], [*CONTACT_LOG[2][:5], "55", *CONTACT_LOG[2][6:]]]
    answered(theirs)
    write_text(theirs / "Contact log.csv", twice, ";")
    report = imported(theirs)
    assert counts(report) == (15, 13, 1, 1)
    assert [(each.code, each.line) for each in report.remarks] == [("row-twice", 7)]
    assert [(each.code, each.line) for each in report.problems] == [("imported-with-other-content", 8)]


# --- what is told of a line names their file, line and column ---------------------------------------------


def test_a_word_that_is_not_mapped_is_told_by_their_own_column(imported: Import, theirs: Path) -> None:
    answered(theirs, {'"Kick-about" = "in-person"': ""})
    report = imported(theirs)
    [problem] = report.problems
    assert (problem.sheet, problem.line, problem.column) == ("Contact log.csv", 5, "Type")
    assert problem.fix.endswith(", or add the word to the mapping")
    assert "Kick-about" not in str(report)
    assert report.rejected_files == []


def test_a_day_that_is_two_of_ours_is_told_once(imported: Import, theirs: Path) -> None:
    answered(theirs)
    write_text(
        theirs / "Contact log.csv",
        [[cell.replace("13/03", "31/02") for cell in line] for line in CONTACT_LOG],
        ";",
    )
    [problem] = imported(theirs).problems
    assert (problem.code, problem.column) == ("no-such-day", "Date")


def test_a_reference_in_another_form_is_told_with_the_forms_there_are(imported: Import, theirs: Path) -> None:
    answered(theirs)
    write_text(theirs / "Contact log.csv", [CONTACT_LOG[0], ["2025-014", *CONTACT_LOG[1][1:]]], ";")
    [problem] = imported(theirs).problems
    assert (problem.code, problem.column) == ("not-a-case", "Client no.")
    assert "9999/999 or 9999/9" in problem.fix


def test_a_register_s_mistake_is_told_by_their_own_column(imported: Import, theirs: Path) -> None:
    answered(theirs, {'"Team leader" = "supervisor"': ""})
    told = re.escape("Register.xlsx [Team: staff], line 4, column Job title: ")
    with pytest.raises(SheetsRefusedError, match=told):
        imported(theirs)


def test_an_error_in_half_a_name_is_not_hidden_by_the_other_half(imported: Import, theirs: Path) -> None:
    answered(theirs)
    broken = [["#REF!" if cell == "Pepper" else cell for cell in line] for line in CLIENTS]
    write_workbook(theirs / "Register.xlsx", {"Clients": broken, "Team": TEAM})
    problem = imported(theirs).problems[0]
    assert (problem.line, problem.column) == (4, "First name + Surname")


# --- nothing is passed over -------------------------------------------------------------------------------


def refusal(imported: Import, directory: Path) -> str:
    with pytest.raises(SheetsRefusedError) as refused:
        imported(directory)
    return str(refused.value)


def test_a_column_nobody_spoke_of_stops_the_import(imported: Import, theirs: Path) -> None:
    answered(theirs)
    write_text(theirs / "Contact log.csv", [[*line, "x"] for line in CONTACT_LOG], ";")
    said = refusal(imported, theirs)
    assert said.startswith("Contact log.csv: has a column the mapping says nothing of: number 9; ")


def test_a_column_that_is_gone_stops_the_import(imported: Import, theirs: Path) -> None:
    answered(theirs)
    renamed = [[cell.replace("Worker", "Colleague") for cell in line] for line in CONTACT_LOG]
    write_text(theirs / "Contact log.csv", renamed, ";")
    said = refusal(imported, theirs)
    assert "has no column `Worker`, which the mapping names" in said
    assert "number 3" in said


def test_a_column_that_is_there_twice_stops_the_import(imported: Import, theirs: Path) -> None:
    answered(theirs)
    write_text(theirs / "Contact log.csv", [[*line, line[2]] for line in CONTACT_LOG], ";")
    assert "has the column `Worker` twice" in refusal(imported, theirs)


def test_a_title_may_span_columns_and_cells_below_it_may_not(imported: Import, theirs: Path) -> None:
    answered(theirs)
    sheets = {"Clients": CLIENTS, "Team": TEAM}
    write_workbook(theirs / "Register.xlsx", sheets, merged={"A1:D1": "Riverside Youth"})
    assert counts(imported(theirs)) == (13, 13, 0, 0)
    write_workbook(theirs / "Register.xlsx", sheets, merged={"H4:H5": "MB"})
    assert "has merged cells" in refusal(imported, theirs)


def test_a_worksheet_nobody_spoke_of_stops_the_import(imported: Import, theirs: Path) -> None:
    answered(theirs)
    write_workbook(theirs / "Register.xlsx", {"Clients": CLIENTS, "Team": TEAM, "More": TEAM})
    assert "has rows in worksheet 3, of which the mapping says nothing" in refusal(imported, theirs)


def test_a_hidden_worksheet_nobody_spoke_of_is_named_and_not_read(imported: Import, theirs: Path) -> None:
    write_workbook(
        theirs / "Register.xlsx", {"Clients": CLIENTS, "Team": TEAM, "Lists": [["Yes"]]}, hide="Lists"
    )
    report = imported(answered(theirs))
    assert counts(report) == (13, 13, 0, 0)
    assert [str(each).split(":")[0] for each in report.noticed] == ["Register.xlsx [worksheet 3]"]


def test_a_cell_where_no_column_has_a_name_is_rejected(imported: Import, theirs: Path) -> None:
    answered(theirs)
    write_text(theirs / "Contact log.csv", [*CONTACT_LOG[:2], [*CONTACT_LOG[2], "beyond"]], ";")
    [problem] = imported(theirs).problems
    assert (problem.code, problem.line) == ("beyond-the-columns", 3)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ('is = "contacts"', "leaves open `is` of Contact log.csv"),
        ('dates = "dmy"', "leaves open `dates` of Contact log.csv as contacts"),
        ('made_by = "Worker"', "leaves open `columns.made_by` of Contact log.csv as contacts"),
        ('"Phone call" = "phone"', "leaves open `words.medium.Phone call` of Contact log.csv as contacts"),
        ('{ always = "assigned" }', "leaves open `columns.kind.always` of Register.xlsx, worksheet Clients"),
        ('prefix = "RY"', "leaves open `cases.prefix`"),
    ],
)
def test_an_open_question_is_named_and_nothing_is_imported(
    imported: Import, theirs: Path, question: str, named: str
) -> None:
    answered(theirs, {question: re.sub('= ".*?"', '= "?"', question)})
    assert named in refusal(imported, theirs)


def test_columns_of_which_nobody_decided_are_a_question(imported: Import, theirs: Path) -> None:
    answered(theirs, {'ignored = ["Mood"]': 'undecided = ["Mood"]'})
    said = refusal(imported, theirs)
    assert "whether these columns are taken of Contact log.csv as contacts: Mood" in said


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ('is = "staff"', 'is = "stuff"', "what is no sheet of ours"),
        ("format = 1", "format = 2", "`format`"),
        ("version = 1", "edition = 1", "`edition`"),
        ('made_by = "Worker"', "made_by = 4", "`columns.made_by` of the sheet number 2"),
        ('made_by = "Worker"', 'met_by = "Worker"', "`met_by`, which is no column of ours"),
        ('made_by = "Worker"', "", "nothing of `made_by`, which is needed"),
        ('"Phone call" = "phone"', '"Phone call" = "fone"', "a word for `medium` that it does not have"),
        ('always = "assigned"', 'always = "given"', "what `kind` cannot say"),
        ('from = ["case", "happened_on"]', 'from = ["case", "time"]', "`time` in `row.from`"),
        ('from = ["case", "happened_on"]', 'from = ["row"]', "`row` in `row.from`"),
        ('from = ["case", "happened_on"], ', "", "`row` both ways or neither"),
        ('from = ["case", "happened_on"]', 'from = ["case"], column = "Date"', "`row` both ways or neither"),
        ('made_by = "Worker"', 'made_by = "Worker"\nrow = "Mood"', "`row` twice"),
        ('ignored = ["Mood"]', 'ignored = ["Mood", "Mins"]', "that Mins is taken and ignored"),
        (
            'written = ["9999/999", "9999/9"]',
            'written = ["99/99", "99-99"]',
            "a form of references that cannot be",
        ),
        ("dates =", "dates", "cannot be read"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_what_is_wrong(
    theirs: Path, right: str, wrong: str, named: str
) -> None:
    answered(theirs, {right: wrong})
    with pytest.raises(SheetsRefusedError, match=re.escape(named)):
        read_mapping(theirs / "mapping.toml")


def test_a_file_that_is_too_large_for_a_mapping_is_not_read(theirs: Path) -> None:
    answered(theirs)
    with (theirs / "mapping.toml").open("a") as file:
        file.write("#" * 1_000_001)
    with pytest.raises(SheetsRefusedError, match="larger than a mapping can be"):
        read_mapping(theirs / "mapping.toml")


# --- proposals --------------------------------------------------------------------------------------------


def test_what_is_proposed_is_what_a_colleague_would_say(theirs: Path) -> None:
    said = proposed(theirs)
    assert said["cases"] == {"written": ["9999/999", "9999/9"], "prefix": "RY"}
    contacts = as_ours(said, "contacts")
    assert contacts["dates"] == "dmy"
    assert contacts["row"] == {"from": ["case", "happened_on"], "prefix": "C"}
    assert contacts["undecided"] == ["Mood"]
    assert contacts["words"]["outcome"] == {"Yes": "held", "DNA": "did-not-attend", "cancelled by us": "?"}
    people = as_ours(said, "people")
    assert people["header_line"] == 3
    assert people["columns"]["name"] == ["First name", "Surname"]
    assert as_ours(said, "milestones")["only_where"] == ["House rules signed"]
    assert as_ours(said, "staff")["columns"]["code"] == "Initials"


def test_the_example_is_what_is_proposed_and_answered_and_it_imports(
    imported: Callable[..., ImportReport], theirs: Path
) -> None:
    example = Path(__file__).parents[2] / "examples" / "riverside-youth"
    answers = example.with_suffix(".toml")
    assert (answered(theirs) / "mapping.toml").read_text() == answers.read_text()
    assert counts(imported(example, answers)) == (13, 13, 0, 0)
    (theirs / "mapping.toml").write_text(answers.read_text())
    assert counts(imported(theirs)) == (13, 0, 13, 0)


def test_the_page_shows_what_is_proposed(theirs: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "map-your-own-sheets.md").read_text()
    shown = page.split("```toml")[1].split("```")[0]
    text = as_toml(propose(theirs, "riverside-youth"))
    assert {line.strip() for line in shown.splitlines()} <= {*text.splitlines()}


def test_sheets_in_german_are_known_too(tmp_path: Path) -> None:
    log = [
        ["Aktenzeichen", "Datum", "Mitarbeiterin", "Art des Kontakts", "Ergebnis", "Dauer", "Bemerkungen"],
        ["JH-14", "31.03.2025", "mb", "Hausbesuch", "stattgefunden", "45", "Im Garten."],
        ["JH-15", "01.04.2025", "mb", "Anruf", "abgesagt", "", ""],
    ]
    write_text(tmp_path / "Kontakte.csv", log, ";")
    said = as_ours(proposed(tmp_path), "contacts")
    assert said["columns"] == {
        "case": "Aktenzeichen",
        "happened_on": "Datum",
        "entered_on": "Datum",
        "made_by": "Mitarbeiterin",
        "medium": "Art des Kontakts",
        "outcome": "Ergebnis",
        "minutes": "Dauer",
        "note": "Bemerkungen",
    }
    assert said["words"]["medium"] == {"Hausbesuch": "in-person", "Anruf": "phone"}


@pytest.mark.parametrize(
    ("days", "order"),
    [(("13/03/2025", "04/03/2025"), "dmy"), (("03/13/2025", "03/04/2025"), "mdy"), (("01/02/2025",), "?")],
)
def test_the_order_of_days_is_proposed_where_one_alone_fits(
    tmp_path: Path, days: tuple[str, ...], order: str
) -> None:
    lines = [["2025/014", day, "MB", "Phone call", "Yes", "5", "", ""] for day in days]
    write_text(tmp_path / "Contact log.csv", [CONTACT_LOG[0], *lines], ";")
    assert as_ours(proposed(tmp_path), "contacts")["dates"] == order


def test_what_somebody_wrote_freely_is_never_repeated(tmp_path: Path) -> None:
    lines = [
        ["2025/014", f"{day}/03/2025", "MB", "Phone call", f"Pepper cried {day}", "5", "CANARY", ""]
        for day in range(13, 20)
    ]
    write_text(tmp_path / "Contact log.csv", [CONTACT_LOG[0], *lines], ";")
    text = as_toml(propose(tmp_path, "riverside-youth"))
    assert "Pepper" not in text
    assert "CANARY" not in text
    assert '"your word" = "?"' in text


def test_a_sheet_without_names_of_columns_is_asked_about_and_not_repeated(tmp_path: Path) -> None:
    write_text(tmp_path / "kids.csv", [line[:5] for line in map(_texts, CLIENTS[3:])], ",")
    text = as_toml(propose(tmp_path, "riverside-youth"))
    assert "Pepper" not in text
    assert tomllib.loads(text)["sheet"] == [{"file": "kids.csv", "is": "?"}]


def _texts(line: list[Any]) -> list[str]:
    return [str(cell) for cell in line]


def test_our_own_sheets_need_no_mapping(theirs: Path) -> None:
    assert propose(theirs, "riverside-youth").as_ours == ["legal-bases.csv"]


# --- several of theirs, one of ours; and the other way round ----------------------------------------------


def test_a_log_for_each_year_is_one_of_our_sheets(imported: Import, theirs: Path) -> None:
    header, *lines = CONTACT_LOG
    numbered = [["Entry no.", *header], *([str(number), *line] for number, line in enumerate(lines, 1))]
    write_text(theirs / "Contact log.csv", numbered[:3], ";")
    again = [["Entry no.", *header], *([str(number), *line] for number, line in enumerate(lines[2:], 1))]
    write_text(theirs / "Contacts since summer.csv", again, ";")
    answered(theirs)
    rows = [each["row"] for each in proposed(theirs)["sheet"] if each["is"] == "contacts"]
    assert rows == [{"column": "Entry no.", "prefix": "C"}, {"column": "Entry no.", "prefix": "CB"}]
    assert counts(imported(theirs)) == (13, 13, 0, 0)
    assert counts(imported(theirs)) == (13, 0, 13, 0)


def test_the_same_line_in_two_logs_is_recorded_once_and_told(imported: Import, theirs: Path) -> None:
    write_text(theirs / "Contacts 2.csv", CONTACT_LOG[:2], ";")
    report = imported(answered(theirs))
    assert counts(report) == (14, 13, 1, 0)
    [remark] = report.remarks
    assert (remark.sheet, remark.line) == ("Contacts 2.csv", 2)
    assert remark.message == "is the same as line 2 of Contact log.csv and was recorded once"


def test_a_line_has_one_id_in_whichever_form_its_case_is_written(imported: Import, theirs: Path) -> None:
    header, line, *_ = CONTACT_LOG
    write_text(theirs / "Contacts 2.csv", [header, ["RY-2025-014", *line[1:]]], ";")
    assert counts(imported(answered(theirs))) == (14, 13, 1, 0)


def test_two_staff_lists_are_refused(theirs: Path) -> None:
    write_text(theirs / "Staff 2.csv", TEAM, ";")
    answered(theirs)
    with pytest.raises(SheetsRefusedError, match="names several sheets as staff"):
        read_mapping(theirs / "mapping.toml")


def test_one_line_may_be_two_milestones(imported: Import, theirs: Path) -> None:
    left = {4: date(2025, 6, 2)}
    clients = [
        [*line, "Left on" if line[:1] == ["Client no."] else left.get(number, "")] if line else line
        for number, line in enumerate(CLIENTS, start=1)
    ]
    write_workbook(theirs / "Register.xlsx", {"Clients": clients, "Team": TEAM})
    answered(
        theirs,
        {
            'exit_reason = { always = "?" }': 'exit_reason = { always = "completed" }',
            'no_exit_plan_because = { always = "?" }': 'no_exit_plan_because = { always = "Not noted." }',
        },
    )
    kinds = [each["columns"]["kind"] for each in proposed(theirs)["sheet"] if each["is"] == "milestones"]
    assert kinds == [{"always": "boundaries-agreed"}, {"always": "exited"}]
    report = imported(theirs)
    assert counts(report) == (14, 14, 0, 0), report.problems


def test_a_row_may_name_the_row_of_another_sheet_that_follows_from_the_same_case(theirs: Path) -> None:
    text = (answered(theirs) / "mapping.toml").read_text()
    referral = """
[[sheet]]
file = "Register.xlsx"
worksheet = "Clients"
is = "referrals"
header_line = 3
row = { from = ["case"], prefix = "R" }
[sheet.columns]
case = "Client no."
happened_on = "Registered"
entered_on = "Registered"
referred_by = { always = "ro" }
programme = { always = "youth" }
route = { always = "school" }
circumstances = { always = "As the register has it." }
"""
    text = text.replace("\nname = [", '\nreferral = { row_of = "referrals" }\nname = [') + referral
    (theirs / "mapping.toml").write_text(text)
    folder = read_directory(theirs, COLUMNS, DAYS, None, mapped_folder(theirs, None))
    referrals = [line.cells["row"] for line in folder.sheets["referrals"].lines]
    assert len({*referrals}) == len(CLIENTS) - 3
    assert [line.cells["referral"] for line in folder.sheets["people"].lines] == referrals
    (theirs / "mapping.toml").write_text(text.replace('row_of = "referrals"', 'row_of = "reviews"'))
    with pytest.raises(SheetsRefusedError, match="whose ids do not follow from what is said here"):
        mapped_folder(theirs, None)


def test_a_blank_cell_may_have_a_word(imported: Import, theirs: Path) -> None:
    log = [[cell if cell != "DNA" else "" for cell in line] for line in CONTACT_LOG]
    write_text(theirs / "Contact log.csv", log, ";")
    answered(theirs, {'"" = "?"': '"" = "did-not-attend"'})
    assert counts(imported(theirs)) == (13, 13, 0, 0)


def with_times(theirs: Path) -> None:
    log = [[f"{cell} 14:30" if "/03/" in cell else cell for cell in line] for line in CONTACT_LOG]
    write_text(theirs / "Contact log.csv", log, ";")


def test_a_moment_in_one_cell_is_a_day_and_a_time(theirs: Path) -> None:
    with_times(theirs)
    answered(theirs)
    folder = read_directory(theirs, COLUMNS, DAYS, None, mapped_folder(theirs, None))
    first = folder.sheets["contacts"].lines[0].cells
    assert (first["happened_on"], first["time"]) == ("2025-03-13", "14:30")


def times_of(theirs: Path) -> list[tuple[object, object]]:
    answered(theirs)
    folder = read_directory(theirs, COLUMNS, DAYS, None, mapped_folder(theirs, None))
    lines = [line.cells for line in folder.sheets["contacts"].lines]
    return [(each["happened_on"], each.get("time", "")) for each in lines]


def test_a_day_among_moments_has_no_time(theirs: Path) -> None:
    header, first, second, *_ = [[*line] for line in CONTACT_LOG]
    first[1] += " 14:30"
    write_text(theirs / "Contact log.csv", [header, first, second], ";")
    assert times_of(theirs) == [("2025-03-13", "14:30"), ("2025-03-20", "")]


def test_a_day_among_moments_of_a_workbook_has_no_time(theirs: Path) -> None:
    header, first, second, third, *_ = [[*line] for line in CONTACT_LOG]
    moments: list[list[Any]] = [first, second, third]
    moments[0][1] = datetime(2025, 3, 13, 14, 30)  # noqa: DTZ001 - as a workbook has it
    moments[1][1] = date(2025, 3, 20)
    moments[2][1] = datetime(2025, 3, 27)  # noqa: DTZ001 - as above
    (theirs / "Contact log.csv").unlink()
    write_workbook(theirs / "Contact log.xlsx", {"Log": [header, *moments]})
    assert times_of(theirs) == [("2025-03-13", "14:30:00"), ("2025-03-20", ""), ("2025-03-27", "")]


def test_a_time_nobody_takes_is_not_dropped_in_silence(imported: Import, theirs: Path) -> None:
    with_times(theirs)
    answered(theirs, {'time = "Date"': ""})
    problems = imported(theirs).problems
    assert {(each.line, each.column) for each in problems} == {(line, "Date") for line in range(2, 7)}


def test_days_of_a_log_that_is_month_first_are_read_so(theirs: Path) -> None:
    log = [[re.sub(r"(\d\d)/(\d\d)/2025", r"\2/\1/2025", cell) for cell in line] for line in CONTACT_LOG[:2]]
    write_text(theirs / "Contact log.csv", [log[0], [cell.replace("03/13", "03/04") for cell in log[1]]], ";")
    answered(theirs, {'dates = "?"': 'dates = "mdy"'})
    folder = read_directory(theirs, COLUMNS, DAYS, None, mapped_folder(theirs, None))
    assert folder.sheets["contacts"].lines[0].cells["happened_on"] == "2025-03-04"
