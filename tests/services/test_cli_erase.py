from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scp_cli.failures import NOT_FINISHED
from scp_events import erasure
from scp_events.vocabulary import Erased, PersonId, Refused, named
from tests.aggregates.test_mentor import APPLY, MOVE
from tests.asking import Case
from tests.check_log import check_log
from tests.event_log.test_mentors_places import of_mentor
from tests.examples.participant import CONFIRM_LINK, PROPOSE_LINK
from tests.examples.record import APPROVE, HOLD, REQUEST
from tests.opened import opened_handler, opened_reader
from tests.services.cli_case import REFERENCE, SECRET, Written, write_case
from tests.services.cli_run import Ran, scp
from tests.services.test_cli_import import SHEETS
from tests.words import KEY_WORKER, SUPERVISOR, decision

GROUNDS = decision(SUPERVISOR, "right-to-erasure", reason_text="Asked for by Ash Example.").model_dump(
    mode="json", exclude={"by"}
)
HELD = HOLD.model_copy(update={"expires_on": date(2200, 1, 1)})
ERASED = {"erased": True, "key_id": "11111111-1111-4111-8111-111111111111", "at": "2025-03-03T00:00:00Z"}


@pytest.fixture
def written(log_database: str) -> Written:
    return write_case(log_database)


@pytest.fixture
def grounds(tmp_path: Path) -> Path:
    file = tmp_path / "grounds.json"
    file.write_text(json.dumps(GROUNDS))
    return file


def erase(database: str, by: str, *more: str) -> Ran:
    return scp("erase", REFERENCE, "--by", by, *more, database=database)


def everything(database: str) -> str:
    return scp("replay", REFERENCE, "--format", "json", database=database).out


def test_two_people_erase_a_case_and_get_a_certificate(
    log_database: str, written: Written, grounds: Path
) -> None:
    assert SECRET in everything(log_database)
    asked = erase(log_database, "kw-juniper", "--role", "key-worker")
    assert (asked.code, asked.out) == (0, f"{REFERENCE}: erasure is requested\n")
    assert "requested by kw-juniper" in asked.err
    assert SECRET in everything(log_database)

    done = erase(log_database, "sv-rowan", "--grounds", str(grounds), "--format", "json")
    assert done.code == 0, done.err
    certificate = json.loads(done.out)
    assert certificate["case_id"] == str(written.case_id)
    assert (certificate["requested"]["by"]["id"], certificate["approved"]["by"]["id"]) == (
        *("kw-juniper", "sv-rowan"),
    )
    assert len(certificate["keys"]) == 2
    assert "scp-events keys rotate" in done.err
    told = everything(log_database)
    for words in (SECRET, "Ash Example", "We meet where I feel safe", "A walk along the river"):
        assert words not in told
    assert '"erased": true' in told

    assert certificate["out_of_reach"] == []

    again = erase(log_database, "sv-rowan", "--format", "json")
    assert (again.code, json.loads(again.out)) == (0, certificate)
    check_log(log_database)


def test_an_erased_case_is_told_as_such(log_database: str, written: Written, grounds: Path) -> None:
    del written
    erase(log_database, "kw-juniper")
    told = erase(log_database, "sv-rowan", "--grounds", str(grounds))
    assert told.code == 0, told.err
    assert "erased at position" in told.out
    assert "approved by" in told.out
    story = scp("replay", REFERENCE, database=log_database)
    assert story.code == 0, story.err
    plainly = " ".join(story.out.split())
    assert "circumstances [erased on " in plainly
    assert "reason meets-criteria: [erased on " in plainly
    assert "key_id" not in story.out
    for command in (("caseload",), ("caseload", "--key-worker", "kw-juniper"), ("decisions",), ("outcomes",)):
        assert scp(*command, database=log_database).code == 0


