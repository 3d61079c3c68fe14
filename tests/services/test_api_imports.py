"""Uploading over HTTP what the command line imports from a folder: the same files, the same report."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest
from fastapi import Request

from scp_api.imports import upload
from scp_api.imports.negotiation import preferred
from scp_api.problems import Problem
from scp_events.importing.turns import alone
from scp_events.privacy.copies import copies_of
from scp_events.vocabulary import Actor, OrganisationId, Role
from tests.check_log import check_log
from tests.importing.test_hostile_files import zip_bomb
from tests.services.cli_run import scp
from tests.services.ended import EXAMPLES
from tests.services.test_api_service import Service, Somebody, out_of_reach, serving, serving_anew
from tests.services.test_cli_import import BROKEN_CONTACT, SHEETS
from tests.waiting import until
from tests.words import SUPERVISOR, person

CLERK = person("dc-bramble", Role.DATA_CLERK)
COLLEAGUE = person("dc-clover", Role.DATA_CLERK)
NAMESAKE = CLERK.model_copy(update={"organisation": OrganisationId("elsewhere")})
ROBOT = CLERK.model_copy(update={"kind": "system"})
BROKEN = SHEETS | {"contacts.csv": SHEETS["contacts.csv"] + BROKEN_CONTACT}
SHEETS_BUT_CONTACTS = {name: text for name, text in SHEETS.items() if name != "contacts.csv"}
MANY = 1500
PURPOSE = "import"
BEGINNING = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(scope="module")
def api(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with serving_anew(
        postgres_server, log_template, tmp_path_factory, SCP_API_IMPORT_MEGABYTES="4"
    ) as service:
        yield service
        check_log(service.conninfo)
        assert [line for line in service.journal() if line["event"] == "failed"] == []


@pytest.fixture
def own(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Yield a service with a log in which nothing was imported."""
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        yield service
        check_log(service.conninfo)


@pytest.fixture(scope="module")
def clerk(api: Service) -> Somebody:
    return api.somebody(CLERK, PURPOSE)


Files = Mapping[str, str | bytes]


def sent(
    by: Somebody, files: Files | Sequence[tuple[str, str]], key: str | None = None, **options: Any
) -> httpx2.Response:
    named = [*files.items()] if isinstance(files, Mapping) else files
    parts = [("files", (name, said)) for name, said in named]
    return by.http.post(
        "/imports", files=parts, params=options, headers={"Idempotency-Key": key or uuid4().hex}
    )


def taken(by: Somebody, files: Files, **options: Any) -> str:
    """Send files that are taken; return where the import is."""
    answer = sent(by, files, **options)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


def events(by: Somebody, at: str, after: int | None = None) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield the events of an import as they come: number, name and what they say."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with by.http.stream("GET", f"{at}/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        said: dict[str, str] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                said[name] = value
            elif "id" in said:
                yield int(said["id"]), said["event"], json.loads(said["data"])
                said = {}


def outcome(by: Somebody, at: str) -> dict[str, Any]:
    *_, (_, name, said) = events(by, at)
    assert name == "outcome"
    return said


def many_people() -> dict[str, str]:
    head, *_ = SHEETS["people.csv"].splitlines()
    rows = [
        f"P-{number},SC-2025-{number:04},2025-03-01,2025-03-01,kw-juniper,2008-05-04,Name {number},en"
        for number in range(1000, 1000 + MANY)
    ]
    return SHEETS | {"people.csv": "\n".join([head, *rows, ""])}


def left_in(service: Service) -> set[str]:
    """Return what is kept of sheets: their directories, wherever they are."""
    return {str(path) for path in (service.home / "imports").glob("*/sheets")}


def left_in_the_register(service: Service) -> set[str]:
    """Return what may hold something of anybody."""
    return {each.path for each in copies_of(service.conninfo, "SC-2025-777")}


