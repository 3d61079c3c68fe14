"""When the program itself fails: an answer without details, and a log without anybody's words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from psycopg_pool import PoolTimeout
from starlette.testclient import TestClient

from scp_api import failures
from scp_api.addresses import path_of
from scp_api.app import create_app
from scp_api.failures import problem_of
from scp_api.parts import Parts
from scp_events.access import Verifier, development
from scp_events.aggregates import ALL
from scp_events.commands import OFFERS, MistakenError, Offer, body_of, read
from scp_events.event_log import (
    BusyError,
    ClosedError,
    LogUnreachableError,
    LogUnwritableError,
    NewerEventError,
    UnsafeServerError,
)
from scp_events.privacy import KeyServiceDownError, marks_of
from scp_events.runtime import service_log
from scp_events.vocabulary import Grounds, Refused, command_name
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
    parts: Any = {"log": log, "handler": nullcontext(log), "reading": None}
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


FOR_A_WHILE = (
    BusyError,
    ClosedError,
    KeyServiceDownError,
    LogUnreachableError,
    LogUnwritableError,
    PoolTimeout,
    UnsafeServerError,
)


@pytest.mark.parametrize("kind", FOR_A_WHILE)
def test_what_may_work_in_a_moment_says_when_and_nothing_of_what_was_asked(kind: type[Exception]) -> None:
    problem = problem_of(kind(CANARY))
    assert problem.document.status == 503
    assert problem.document.type == "urn:scp:problem:busy"
    assert int(problem.headers["Retry-After"]) > 0
    assert "Zwetschgenmus" not in problem.document.model_dump_json()


def test_an_event_of_a_newer_program_is_told_as_that() -> None:
    problem = problem_of(NewerEventError(CANARY))
    assert problem.document.status == 503
    assert problem.document.type == "urn:scp:problem:newer-version-needed"
    assert "Zwetschgenmus" not in problem.document.model_dump_json()


def test_a_refusal_says_how_to_send_what_is_to_be_done_first() -> None:
    refused = Refused("paused", "`resume` first, or `correct` it; `next_review_on` is wrong")
    assert problem_of(refused).document.detail == (
        "`POST /cases/{case_reference}/engagement/resume` first, or `POST .../correct` it;"
        " `next_review_on` is wrong"
    )


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.full_name)
def test_no_body_asks_who_decides_or_which_case_it_is(offer: Offer) -> None:
    asked = body_of(offer).model_fields["command"].annotation
    assert asked is not None
    fields = asked.model_fields
    assert "case_reference" not in fields
    assert "decision" not in fields or fields["decision"].annotation is Grounds


ERASED = {"erased": True, "key_id": "11111111-1111-4111-8111-111111111111", "at": "2025-03-03T00:00:00Z"}


@pytest.mark.parametrize(
    "offer", [offer for offer in OFFERS if not offer.is_for_every_fact], ids=lambda offer: offer.full_name
)
def test_no_body_can_say_that_something_was_erased(offer: Offer) -> None:
    asked = body_of(offer).model_fields["command"].annotation
    said = {"command": json.loads(planted_word(asked).model_dump_json(exclude={"occurred_at"}))}
    read(offer, json.dumps(said).encode())
    for mark in marks_of(asked):
        altered = json.loads(json.dumps(said))
        erase(altered["command"], mark.path)
        with pytest.raises(MistakenError) as refused:
            read(offer, json.dumps(altered).encode())
        places = [".".join(mistake.place) for mistake in refused.value.mistakes]
        assert [p for p in places if p.startswith("command." + ".".join(mark.path).replace("*", "0"))]


def erase(said: Any, path: tuple[str, ...]) -> None:
    """Say that what stands at a path was erased."""
    step = 0 if path[0] == "*" else path[0]
    if len(path) > 1:
        erase(said[step], path[1:])
    else:
        said[step] = ERASED


def test_what_the_program_says_itself_is_taken_from_nobody(broken: TestClient) -> None:
    paths = broken.get("/openapi.json").json()["paths"]
    for aggregate in ALL:
        for command in set(aggregate.COMMANDS) - set(aggregate.MAY):
            assert not [path for path in paths if path.endswith("/" + command_name(command))]


def test_every_command_is_described_at_its_address(broken: TestClient) -> None:
    paths = broken.get("/openapi.json").json()["paths"]
    assert {path_of(offer) for offer in OFFERS} == {path for path, done in paths.items() if "post" in done}
    assert "/cases/{case_reference}/engagement/record-contact" in paths
    assert "/cases/{case_reference}/irps" in paths
    assert "/irps/{irp_id}/approve-irp" in paths


def test_every_body_and_answer_refuses_what_it_does_not_know(broken: TestClient) -> None:
    schemas = broken.get("/openapi.json").json()["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith(("Instead", "Body", ".LegalBasis", ".Grounds")) or name in (
            "ProblemDocument",
            "Answer",
        ):
            assert schema["additionalProperties"] is False, name


def test_the_allow_header_names_the_methods_of_every_route_of_an_address() -> None:
    app = FastAPI()
    failures.install(app)
    for method in ("GET", "POST"):
        app.add_api_route("/there", lambda: None, methods=[method])
    with TestClient(app) as client:
        answer = client.delete("/there")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