def test_copies_that_our_programs_wrote_are_named(
    log_database: str, written: Written, grounds: Path, tmp_path: Path
) -> None:
    del written
    bundle, sheets = tmp_path / "bundle.zip", tmp_path / "sheets"
    sheets.mkdir()
    people = SHEETS["people.csv"].splitlines(keepends=True)[0]
    for number, case in enumerate((REFERENCE, "SC-2025-099", "no case"), start=1):
        people += f"P-{number},{case},2025-03-01,2025-03-01,kw-juniper,31/02/2009,Ash Example,en\n"
    for name, text in (SHEETS | {"people.csv": people}).items():
        (sheets / name).write_text(text)
    other = write_case(log_database, "SC-2025-015").case_id
    ours = {"SCP_HOME": str(tmp_path), "SCP_LEDGER_KEY": str(tmp_path / "ledger.key")}
    for name, case in ((str(bundle), REFERENCE), (str(tmp_path / "other.zip"), str(other))):
        ran = scp("export", case, "--output", name, database=log_database, **ours)
        assert ran.code == 0, ran.err
    assert scp("import", str(sheets), database=log_database).code == 3
    rejected = tmp_path / "rejected" / "people.csv"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (bundle, rejected)] == [0o600, 0o600]

    erase(log_database, "kw-juniper")
    done = erase(log_database, "sv-rowan", "--grounds", str(grounds), "--format", "json")
    certificate = json.loads(done.out)
    named = {copy["path"]: copy["kind"] for copy in certificate["copies"]}
    assert named == {str(bundle): "bundle", str(rejected): "rejected-rows"}
    assert str(bundle) in done.err
    assert str(rejected) in done.err

    bundle.rename(tmp_path / "elsewhere.zip")
    again = erase(log_database, "sv-rowan", "--format", "json")
    assert json.loads(again.out) == certificate
    missing, there = (next(line for line in again.err.splitlines() if str(p) in line) for p in named)
    assert "and is not there any more: unless it was removed, find where it went" in missing
    assert "remove it and what was made of it" in there


def test_a_linked_record_is_pointed_out(log_database: str, written: Written, grounds: Path) -> None:
    other = write_case(log_database, "SC-2025-015").case_id
    with opened_handler(log_database) as handler:
        case = Case(handler, REFERENCE)
        case.ask(PROPOSE_LINK.model_copy(update={"other": other}))
        case.ask(CONFIRM_LINK.model_copy(update={"other": other}), by=SUPERVISOR)
    erase(log_database, "kw-juniper")
    assert "linked to SC-2025-015" in erase(log_database, "sv-rowan", "--grounds", str(grounds)).err


def test_nobody_approves_what_they_requested(log_database: str, written: Written, grounds: Path) -> None:
    del written
    erase(log_database, "sv-rowan")
    alone = erase(log_database, "sv-rowan", "--grounds", str(grounds))
    assert alone.code == 1
    assert "rule: own-request" in alone.err
    assert SECRET in everything(log_database)


def test_a_request_is_refused_by_a_decision_and_may_be_made_again(
    log_database: str, written: Written, grounds: Path
) -> None:
    del written
    erase(log_database, "kw-juniper")
    refused = erase(log_database, "sv-rowan", "--grounds", str(grounds), "--refuse")
    assert (refused.code, refused.out) == (0, f"{REFERENCE}: erasure is refused\n")
    assert "record.erasure-refused" in scp("decisions", "--format", "csv", database=log_database).out
    assert SECRET in everything(log_database)
    assert erase(log_database, "kw-juniper").out == f"{REFERENCE}: erasure is requested\n"


def test_what_was_approved_can_be_refused_until_it_begins(
    log_database: str, written: Written, grounds: Path
) -> None:
    """A hold came in between, so it is approved and cannot be carried out."""
    erase(log_database, "kw-juniper")
    with opened_handler(log_database) as handler:
        case = Case(handler, REFERENCE)
        case.ask(APPROVE, by=SUPERVISOR)
        case.ask(HELD, by=SUPERVISOR)
    assert "rule: legal-hold" in erase(log_database, "sv-rowan").err
    with_no_grounds = erase(log_database, "sv-rowan", "--refuse")
    assert with_no_grounds.code == 2
    assert "--grounds" in with_no_grounds.err
    refused = erase(log_database, "sv-rowan", "--grounds", str(grounds), "--refuse")
    assert (refused.code, refused.out) == (0, f"{REFERENCE}: erasure is refused\n")
    with opened_reader(log_database) as log:
        assert erasure.unfinished(log) == []
        assert erasure.standing(log, written.case_id).approved is None
    assert SECRET in everything(log_database)
    assert erase(log_database, "kw-juniper").out == f"{REFERENCE}: erasure is requested\n"


def test_an_erasure_that_is_done_cannot_be_refused(
    log_database: str, written: Written, grounds: Path
) -> None:
    del written
    erase(log_database, "kw-juniper")
    assert erase(log_database, "sv-rowan", "--grounds", str(grounds)).code == 0
    late = erase(log_database, "sv-rowan", "--grounds", str(grounds), "--refuse")
    assert late.code == 1
    assert "rule: erasure-begun" in late.err


def test_a_dry_run_says_of_an_erasure_that_is_done_that_it_is(
    log_database: str, written: Written, grounds: Path
) -> None:
    del written
    erase(log_database, "kw-juniper")
    assert erase(log_database, "sv-rowan", "--grounds", str(grounds)).code == 0
    said = erase(log_database, "sv-rowan", "--dry-run")
    assert said.out == f"{REFERENCE}: erasure is done\n"
    assert "prints the certificate again" in said.err
    assert "carries it out" not in said.err


