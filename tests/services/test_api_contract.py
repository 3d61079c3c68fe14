"""What the OpenAPI document promises is what the service does: schemathesis finds nothing against it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from scp_events.commands import shipped
from scp_events.vocabulary import Actor, Command
from tests.aggregates.test_offence import ALLEGE
from tests.aggregates.test_organisation import BEGIN
from tests.aggregates.test_sanction import RECORD
from tests.aggregates.test_support import REQUEST
from tests.examples import examples
from tests.examples.practitioner import REGISTER
from tests.services.test_api import accepted, engaged, on, planned, registered
from tests.services.test_api_imports import BROKEN, CLERK, outcome, taken
from tests.services.test_api_mentoring import accepted as matched
from tests.services.test_api_mentoring import recruited
from tests.services.test_api_service import Service, Somebody, drafted, serving_anew
from tests.words import KEY_WORKER, REFERRER, SUPERVISOR

# Random requests, most of them wrong. Once: test_api asks the same service from the wheel
pytestmark = [pytest.mark.faults, pytest.mark.once]

STRANGE_STATUSES = """
[checks.positive_data_acceptance]
# 409: a rule refused; 412: a stale version; 404: a made-up id. None of these can be said in a schema.
expected-statuses = ["2xx", "401", "403", "404", "409", "412"]
[checks.missing_required_header]
# 428 is what RFC 6585 made for a missing If-Match.
expected-statuses = ["400", "401", "403", "422", "428"]
"""
AHEAD = """
[[operations]]
include-operation-id = "{}"
[operations.checks.positive_data_acceptance]
# 422: `known_at` lies ahead, which depends on the hour.
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
"""
SENDING = """
[[operations]]
include-operation-id = "send-sheets"
[operations.checks.positive_data_acceptance]
# 422: a time zone that is none, a part without the name of a file; 409: another import is under way.
expected-statuses = ["2xx", "403", "409", "422"]
"""
HOOKS = '''
"""So that rules are asked: a key of its own for every command, and for most the version that stands now."""
import os
import random
import re
import uuid

import httpx2
import schemathesis

chance = random.Random(20250303)
staff = httpx2.Client(headers={"Authorization": f"Bearer {os.environ['TOKEN']}"})
staff.headers["Scp-Purpose"] = "supervision"


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    if re.fullmatch("[!-~]{1,200}", headers.get("Idempotency-Key") or ""):
        headers["Idempotency-Key"] = uuid.uuid4().hex
    if re.fullmatch('"?[0-9]+"?', headers.get("If-Match") or "") and chance.random() < 0.8:
        now = staff.get(os.environ["SERVICE"] + case.formatted_path.rpartition("/")[0])
        headers["If-Match"] = now.headers.get("ETag", headers["If-Match"])
'''
AUTHORIZATION = """
[auth.openapi.bearer]
bearer = "{}"
"""
REAL = """
[dictionaries.{name}]
values = {values}