def problem(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, str(answer.json()["type"]).rpartition(":")[2]


def cases_in(service: Service) -> int:
    with psycopg.connect(service.conninfo) as connection:
        (found,) = connection.execute("SELECT count(*) FROM event_log.cases").fetchone() or (0,)
    return int(found)


# --- the same as from a folder ----------------------------------------------------------------------------


def with_what_is_no_sheet(directory: Path) -> None:
    for name, text in (BROKEN | {"Notizen für März.docx": "not a sheet"}).items():
        (directory / name).write_text(text)


def the_example(directory: Path) -> None:
    for path in EXAMPLES.iterdir():
        (directory / path.name).write_bytes(path.read_bytes())


@pytest.mark.parametrize("write", [with_what_is_no_sheet, the_example])
def test_the_report_is_the_one_that_the_command_line_writes_of_the_same_folder(
    own: Service, log_database: str, tmp_path: Path, write: Callable[[Path], None]
) -> None:
    folder = tmp_path / "sheets"
    folder.mkdir()
    write(folder)
    written = {form: tmp_path / f"report.{form}" for form in ("json", "html")}
    options = [each for path in written.values() for each in ("--report", str(path))]
    assert scp("import", str(folder), "--by", CLERK.id, *options, database=log_database).code == 3
    clerk = own.somebody(CLERK, PURPOSE)
    at = taken(clerk, {path.name: path.read_bytes() for path in folder.iterdir()})
    assert outcome(clerk, at)["state"] == "finished"
    ours = clerk.http.get(f"{at}/report").content
    theirs = written["json"].read_bytes().replace(f"{tmp_path}/rejected/".encode(), b"")
    assert ours == theirs
    assert b'"contacts.csv", "legal-bases.csv", "staff.csv"], "not_written": []' in ours
    page = clerk.http.get(f"{at}/report", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert page.content.count(b"<tr") == written["html"].read_bytes().count(b"<tr")
    workbook = clerk.http.get(f"{at}/report", headers={"Accept": f"{XLSX}, text/html;q=0.1"})
    assert zipfile.is_zipfile(io.BytesIO(workbook.content))
    assert problem(clerk.http.get(f"{at}/report", headers={"Accept": "image/png"})) == (406, "not-acceptable")
    with psycopg.connect(own.conninfo) as mine, psycopg.connect(log_database) as other:
        said = "SELECT type, count(*) FROM event_log.events WHERE body LIKE %s GROUP BY type ORDER BY type"
        in_the_name = [b'%"dc-bramble"%"second-chance"%"purpose":"import"%']
        ours = mine.execute(said, in_the_name).fetchall()
        assert ours
        assert ours == other.execute(said, in_the_name).fetchall()
        every = "SELECT count(*) FROM event_log.events"
        assert mine.execute(every).fetchone() == (sum(count for _, count in ours),)


def test_an_import_says_how_it_stands_and_rejected_rows_are_had_to_be_corrected(own: Service) -> None:
    clerk = own.somebody(CLERK, PURPOSE)
    at = taken(clerk, BROKEN)
    said = outcome(clerk, at)
    assert said["counts"] == {"read": 4, "recorded": 3, "already_there": 0, "rejected": 1}
    assert said["said"] == "4 rows read, 3 recorded, 0 already there, 1 rejected"
    status = clerk.get(at).json()
    assert (status["state"], status["outcome"]) == ("finished", said)
    assert status["progress"] | {"sheet": ""} == {
        "event": "progress", "done": 4, "total": 4, "there": 3, "sheet": ""
    }  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(clerk.get(f"{at}/rejected-rows").content)) as archive:
        again = {name: archive.read(name) for name in archive.namelist()}
    assert set(again) == {"contacts.csv", "legal-bases.csv", "staff.csv"}
    assert b"carrier-pigeon" in again["contacts.csv"]
    # The register of copies names what holds something of a case, and an erasure with it.
    until(lambda: left_in_the_register(own) == set(), "the sheets are forgotten")
    assert [Path(each.path).name for each in copies_of(own.conninfo, "SC-2025-001")] == ["contacts.csv"]
    twice = outcome(clerk, taken(clerk, BROKEN))
    assert twice["counts"] == {"read": 4, "recorded": 0, "already_there": 3, "rejected": 1}


def test_a_dry_run_decides_every_row_and_leaves_nothing(own: Service) -> None:
    clerk = own.somebody(CLERK, PURPOSE)
    at = taken(clerk, BROKEN, dry_run=True)
    said = outcome(clerk, at)
    assert said["said"].startswith("dry run, nothing recorded: 4 rows read")
    assert cases_in(own) == 0
    assert clerk.get(f"{at}/report").json()["dry_run"] is True
    assert problem(clerk.get(f"{at}/rejected-rows")) == (404, "not-found")


def test_what_cannot_be_read_as_a_whole_is_refused_with_a_report_and_options_settle_it(api: Service) -> None:
    clerk = api.somebody(CLERK, PURPOSE)
    contact = "C-1,SC-2025-001,04/03/2025,04/05/2025,kw-juniper,letter,held,20\n"
    files = SHEETS | {"contacts.csv": SHEETS["contacts.csv"] + contact}
    at = taken(clerk, files, dry_run=True)
    assert outcome(clerk, at)["state"] == "refused"
    kinds = clerk.get(f"{at}/report").json()["kinds"]
    assert {each["column"] for each in kinds} == {"happened_on", "entered_on"}
    told = taken(clerk, files, dry_run=True, dates="mdy", time_zone="Europe/London", accept=["decades-ago"])
    assert outcome(clerk, told)["state"] == "finished"
    assert clerk.get(told).json()["options"] == {
        "dry_run": True, "dates": "mdy", "time_zone": "Europe/London", "accept": ["decades-ago"]
    }  # fmt: skip
    assert clerk.get(f"{told}/report").json()["accepted"] == ["decades-ago"]


def test_a_hostile_file_is_refused_and_nobody_else_waits(
    api: Service, clerk: Somebody, tmp_path: Path
) -> None:
    zip_bomb(tmp_path / "contacts.xlsx")
    at = taken(clerk, SHEETS_BUT_CONTACTS | {"contacts.xlsx": (tmp_path / "contacts.xlsx").read_bytes()})
    asked = 0
    while clerk.get(at).json()["state"] == "under-way":
        assert api.anybody().get("/livez").elapsed.total_seconds() < 5
        asked += 1
    assert asked > 1
    assert clerk.get(at).json()["state"] == "refused"
    assert {each["code"] for each in clerk.get(f"{at}/report").json()["kinds"]} == {"workbook-too-large"}


def test_sheets_in_ones_own_form_are_read_by_the_mapping_that_is_sent_with_them(api: Service) -> None:
    clerk = api.somebody(CLERK, PURPOSE)
    files = SHEETS | {"mapping.toml": "this is no mapping"}
    at = taken(clerk, files, dry_run=True)
    assert outcome(clerk, at)["state"] == "refused"
    assert {each["sheet"] for each in clerk.get(f"{at}/report").json()["rows"]} == {"mapping.toml"}


# --- progress as events -----------------------------------------------------------------------------------


def test_progress_is_told_as_events_and_goes_on_after_the_last_one_a_client_has(api: Service) -> None:
    clerk = api.somebody(CLERK, PURPOSE)
    with alone(api.conninfo, 5, print):
        at = taken(clerk, SHEETS)
        number, name, waits = next(events(clerk, at))
        assert (number, name) == (1, "waiting")
        assert "another import" in waits["said"]
        assert clerk.get(at).json()["state"] == "under-way"
        assert problem(clerk.get(f"{at}/report")) == (409, "import-under-way")
    after = list(events(clerk, at, after=1))
    assert [number for number, _, _ in after] == list(range(2, 2 + len(after)))
    assert [name for _, name, _ in after][-1] == "outcome"
    assert {name for _, name, _ in after[:-1]} == {"progress"}
    assert after[-2][2]["done"] == after[-2][2]["total"] == 3
    assert list(events(clerk, at)) == [(1, "waiting", waits), *after]
    nothing = clerk.http.get(f"{at}/events", headers={"Last-Event-ID": str(after[-1][0])})
    assert nothing.status_code == 204
    wrong = clerk.http.get(f"{at}/events", headers={"Last-Event-ID": "the last"})
    assert problem(wrong) == (400, "header-invalid")


# --- who, and one at a time -------------------------------------------------------------------------------


def test_only_whoever_sent_an_import_is_told_of_it(api: Service, clerk: Somebody) -> None:
    at = taken(clerk, SHEETS, dry_run=True)
    outcome(clerk, at)
    for somebody in (COLLEAGUE, NAMESAKE, SUPERVISOR):
        other = api.somebody(somebody, PURPOSE)
        for below in ("", "/events", "/report", "/rejected-rows"):
            assert problem(other.get(f"{at}{below}")) == (404, "not-found")
    assert api.anybody().get(at).status_code == 401


@pytest.mark.parametrize(
    ("somebody", "purpose"), [(SUPERVISOR, "import"), (CLERK, "casework"), (ROBOT, "import")]
)
def test_only_a_person_who_is_a_clerk_imports_and_says_so(
    api: Service, somebody: Actor, purpose: str
) -> None:
    assert problem(sent(api.somebody(somebody, purpose), SHEETS)) == (403, "denied")


def test_a_second_import_is_refused_while_one_is_under_way(api: Service, clerk: Somebody) -> None:
    with alone(api.conninfo, 5, print):
        at = taken(clerk, SHEETS)
        assert problem(sent(clerk, SHEETS, dry_run=True)) == (409, "import-under-way")
        assert len(left_in(api)) == 1
    outcome(clerk, at)
    assert outcome(clerk, taken(clerk, SHEETS, dry_run=True))["state"] == "finished"


def test_a_key_means_one_import_however_often_it_is_sent(api: Service, clerk: Somebody) -> None:
    key = uuid4().hex
    with alone(api.conninfo, 5, print):
        first = sent(clerk, SHEETS, key)
        again = sent(clerk, SHEETS, key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.headers["location"] == again.headers["location"]
    outcome(clerk, first.headers["location"])
    assert sent(clerk, SHEETS, key).json()["state"] == "finished"
    assert problem(sent(clerk, BROKEN, key)) == (422, "key-reused")
    assert problem(sent(clerk, SHEETS, key, dry_run=True)) == (422, "key-reused")


# --- what is not taken ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../staff.csv",
        "/etc/staff.csv",
        "a/staff.csv",
        "..",
        "C:staff.csv",
        "a\\b.csv",
        "s" * 300,
    ],
)
def test_a_name_that_is_a_path_is_refused_and_not_repeated(api: Service, clerk: Somebody, name: str) -> None:
    answer = sent(clerk, SHEETS | {name: "x"})
    assert problem(answer) == (422, "invalid")
    (wrong,) = answer.json()["errors"]
    assert wrong["location"] == ["body", "files", "4"]
    assert name not in answer.text
    assert left_in(api) == set()