def test_grounds_without_a_request_are_no_request(log_database: str, written: Written, grounds: Path) -> None:
    del written
    done = erase(log_database, "sv-rowan", "--grounds", str(grounds))
    assert done.code == 1
    assert "rule: erasure-not-requested" in done.err


def test_a_dry_run_changes_nothing(log_database: str, written: Written, grounds: Path) -> None:
    del written
    before = heads(log_database)
    for more in ((), ("--grounds", str(grounds))):
        said = erase(log_database, "sv-rowan", "--dry-run", *more)
        assert (said.code, said.out) == (0, f"{REFERENCE}: erasure is not requested\n")
    erase(log_database, "kw-juniper")
    approved = erase(log_database, "sv-rowan", "--dry-run", "--grounds", str(grounds))
    assert approved.out == f"{REFERENCE}: erasure is requested\n"
    assert heads(log_database) == before + 1


def heads(database: str) -> int:
    with psycopg.connect(database) as connection:
        (position,) = connection.execute("SELECT position FROM event_log.head").fetchone() or (None,)
    return int(position)


WRONG: dict[str, tuple[dict[str, Any] | str, str]] = {
    "no JSON": ("certainly", "see JSON"),
    "no legal basis": ({"legal_basis": None}, "see legal_basis"),
    "somebody else's name": ({"by": SUPERVISOR.model_dump(mode="json")}, "see by"),
    "an erased reason": ({"reason_text": ERASED}, "see reason_text"),
    "erased views": ({"views": {"expressed": ERASED}}, "see views.expressed"),
    "an erased reference": (
        {"legal_basis": GROUNDS["legal_basis"] | {"reference": ERASED}},
        "see legal_basis",
    ),
}