[parameters."{parameter}"]
dictionary = "{name}"
probability = 0.8
"""
"""Most requests are about something that is there; made-up ids would all be answered with the same 404."""
KNOWN_AT = ("read-cases-case_reference-history", "read-cases-case_reference-differences", "read-caseload")
EVERY_KIND = (
    "draft-referral",
    "submit-referral",
    "consent-correct",
    "register",
    "record-contact",
    "engagement-retract",
    "complete-assessment",
    "start-irp-draft",
    "read-referrals-referral_id",
    "read-cases",
    "read-cases-case_reference-engagement",
    "read-cases-case_reference-history",
    "read-cases-case_reference-differences",
    "read-referrals",
    "read-caseload",
    "read-decisions",
    "read-outcomes",
)
"""One operation for each shape of request: the coverage phase sends hundreds to each."""


def what_there_is(service: Service) -> dict[str, Sequence[str]]:
    """Bring cases as far as they go, and others part of the way; return what requests may name."""
    supervisor, worker = service.somebody(SUPERVISOR), service.somebody(KEY_WORKER)
    referrer = service.somebody(REFERRER, "referral")
    begun = str(drafted(referrer, "SC-2025-001").headers["location"])
    taken_on = accepted(supervisor, referrer, "SC-2025-002")
    new = registered(worker, "SC-2025-003")
    active = registered(worker, "SC-2025-002", _id(taken_on))
    engaged(supervisor, worker, active)
    story = worker.get(f"{active}/history").json()["story"]
    plan = planned(supervisor, worker, active, story[-1]["event_id"])
    concern = worker.send(f"{new}/concerns", {"concern": "An invented worry."}).headers["location"]
    programme = json.loads(shipped.text("resocialisation"))["command"]
    supervisor.send("/programmes/resocialisation/define-programme", programme, occurred_at=on(1))
    place = worker.send(f"{active}/enrolments", {"programme": "resocialisation"}, occurred_at=on(8))
    [assessment] = [entry["stream_id"] for entry in story if entry["type"] == "assessment.completed"]
    mentor = recruited(supervisor, "me-larch")
    match = matched(supervisor, "SC-2025-004", _id(mentor))
    offence = begun_with(worker, f"{active}/offences", ALLEGE)
    sanction = begun_with(worker, f"{active}/sanctions", RECORD)
    episode = begun_with(worker, f"{active}/support-episodes", REQUEST)
    practitioner = begun_with(supervisor, "/practitioners/kw-juniper/register-candidate", REGISTER)
    organisation = begun_with(supervisor, "/organisations/example-youth/register-organisation", BEGIN)
    return {
        "path.offence_id": [offence],
        "path.sanction_id": [sanction],
        "path.support_id": [episode],
        "path.practitioner": [practitioner],
        "path.organisation": [organisation],
        "path.programme": ["resocialisation"],
        "path.mentor": [_id(mentor)],
        "path.match_id": [_id(match)],
        "path.referral_id": [_id(begun), _id(taken_on)],
        "path.case_reference": [_id(new), _id(active), "SC-2025-001"],
        "path.irp_id": [_id(plan)],
        "path.concern_id": [_id(concern)],
        "path.assessment_id": [assessment],
        "path.enrolment_id": [_id(place.headers["location"])],
        "header.Scp-Purpose": ["supervision"],
    }


def begun_with(somebody: Somebody, path: str, command: Command) -> str:
    """Begin something with a command; return its id or name."""
    said = command.model_dump(mode="json", exclude_none=True, exclude={"event_id", "need"})
    begun = somebody.send(path, said, occurred_at=on(8))
    assert begun.status_code == 201, begun.text
    return _id(begun.headers["location"])


def _id(address: str) -> str:
    return address.rpartition("/")[2]


def _named(real: Mapping[str, Sequence[str]]) -> str:
    """Write down for schemathesis what there is."""
    return "".join(
        REAL.format(name=f"d{number}", values=[*values], parameter=parameter)
        for number, (parameter, values) in enumerate(real.items())
    )


def findings(
    service: Service,
    real: Mapping[str, Sequence[str]],
    directory: Path,
    *options: str,
    by: Actor = SUPERVISOR,
) -> str:
    """Run schemathesis with every check; return what it says where it found something, or nothing."""
    named = _named(real) + AUTHORIZATION.format(service.token(by))
    ahead = "".join(map(AHEAD.format, KNOWN_AT))
    (directory / "schemathesis.toml").write_text(STRANGE_STATUSES + named + ahead + SENDING)
    (directory / "scp_api_hooks.py").write_text(HOOKS)
    program = Path(sys.executable).with_name("st")
    ended = subprocess.run(
        [
            *(program, "--config-file", directory / "schemathesis.toml"),
            *("run", f"{service.url}/openapi.json", "--checks", "all", "--seed", "20250303"),
            *("--no-color", "--continue-on-failure", "--generation-database", "none"),
            *options,
        ],
        cwd=directory,
        env=os.environ
        | {
            "SCHEMATHESIS_HOOKS": "scp_api_hooks",
            "PYTHONPATH": str(directory),
            "SERVICE": service.url,
            "TOKEN": service.token(by),
        },
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return "" if ended.returncode == 0 else ended.stdout[-8000:] + ended.stderr[-2000:]


@pytest.fixture
def service(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with serving_anew(postgres_server, log_template, tmp_path_factory, SCP_API_FOLLOW="1") as service:
        yield service
        assert [line for line in service.journal() if line["event"] in ("failed", "stopped")] == []


def test_schemathesis_finds_nothing_in_any_operation(service: Service, tmp_path: Path) -> None:
    operations, real = operations_of(service), what_there_is(service)
    there_before = len(service.journal())
    tries = str(examples(1))
    found = findings(service, real, tmp_path, "--phases", "examples,fuzzing", "-n", tries)
    assert not found, found
    answers = answers_of(service, there_before)
    assert set(answers) >= operations
    decided = {operation for operation in operations if answers[operation] & {200, 201, 409}}
    assert len(decided) > 0.9 * len(operations), "most were understood, and a rule or a table was asked"


@pytest.mark.long
def test_schemathesis_finds_nothing_in_every_kind_of_request(service: Service, tmp_path: Path) -> None:
    kinds = [option for name in EVERY_KIND for option in ("--include-operation-id", name)]
    found = findings(service, what_there_is(service), tmp_path, "--phases", "coverage", *kinds)
    assert not found, found


def found_in_imports(service: Service, directory: Path, phases: str) -> str:
    """Ask about imports as a clerk, who has sent one."""
    clerk = service.somebody(CLERK, "import")
    at = taken(clerk, BROKEN)
    outcome(clerk, at)
    real = {"path.import_id": [_id(at)], "header.Scp-Purpose": ["import"]}
    options = ("--phases", phases, "-n", str(examples(5)), "--include-tag", "imports")
    return findings(service, real, directory, *options, by=CLERK)


def test_schemathesis_finds_nothing_in_imports(service: Service, tmp_path: Path) -> None:
    found = found_in_imports(service, tmp_path, "examples,fuzzing")
    assert not found, found
    answers = answers_of(service, 0)
    imports = {operation for operation in operations_of(service) if operation[1].startswith("/imports")}
    assert len(imports) == 5
    assert all(answers[operation] & {200, 202, 409} for operation in imports), answers


@pytest.mark.long
def test_schemathesis_finds_nothing_in_every_kind_of_request_about_imports(
    service: Service, tmp_path: Path
) -> None:
    found = found_in_imports(service, tmp_path, "coverage")
    assert not found, found


def operations_of(service: Service) -> set[tuple[str, str]]:
    """Return every operation of the document, by method and path."""
    paths = service.anybody().get("/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def answers_of(service: Service, there_before: int) -> dict[tuple[str, str], set[int]]:
    """Return the statuses that each operation was answered with since then."""
    answers: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    for line in service.journal()[there_before:]:
        if line["event"] == "answered":
            answers[line["method"], line["route"]].add(line["status"])
    return answers
