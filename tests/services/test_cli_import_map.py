"""`scp-events import map` and `template` beside `scp-events import DIR`, and what each says of itself."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path

import pytest

from tests.importing.colleague import write_colleagues_sheets
from tests.services.cli_run import scp, scp_process

SHEETS = Path(__file__).parents[2] / "examples" / "second-chance"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return write_colleagues_sheets(tmp_path / "theirs")


def test_help_says_how_to_import_and_what_else_there_is() -> None:
    said = scp("import", "--help", database="").out
    assert "scp-events import [OPTIONS] {DIR}" in said
    assert "--dry-run" in said
    assert "--mapping FILE" in said
    assert "\n  map " in said
    assert "\n  template " in said
    assert "sheets [OPTIONS]" not in said


def test_no_directory_is_a_usage_error() -> None:
    ran = scp("import", database="")
    assert (ran.code, ran.out) == (2, "")
    assert "Missing argument 'DIR'" in ran.err


def test_options_may_come_first(log_database: str, tmp_path: Path) -> None:
    ran = scp("import", "--format", "json", "--dry-run", str(tmp_path), database=log_database)
    assert (ran.code, ran.out) == (1, "")
    assert "there is no sheet here" in ran.err


def test_a_directory_that_is_called_map_is_given_with_its_path(
    log_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SHEETS, tmp_path / "map", ignore=shutil.ignore_patterns("*.md", "[!psl]*"))
    monkeypatch.chdir(tmp_path)
    ran = scp("import", "./map", "--dry-run", "--format", "json", database=log_database)
    assert json.loads(ran.out)["read"] > 0
    assert not (tmp_path / "map" / "mapping.toml").exists()


def test_the_shell_completes_commands_and_then_their_options() -> None:
    def completed(*words: str) -> set[str]:
        line = " ".join(words)
        asked = {
            "_SCP_EVENTS_COMPLETE": "complete_bash",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        return {*scp_process(**asked).communicate(timeout=60)[0].split()}

    assert {"map", "template"} <= completed("scp-events", "import", "")
    assert completed("scp-events", "import", "te") == {"template"}
    assert "--dry-run" in completed("scp-events", "import", "somewhere", "--d")
    assert "--organisation" in completed("scp-events", "import", "map", "--o")


def test_a_proposal_is_shown_and_written_and_never_written_over(theirs: Path) -> None:
    ran = scp(
        "import", "map", str(theirs), "--organisation", "riverside-youth", "--format", "json", database=""
    )
    rows = json.loads(ran.out)
    assert {
        "theirs": "Contact log.csv",
        "column": "Type",
        "ours": "contacts.medium",
        "why": "called so",
    } in rows
    assert ran.err.endswith(f"open questions (?), then:\n  scp-events import {theirs} --dry-run\n")
    written = (theirs / "mapping.toml").read_text()
    assert tomllib.loads(written)["organisation"] == "riverside-youth"
    again = scp("import", "map", str(theirs), database="")
    assert again.code == 2
    assert "is there already" in again.err
    assert (theirs / "mapping.toml").read_text() == written


@pytest.mark.parametrize("how", ["--xlsx", "--format=table"])
def test_sheets_that_are_kept_as_ours_need_no_mapping(tmp_path: Path, how: str) -> None:
    scp("import", "template", str(tmp_path), how, database="")
    ran = scp("import", "map", str(tmp_path), database="")
    assert ran.code == 2
    assert "need no mapping" in ran.err
    assert not (tmp_path / "mapping.toml").exists()


def test_a_mapping_may_be_kept_elsewhere(log_database: str, theirs: Path, tmp_path: Path) -> None:
    file = tmp_path / "riverside.toml"
    ran = scp("import", "map", str(theirs), "--to", str(file), database="")
    assert f"scp-events import {theirs} --mapping {file} --dry-run" in ran.err
    refused = scp("import", str(theirs), "--mapping", str(file), database=log_database)
    assert refused.err.startswith("scp-events: riverside.toml: leaves open ")
    missing = scp("import", str(theirs), "--mapping", "nowhere.toml", database=log_database)
    assert missing.code == 2


def test_a_sheet_that_cannot_be_read_is_named(theirs: Path) -> None:
    (theirs / "broken.xlsx").write_bytes(b"no workbook")
    ran = scp("import", "map", str(theirs), database="")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("scp-events: broken.xlsx: ")
    assert not (theirs / "mapping.toml").exists()


def test_what_is_not_read_is_named(theirs: Path) -> None:
    (theirs / "photo.png").write_bytes(b"")
    assert "photo.png: was not read" in scp("import", "map", str(theirs), database="").err


def test_templates_are_written_and_every_column_told(tmp_path: Path) -> None:
    ran = scp(
        "import", "template", str(tmp_path / "new"), "--sheet", "consents", "--format", "ndjson", database=""
    )
    assert ran.code == 0
    told = [json.loads(line) for line in ran.out.splitlines()]
    assert told[0] == {
        "sheet": "consents",
        "column": "row",
        "needed": "yes",
        "says": "The row's own id, such as C-0123: letters, hyphen, digits. Never used twice, never changed.",
    }
    assert [*(tmp_path / "new").iterdir()] == [tmp_path / "new" / "consents.csv"]
    again = scp("import", "template", str(tmp_path / "new"), "--sheet", "consents", database="")
    assert again.code == 1
    assert again.err.startswith("scp-events: consents.csv: is there already, and nothing was written; ")


def test_a_template_may_be_one_workbook(tmp_path: Path) -> None:
    ran = scp("import", "template", str(tmp_path), "--xlsx", database="")
    assert ran.code == 0
    assert [*tmp_path.iterdir()] == [tmp_path / "sheets.xlsx"]


def test_a_template_of_no_sheet_is_a_usage_error(tmp_path: Path) -> None:
    ran = scp("import", "template", str(tmp_path), "--sheet", "stuff", database="")
    assert ran.code == 2
    assert "stuff is no sheet: name one of staff, legal-bases" in " ".join(ran.err.split())