@pytest.mark.parametrize(("said", "complaint"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_grounds_is_said_without_what_they_say(
    log_database: str, written: Written, tmp_path: Path, said: dict[str, Any] | str, complaint: str
) -> None:
    """Nor can they say that something was erased."""
    del written
    file = tmp_path / "grounds.json"
    file.write_text(said if isinstance(said, str) else json.dumps(GROUNDS | said))
    erase(log_database, "kw-juniper")
    refused = erase(log_database, "sv-rowan", "--grounds", str(file))
    assert refused.code == 2
    assert complaint in " ".join(refused.err.split())
    assert "Ash Example" not in refused.err
    assert erase(log_database, "kw-juniper").out == f"{REFERENCE}: erasure is requested\n"


def test_what_was_approved_elsewhere_is_finished_by_resuming(
    log_database: str, written: Written, grounds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    erase(log_database, "kw-juniper")

    def killed(*_: object, **__: object) -> None:
        raise RuntimeError("the machine went down")

    with monkeypatch.context() as broken:
        broken.setattr(erasure, "carry_out", killed)
        with pytest.raises(RuntimeError):
            erase(log_database, "sv-rowan", "--grounds", str(grounds))
    with opened_reader(log_database) as log:
        assert erasure.unfinished(log) == [written.case_id]
    assert f"{REFERENCE}: erasure is approved" in erase(log_database, "sv-rowan", "--dry-run").out
    resumed = scp("erase", "--resume", "--by", "sv-rowan", "--format", "json", database=log_database)
    assert resumed.code == 0, resumed.err
    assert json.loads(resumed.out)["case_reference"] == REFERENCE
    assert SECRET not in everything(log_database)
    nothing = scp("erase", "--resume", "--by", "sv-rowan", database=log_database)
    assert (nothing.code, nothing.out) == (0, "")


def test_what_is_held_is_not_finished_and_listed_and_finished_by_resuming(
    log_database: str, written: Written, grounds: Path
) -> None:
    """Somebody's report has been looking at the database since before."""
    erase(log_database, "kw-juniper")
    with psycopg.connect(log_database, application_name="a report") as report:
        report.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        report.execute("SELECT 1")
        held = erase(log_database, "sv-rowan", "--grounds", str(grounds), "--wait", "0.5")
        assert (held.code, held.out) == (NOT_FINISHED, "")
        assert "the erasure is NOT FINISHED, session " in held.err
        assert "(a report) since " in held.err
        assert "`scp-events erase --resume` finishes it" in held.err
        (listed,) = json.loads(scp("erase", "--unfinished", "--format", "json", database=log_database).out)
        assert (listed["case"], listed["erasure"], listed["tried_by"]) == (REFERENCE, "begun", "sv-rowan")
        assert "(a report) since " in listed["held_by"]
        again = scp("erase", "--resume", "--by", "sv-rowan", "--wait", "0", database=log_database)
        assert (again.code, again.out) == (NOT_FINISHED, "")
        assert f"{REFERENCE}: the erasure is NOT FINISHED" in again.err
    resumed = scp("erase", "--resume", "--by", "sv-rowan", database=log_database)
    assert resumed.code == 0, resumed.err
    assert "erased at position" in resumed.out
    told = " ".join(resumed.out.split())
    for who in ("kw-juniper of second-chance on", "sv-rowan of second-chance on"):
        assert who in told
    assert scp("erase", "--unfinished", "--format", "json", database=log_database).out == "[]\n"


def test_an_erasure_that_has_to_wait_keeps_no_other_waiting(log_database: str, written: Written) -> None:
    others = write_case(log_database, "SC-2025-015")
    with opened_handler(log_database) as handler:
        for reference in (REFERENCE, "SC-2025-015"):
            case = Case(handler, reference)
            case.ask(REQUEST, by=KEY_WORKER, purpose=erasure.PURPOSE)
            case.ask(APPROVE, by=SUPERVISOR, purpose=erasure.PURPOSE)
        Case(handler, REFERENCE).ask(HELD, by=SUPERVISOR)
    resumed = scp("erase", "--resume", "--by", "sv-rowan", "--format", "json", database=log_database)
    assert resumed.code == 1
    assert json.loads(resumed.out)["case_id"] == str(others.case_id)
    assert f"{REFERENCE}: hold " in resumed.err
    with opened_reader(log_database) as log:
        assert erasure.unfinished(log) == [written.case_id]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--by", "sv-rowan"),
        (REFERENCE, "--resume", "--by", "sv-rowan"),
        (REFERENCE, "--by", "Rowan the great"),
        (REFERENCE,),
        (REFERENCE, "--by", "sv-rowan", "--wait", "-1"),
    ],
    ids=["nothing named", "a case and all", "no code", "nobody", "no time"],
)
def test_what_cannot_be_meant_is_a_usage_error(log_database: str, arguments: tuple[str, ...]) -> None:
    assert scp("erase", *arguments, database=log_database).code == 2


# --- keys -------------------------------------------------------------------------------------------------


def test_keys_are_rotated_and_earlier_epochs_retired(
    log_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCP_KEYRING", str(tmp_path / "keyring"))
    write_case(log_database)

    def epochs() -> list[dict[str, Any]]:
        shown = scp("keys", "status", "--format", "json", database=log_database)
        assert str(tmp_path / "keyring") in shown.err
        told: list[dict[str, Any]] = json.loads(shown.out)
        return told

    (first,) = epochs()
    assert (first["epoch"], first["retired_at"], first["destroyed_keys"]) == (1, None, 0)
    assert first["keys"] >= 2
    assert scp("keys", "rotate", database=log_database).code == 0
    assert [each["keys"] for each in epochs()] == [0, first["keys"]]
    retired = scp("keys", "retire", database=log_database)
    assert (retired.code, retired.err) == (0, "scp-events: retired epoch 1\n")
    assert epochs()[0]["retired_at"] is not None
    assert "no earlier epoch" in scp("keys", "retire", database=log_database).err
    assert SECRET in everything(log_database)
    assert "epoch" in scp("keys", "status", database=log_database).out


def test_a_database_of_ones_own_needs_a_keyring_to_be_named(
    log_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCP_KEYRING")
    refused = scp("cases", database=log_database)
    assert refused.code == 1
    assert "SCP_KEYRING is not set" in refused.err
    assert "https://" in refused.err


def test_two_people_erase_what_is_known_of_a_mentor_who_has_no_case(
    log_database: str, written: Written, grounds: Path
) -> None:
    """By the same steps, and nothing of the case is touched."""
    larch = PersonId("me-larch")
    with opened_handler(log_database) as handler:
        of_mentor(handler, larch, APPLY)

    def erase_mentor(by: str, *more: str, name: str = "mentors/me-larch") -> Ran:
        return scp("erase", name, "--by", by, *more, "--format", "json", database=log_database)

    assert erase_mentor("kw-juniper", "--origin", "mentor").code == 0
    own = erase_mentor("kw-juniper", "--grounds", str(grounds))
    assert own.code != 0
    assert "let somebody else approve it" in own.err
    done = erase_mentor("sv-rowan", "--grounds", str(grounds))
    assert done.code == 0, done.err
    certificate = json.loads(done.out)
    assert certificate["origin"] == "mentor"
    assert certificate["subjects"] == [str(named("mentor", larch).id)]
    with opened_reader(log_database) as log:
        [applied] = [recorded.event for recorded in log.stream_history(named("mentor", larch))]
        words = [getattr(applied, name) for name in ("name", "capabilities", "area", "gender")]
        assert all(isinstance(each, Erased) for each in words)
        assert erasure.unfinished(log) == []
    assert SECRET in everything(log_database)
    with opened_handler(log_database) as handler, pytest.raises(Refused, match="was erased"):
        of_mentor(handler, larch, MOVE)
    assert erase_mentor("sv-rowan", name="mentors/me-nobody").code != 0
    assert written.case_id
    check_log(log_database)