def test_two_files_of_one_name_are_refused(api: Service, clerk: Somebody) -> None:
    for other in ("staff.csv", "STAFF.csv"):
        answer = sent(clerk, [("staff.csv", "x"), (other, "y")])
        assert problem(answer) == (422, "invalid")
        assert answer.json()["errors"][0]["location"] == ["body", "files", "1"]
    assert left_in(api) == set()


def test_what_is_too_large_is_refused_with_the_bound(api: Service, clerk: Somebody) -> None:
    large = sent(clerk, SHEETS | {"contacts.csv": "x" * 4 * 1024 * 1024})
    assert problem(large) == (413, "body-too-large")
    assert "4 megabytes" in large.json()["detail"]
    unsaid = clerk.http.post(
        "/imports",
        content=iter([BEGINNING, *(b"x" * 65536 for _ in range(80))]),
        headers={"Idempotency-Key": uuid4().hex, "Content-Type": "multipart/form-data; boundary=b"},
    )  # fmt: skip
    assert problem(unsaid) == (413, "body-too-large")
    many = sent(clerk, {f"{number}.csv": "x" for number in range(101)})
    assert problem(many) == (413, "body-too-large")
    assert "100 files" in many.json()["detail"]
    assert left_in(api) == set()


def test_what_is_no_upload_is_refused_with_what_to_send(api: Service, clerk: Somebody) -> None:
    def posted(content: bytes, kind: str = "multipart/form-data; boundary=b") -> tuple[int, str]:
        headers = {"Idempotency-Key": uuid4().hex, "Content-Type": kind}
        return problem(clerk.http.post("/imports", content=content, headers=headers))

    assert posted(b"{}", "application/json") == (415, "media-type")
    assert posted(b"nothing of the kind, and long enough") == (400, "body-unreadable")
    assert posted(BEGINNING + b"x") == (400, "body-unreadable")
    assert posted(BEGINNING.replace(b"a.csv", b"a\x07.csv") + b"x\r\n--b--\r\n") == (422, "invalid")
    assert posted(b"--b--\r\n") == (422, "invalid")
    assert posted(b'--b\r\nContent-Disposition: form-data; name="dry_run"\r\n\r\ntrue\r\n--b--\r\n') == (
        422,
        "invalid",
    )
    assert problem(sent(clerk, SHEETS, time_zone="Mars/Olympus")) == (422, "invalid")
    assert problem(sent(clerk, SHEETS, accept="anything")) == (422, "invalid")
    assert problem(sent(clerk, SHEETS, dryrun="true")) == (422, "invalid")
    without = clerk.http.post("/imports", files=[("files", ("a.csv", "x"))])
    assert problem(without) == (400, "header-invalid")
    assert left_in(api) == set()


