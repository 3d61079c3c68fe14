"""`scp-events caseload`, `outcomes`, `decisions`, `projections`, `rebuild`: never silently behind the log."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from scp_events import follower
from scp_events.projections import caseload
from tests.asking import Case
from tests.examples.concern import CLOSE, RAISE
from tests.opened import opened_handler, opened_reader
from tests.services.cli_case import REFERENCE, Written, write_case
from tests.services.cli_run import scp
from tests.words import SUPERVISOR


@pytest.fixture
def written(log_database: str) -> Written:
    return write_case(log_database)


def rows(database: str, *arguments: str) -> list[dict[str, Any]]:
    """Return what a command prints as JSON."""
    ran = scp(*arguments, "--format", "json", database=database)
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert isinstance(found, list)
    return found


# --- questions --------------------------------------------------------------------------------------------


def test_a_caseload_is_brought_up_to_date_before_it_is_shown(log_database: str, written: Written) -> None:
    (load,) = rows(log_database, "caseload")
    assert (load["key_worker"], load["participants"]) == ("kw-juniper", 1)
    (case,) = rows(log_database, "caseload", "--key-worker", "kw-juniper", "--on", "2025-04-01")
    assert (case["case_reference"], case["held_minutes"]) == (REFERENCE, 65)
    unknown = scp("caseload", "--key-worker", "kw-nobody", database=log_database)
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err == "scp-events: key worker 'kw-nobody' is not known: known are kw-juniper\n"


def test_a_caseload_reads_well(log_database: str, written: Written) -> None:
    out = scp("caseload", "--key-worker", "kw-juniper", database=log_database).out
    assert "2025-03-10" in out
    assert "last met" in out
    assert list(csv.DictReader(scp("caseload", "--format", "csv", database=log_database).out.splitlines()))


def test_what_is_behind_is_said_on_stderr(log_database: str, written: Written) -> None:
    ran = scp("caseload", "--no-catch-up", "--format", "json", database=log_database)
    assert (ran.code, ran.out) == (0, "[]\n")
    assert "caseload is following at position 0 of 12" in ran.err


def test_a_paused_projection_stays_where_it_is(log_database: str, written: Written) -> None:
    follower.prepare(log_database, [caseload])
    with psycopg.connect(log_database, autocommit=True) as connection:
        follower.pause(connection, caseload)
    assert "caseload is paused at position 0" in scp("caseload", database=log_database).err


def test_a_projector_at_work_is_waited_for_and_not_fenced(log_database: str) -> None:
    follower.prepare(log_database, [caseload])
    with opened_reader(log_database) as log, follower.following(log, [caseload]) as (thread,):
        write_case(log_database)
        (load,) = rows(log_database, "caseload")
        assert load["participants"] == 1
        write_case(log_database, "SC-2025-015")
        (load,) = rows(log_database, "caseload")
        assert load["participants"] == 2
        assert thread.is_alive()


def test_a_projector_that_has_gone_is_not_waited_for_in_vain(log_database: str) -> None:
    follower.prepare(log_database, [caseload])
    with opened_reader(log_database) as log, follower.Follower(log, caseload) as gone:
        gone.catch_up()
    write_case(log_database)
    (load,) = rows(log_database, "caseload")
    assert load["participants"] == 1


def test_every_figure_comes_with_all_that_belongs_to_it(log_database: str, written: Written) -> None:
    figures = rows(log_database, "outcomes", "--on", "2025-06-01")
    assert {figure["definition_id"] for figure in figures} >= {"referral-conversion", "proven-reoffending"}
    for figure in figures:
        assert figure["definition_id"]
        assert figure["definition_version"] >= 1
        assert figure["data_cutoff"] == {"position": written.correction, "on": "2025-06-01"}
        assert (figure["n"] is None) <= figure["hidden"]
        assert isinstance(figure["excluded"], dict)


def test_a_table_of_figures_has_every_column(log_database: str, written: Written) -> None:
    printed = scp("outcomes", "--on", "2025-06-01", "--format", "csv", database=log_database).out
    table = list(csv.DictReader(printed.splitlines()))
    for figure, row in zip(rows(log_database, "outcomes", "--on", "2025-06-01"), table, strict=True):
        assert figure.keys() <= row.keys()
    assert {"numerator", "median_days"} <= table[0].keys()


def test_a_caseload_is_told_as_it_was_on_a_day_and_as_it_was_known(
    log_database: str, written: Written
) -> None:
    def minutes(*point: str) -> list[int]:
        cases = rows(log_database, "caseload", "--key-worker", "kw-juniper", *point)
        return [case["held_minutes"] for case in cases]

    assert minutes("--on", "2025-03-06") == []
    assert minutes("--on", "2025-03-09") == [40]
    assert minutes("--on", "2025-03-10") == [65]
    assert minutes("--known-at", str(written.before_late)) == [40]
    assert minutes("--known-at", str(written.late), "--on", "2025-03-10") == [80]
    assert minutes() == [65]


@pytest.mark.parametrize("known_at", ["2099-01-01", "2099-01-01T00:00:00Z", "99999"])
def test_what_will_be_known_is_told_by_nobody(log_database: str, written: Written, known_at: str) -> None:
    for command in (("caseload",), ("replay", REFERENCE)):
        ran = scp(*command, "--known-at", known_at, database=log_database)
        assert (ran.code, ran.out) == (1, "")
        assert "scp-events: " in ran.err


def test_what_is_known_today_is_what_is_known_now(log_database: str, written: Written) -> None:
    today = datetime.now(UTC).date().isoformat()
    (load,) = rows(log_database, "caseload", "--known-at", today)
    assert load["participants"] == 1


def test_a_figure_that_would_tell_of_one_or_two_people_is_not_told_unless_it_is_asked_for(
    log_database: str, written: Written
) -> None:
    out = scp("outcomes", "--on", "2025-06-01", database=log_database).out
    assert "Referrals that were accepted: not told, as it would tell of fewer than 3 people" in out
    assert "1 of 1" not in out


def test_an_example_of_the_documents_is_told_with_where_it_is_from_and_never_as_a_rate() -> None:
    """S1.9, S4.6."""
    out = " ".join(scp("outcomes", "--illustrations", database="").out.split())
    assert "2020: 25 thousand people" in out
    assert "example an analogy" in out
    assert "and reoffended: 0 of 24 example as it was reported" in out
    assert "no follow-up period is stated" in out
    assert "%" not in out


def test_figures_read_well(log_database: str, written: Written) -> None:
    asked = ("outcomes", "--on", "2025-06-01", "--since", "2025-01-01", "--small-numbers")
    out = scp(*asked, database=log_database).out
    for said in (
        "Referrals that were accepted: 100.0 %, 1 of 1",
        "referral-conversion, version 1",
        "from 2025-01-01",
        "position 12, the world up to the end of 2025-06-01",
        "left out       0",
        "median 6 days, reached by 1 of 1",
    ):
        assert said in out


def test_nobody_to_speak_of_is_said_and_not_divided_by(log_database: str) -> None:
    out = scp("outcomes", database=log_database).out
    assert "Referrals that were accepted: nobody to speak of" in out


def test_decisions_are_listed_with_their_grounds(log_database: str, written: Written) -> None:
    register = rows(log_database, "decisions")
    assert {decision["case_reference"] for decision in register} == {REFERENCE}
    assert register[-1]["reason_code"] == "wrong-duration"
    assert register[-1]["corrects"] == str(written.late_contact)
    assert rows(log_database, "decisions", "--case", REFERENCE) == register
    for somebody in ("sv-rowan", "kw-juniper", "po-thistle"):
        theirs = [decision for decision in register if decision["decided_by"] == somebody]
        assert rows(log_database, "decisions", "--by", somebody) == theirs
    assert "wrong-duration" in scp("decisions", database=log_database).out


def test_decisions_about_a_concern_are_not_listed(log_database: str, written: Written) -> None:
    """Nor does a replay tell of it."""
    del written
    register = rows(log_database, "decisions")
    with opened_handler(log_database) as handler:
        case = Case(handler, REFERENCE)
        case.ask(RAISE)
        case.ask(CLOSE, by=SUPERVISOR)
    assert rows(log_database, "decisions") == rows(log_database, "decisions", "--case", REFERENCE) == register


def test_a_long_register_goes_on_where_it_says(log_database: str, written: Written) -> None:
    register = rows(log_database, "decisions")
    first = scp("decisions", "--limit", "3", "--format", "json", database=log_database)
    place = first.err.split("--after ")[1].split()[0]
    rest = rows(log_database, "decisions", "--after", place)
    assert json.loads(first.out) + rest == register


def test_decisions_of_an_unknown_case_are_refused(log_database: str) -> None:
    ran = scp("decisions", "--case", "SC-1999-001", database=log_database)
    assert (ran.code, ran.out) == (1, "")
    assert "'SC-1999-001'" in ran.err


def test_a_bad_day_is_a_usage_error(log_database: str) -> None:
    ran = scp("outcomes", "--on", "31/12/2025", database=log_database)
    assert ran.code == 2
    assert "'31/12/2025' is not a day" in ran.err


# --- tending ----------------------------------------------------------------------------------------------


def test_projections_say_how_far_behind_they_are(log_database: str, written: Written) -> None:
    scp("caseload", database=log_database)
    standings = {row["name"]: row for row in rows(log_database, "projections")}
    assert set(standings) == {"caseload", "referrals", "decisions", "outcomes"}
    assert (standings["caseload"]["position"], standings["caseload"]["lag_events"]) == (written.correction, 0)
    assert standings["decisions"]["lag_events"] == written.correction
    assert standings["decisions"]["lag_seconds"] > 0
    assert "not followed" in scp("projections", database=log_database).out


def test_a_rebuild_reaches_the_end_of_the_log(log_database: str, written: Written) -> None:
    dry = rows(log_database, "rebuild", "all", "--dry-run")
    assert {(row["rebuilt"], row["position"]) for row in dry} == {(False, written.correction)}
    assert rows(log_database, "projections")[0]["position"] == 0
    done = rows(log_database, "rebuild", "all")
    assert {(row["rebuilt"], row["position"]) for row in done} == {(True, written.correction)}
    assert {row["position"] for row in rows(log_database, "projections")} == {written.correction}


def test_only_a_projection_there_is_can_be_rebuilt(log_database: str) -> None:
    ran = scp("rebuild", "caselaod", database=log_database)
    assert ran.code == 2
    assert "'caselaod' is no projection: name one of caseload," in ran.err


def test_tables_of_an_earlier_form_are_named_and_mended_by_a_rebuild(
    log_database: str, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rows(log_database, "caseload")
    monkeypatch.setattr(caseload, "TABLES", f"{caseload.TABLES} -- of another form")
    refused = scp("caseload", database=log_database)
    assert (refused.code, refused.out) == (1, "")
    assert "rebuild it" in refused.err
    assert "Traceback" not in refused.err
    assert scp("projections", database=log_database).code == 0
    assert scp("rebuild", "caseload", database=log_database).code == 0
    assert rows(log_database, "caseload")
