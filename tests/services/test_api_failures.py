"""When the program itself fails: an answer without details, and a log without anybody's words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.testclient import TestClient

from scp_api import commands, problems, spoken
from scp_api.app import create_app
from scp_api.parts import Parts
from scp_api.problems import problem_of
from scp_events.access import Verifier, development
from scp_events.access.policy import NOT_FOR_PEOPLE, Resource, commands_of
from scp_events.event_log import (
    BusyError,
    ClosedError,
    EventLogAsync,
    LogUnreachableError,
    LogUnwritableError,
    NotAnsweredError,
    UnsafeServerError,
)
from scp_events.privacy import KeyServiceDownError, marks_of
from scp_events.runtime import service_log
from scp_events.vocabulary import Actor, Decision, FromSender, Gathered
from tests.every_event import planted_word
from tests.words import SUPERVISOR

CANARY = "Canary Zwetschgenmus"


class BrokenLog:
    """A log whose every method fails with an error that quotes a young person."""

    keyring = SimpleNamespace(conninfo="")

    def __getattr__(self, name: str) -> Any:
        def failing(*_: object, **__: object) -> None:
            raise RuntimeError(f"{CANARY} was in row 7")

        return failing


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[TestClient]:
    log: Any = BrokenLog()
    parts: Any = {"log": log, "writing": EventLogAsync(log), "reading": None}
    verifier = Verifier([development.issuer(tmp_path, "scp-api", "127.0.0.1")])
    app = create_app(Parts(verifier=verifier, **parts))
    headers = {
        "Authorization": f"Bearer {development.mint(tmp_path, SUPERVISOR, 'scp-api')}",
        "Scp-Purpose": "casework",
    }
    with TestClient(app, headers=headers, client=("127.0.0.1", 1)) as client:
        yield client


@pytest.fixture
def log_put_back() -> Iterator[None]:
    kept = logging.root.handlers[:]
    # Whoever used a library in this process before may have silenced it.
    pool = logging.getLogger("psycopg.pool")
    pool.disabled, pool.propagate = False, True
    pool.setLevel(logging.NOTSET)
    logging.getLogger("psycopg").setLevel(logging.NOTSET)
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = kept


def test_a_failure_of_the_program_tells_the_client_nothing_about_itself(
    broken: TestClient, capsys: pytest.CaptureFixture[str], log_put_back: None
) -> None:
    service_log.configure()
    answer = broken.get("/cases")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    written = capsys.readouterr().err
    assert "Zwetschgenmus" not in answer.text + written
    failed = next(line for line in map(json.loads, written.splitlines()) if line["event"] == "failed")
    assert failed["error"] == "RuntimeError"
    assert "queries.py" in failed["raised_at"]


@pytest.mark.parametrize("kind", sorted(problems.PASSING, key=lambda kind: kind.__name__))
def test_what_may_work_in_a_moment_says_when_and_nothing_of_what_was_asked(kind: type[Exception]) -> None:
    problem = problem_of(kind(CANARY))
    assert problem.document.status == 503
    assert problem.document.type == "urn:scp:problem:busy"
    assert int(problem.headers["Retry-After"]) > 0
    assert "Zwetschgenmus" not in problem.document.model_dump_json()


def test_everything_that_can_be_wrong_with_the_log_for_a_while_is_said_to_pass() -> None:
    for_a_while = {
        BusyError,
        ClosedError,
        KeyServiceDownError,
        LogUnreachableError,
        LogUnwritableError,
        NotAnsweredError,
        UnsafeServerError,
    }
    assert for_a_while <= set(problems.PASSING)


ALL = [
    (kind, command)
    for kind in (Resource.REFERRAL, Resource.PARTICIPANT, Resource.IRP)
    for command in sorted(commands_of(kind) - NOT_FOR_PEOPLE, key=lambda command: command.__name__)
]


@pytest.mark.parametrize(("kind", "command"), ALL, ids=lambda each: getattr(each, "__name__", str(each)))
def test_a_body_asks_for_nothing_that_is_gathered_or_known(kind: Resource, command: Any) -> None:
    said = spoken.body_of(command).model_fields["command"].annotation
    asked = said.model_fields
    for name, info in command.model_fields.items():
        filled = any(isinstance(mark, Gathered | FromSender) for mark in info.metadata)
        assert (name in asked) != (filled or name == "participant_id")
        assert asked.get(name) is None or asked[name].annotation is not Decision


def test_no_command_has_a_validator_of_its_own_that_a_body_would_pass_by() -> None:
    """Save that it says nothing erased, which no JSON can."""
    for _, command in ALL:
        assert command.__pydantic_decorators__.model_validators.keys() == {"_says_something"}, command


ERASED = {"erased": True, "key_id": "11111111-1111-4111-8111-111111111111", "at": "2025-03-03T00:00:00Z"}


@pytest.mark.parametrize(("kind", "command"), ALL, ids=lambda each: getattr(each, "__name__", str(each)))
def test_no_body_can_say_that_something_was_erased(kind: Resource, command: Any) -> None:
    body = spoken.body_of(command)
    said = json.loads(planted_word(body).model_dump_json())
    spoken.read(command, json.dumps(said).encode())
    for mark in marks_of(body.model_fields["command"].annotation):
        altered = json.loads(json.dumps(said))
        erase(altered["command"], mark.path)
        with pytest.raises(RequestValidationError) as refused:
            spoken.read(command, json.dumps(altered).encode())
        places = [".".join(map(str, wrong["loc"])) for wrong in refused.value.errors()]
        assert [p for p in places if p.startswith("body.command." + ".".join(mark.path).replace("*", "0"))]


def erase(said: Any, path: tuple[str, ...]) -> None:
    """Say that what stands at a path was erased."""
    step = 0 if path[0] == "*" else path[0]
    if len(path) > 1:
        erase(said[step], path[1:])
    else:
        said[step] = ERASED


def test_what_the_program_says_itself_is_taken_from_nobody(broken: TestClient) -> None:
    paths = broken.get("/openapi.json").json()["paths"]
    for command in NOT_FOR_PEOPLE:
        assert not [path for path in paths if path.endswith("/" + spoken.name_of(command))]


def test_commands_are_named_readably() -> None:
    names = {command.__name__: spoken.name_of(command) for _, command in ALL}
    assert names["SubmitReferral"] == "submit-referral"
    assert names["ReEngage"] == "re-engage"
    assert names["AgreeToIrp"] == "agree-to-irp"
    assert len(set(names.values())) == len(names)


CLOSED = ("Said", "Body", ".LegalBasis", ".Grounds", "ProblemDocument", "Answer")


def test_every_body_and_answer_refuses_what_it_does_not_know(broken: TestClient) -> None:
    schemas = broken.get("/openapi.json").json()["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith(("Said", "Body", ".LegalBasis", ".Grounds")) or name in (
            "ProblemDocument",
            "Answer",
        ):
            assert schema["additionalProperties"] is False, name


def test_actors_are_filled_from_the_token_where_the_command_says_so() -> None:
    assert commands.BEGINNINGS
    said = spoken.body_of(next(c for _, c in ALL if c.__name__ == "DraftReferral"))
    annotation: Any = said.model_fields["command"].annotation
    assert Actor not in [info.annotation for info in annotation.model_fields.values()]


def test_the_allow_header_names_the_methods_of_every_route_of_an_address() -> None:
    app = FastAPI()
    problems.install(app)
    for method in ("GET", "POST"):
        app.add_api_route("/there", lambda: None, methods=[method])
    with TestClient(app) as client:
        answer = client.delete("/there")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