# --- what stays on the disk -------------------------------------------------------------------------------


def test_what_is_on_the_disk_is_its_owners_alone_and_the_sheets_go_with_the_end(own: Service) -> None:
    clerk = own.somebody(CLERK, PURPOSE)
    with alone(own.conninfo, 5, print):
        at = taken(clerk, BROKEN)
        place = own.home / "imports" / at.rpartition("/")[2]
        assert {path.name for path in (place / "sheets").iterdir()} == set(BROKEN)
        assert modes_below(own.home / "imports") == {0o700, 0o600}
        # Whoever is erased meanwhile: what was uploaded may be about them.
        assert left_in_the_register(own) == {str(place / "sheets")}
    outcome(clerk, at)
    until(lambda: left_in(own) == set(), "the sheets are gone")
    until(lambda: left_in_the_register(own) == set(), "the register has forgotten them")
    assert {path.name for path in place.iterdir()} == {
        "asked.json", "told", "rejected", "report.json", "report.html", "report.xlsx"
    }  # fmt: skip
    assert modes_below(own.home / "imports") == {0o700, 0o600}
    assert "Ash Example" not in "".join(path.read_text(errors="replace") for path in place.glob("*.*"))
    assert "people.csv" not in own.written.read_text()


def modes_below(directory: Path) -> set[int]:
    every = [directory, *directory.rglob("*")]
    for path in every:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    return {stat.S_IMODE(path.stat().st_mode) for path in every}


@pytest.mark.faults
def test_what_was_kept_long_enough_is_removed_by_the_next_start(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        clerk = service.somebody(CLERK, PURPOSE)
        at = taken(clerk, BROKEN)
        outcome(clerk, at)
        asked = service.home / "imports" / at.rpartition("/")[2] / "asked.json"
        said = json.loads(asked.read_text())
        asked.write_text(json.dumps(said | {"sent_at": "2025-03-01T12:00:00Z"}))
        service.process.terminate()
        assert service.process.wait(60) == 0
        with serving(service.conninfo, service.home) as again:
            assert again.somebody(CLERK, PURPOSE).get(at).status_code == 404
        assert copies_of(service.conninfo, "SC-2025-001") == ()
        assert not asked.parent.exists()


# --- cut short --------------------------------------------------------------------------------------------


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_import_that_ends_with_the_service_says_what_is_in_and_the_same_files_complete_it(
    number: signal.Signals,
    postgres_server: str,
    log_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    files = many_people()
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        clerk = service.somebody(CLERK, PURPOSE)
        at = taken(clerk, files)
        last = next(
            number for number, name, said in events(clerk, at) if name == "progress" and said["there"]
        )
        service.process.send_signal(number)
        service.process.wait(60)
        with serving(service.conninfo, service.home) as again:
            clerk = again.somebody(CLERK, PURPOSE)
            until(lambda: clerk.get(at).json()["state"] == "interrupted", "it is known to be interrupted")
            assert left_in(again) == set()
            said = clerk.get(at).json()
            there = said["progress"]["there"]
            assert 0 < there < MANY
            assert f"{there} of {MANY} rows are known to be in" in said["outcome"]["said"]
            assert [name for _, name, _ in events(clerk, at, after=last)][-1] == "outcome"
            assert problem(clerk.get(f"{at}/report")) == (404, "not-found")
            until(lambda: not at_work(), "the program that worked on it has ended")
            completed = outcome(clerk, taken(clerk, files))["counts"]
            assert completed["already_there"] >= there
            assert completed["recorded"] + completed["already_there"] == MANY
        check_log(service.conninfo)


def at_work() -> list[int]:
    """Return the programs that work on imports."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"scp_api.imports" in each.read_bytes():
                found.append(int(each.parent.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


@pytest.mark.faults
def test_whoever_follows_an_import_is_let_go_when_the_service_ends_and_told_the_rest_by_the_next(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        clerk = service.somebody(CLERK, PURPOSE)
        with alone(service.conninfo, 5, print):
            at = taken(clerk, SHEETS)
            following = events(clerk, at)
            assert next(following)[:2] == (1, "waiting")
            service.process.terminate()
            assert list(following) == []
            assert service.process.wait(60) == 0
            assert not at_work()
            told = service.home / "imports" / at.rpartition("/")[2] / "told"
            assert json.loads(told.read_text().splitlines()[-1])["state"] == "interrupted", (
                "it said so itself"
            )
        with serving(service.conninfo, service.home) as again:
            clerk = again.somebody(CLERK, PURPOSE)
            ((number, name, said),) = events(clerk, at, after=1)
            assert (number, name, said["state"]) == (2, "outcome", "interrupted")
            assert "nothing is in" in said["said"]
            assert cases_in(again) == 0


@pytest.mark.faults
def test_without_the_database_nothing_is_taken_and_what_is_under_way_says_why_it_failed(
    own: Service, postgres_server: str
) -> None:
    clerk = own.somebody(CLERK, PURPOSE)
    with alone(own.conninfo, 5, print):
        at = taken(clerk, SHEETS)
        assert next(events(clerk, at))[:2] == (1, "waiting")
        with out_of_reach(own.conninfo, postgres_server):
            said = outcome(clerk, at)
            assert (said["state"], said["problem"]["type"]) == ("failed", "urn:scp:problem:busy")
            assert said["has_report"], "what was read is told"
            until(lambda: left_in(own) == set(), "the sheets are gone")
            assert problem(sent(clerk, SHEETS)) == (503, "busy")
    assert outcome(clerk, taken(clerk, SHEETS))["state"] == "finished"
    assert clerk.get(at).json()["state"] == "failed"


def test_an_upload_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never() -> dict[str, object]:
        await asyncio.sleep(60)
        return {}

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, never)
    monkeypatch.setattr(upload, "PATIENCE_SECONDS", 0)
    with pytest.raises(Problem) as refused:
        asyncio.run(upload.received(request, None, 1))
    assert (refused.value.document.status, refused.value.kind) == (408, "too-slow")


@pytest.mark.parametrize(
    ("accept", "liked"),
    [
        (None, "a/json"),
        ("*/*", "a/json"),
        ("text/html, */*;q=0.8", "text/html"),
        ("a/json;q=0.2, text/*;q=0.3", "text/html"),
        ("a/json;q=0, */*", "text/html"),
        ("image/png", None),
        ("what is this", None),
    ],
)
def test_the_form_that_a_client_likes_best_is_sent(accept: str | None, liked: str | None) -> None:
    assert preferred(accept, ["a/json", "text/html"]) == liked


@pytest.mark.faults
def test_an_upload_that_breaks_off_leaves_nothing_and_lets_the_next_one_in(own: Service) -> None:
    clerk = own.somebody(CLERK, PURPOSE)

    def breaks_off() -> Iterator[bytes]:
        yield BEGINNING + b"row,case"
        until(lambda: left_in(own) != set(), "the first bytes have arrived")
        raise ConnectionAbortedError

    headers = {"Idempotency-Key": uuid4().hex, "Content-Type": "multipart/form-data; boundary=b"}
    with pytest.raises(ConnectionAbortedError):
        clerk.http.post("/imports", content=breaks_off(), headers=headers)
    until(lambda: left_in(own) == set(), "nothing of it is left")
    assert outcome(clerk, taken(clerk, SHEETS))["state"] == "finished"
