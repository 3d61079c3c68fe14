"""The HTTP door: a case from referral to review, each command once, nobody without a token, no leaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from scp_api.authentication import OPEN
from scp_events import erasure, follower
from scp_events.projections import ALL as PROJECTIONS
from scp_events.projections import caseload
from scp_events.vocabulary import Actor, Role
from tests.check_log import check_log
from tests.opened import opened_handler, opened_reader
from tests.services.test_api_service import GROUNDS, Service, Somebody, drafted, serving_anew
from tests.words import KEY_WORKER, REFERRER, ROBOT, SUPERVISOR, person

CANARY = "Canary Zwetschgenmus"
AUDITOR = person("au-linden", Role.AUDITOR)
CLERK = person("dc-bramble", Role.DATA_CLERK)
REPORTING = person("rp-sedge", Role.REPORTING)
LEAD = person("cm-alder", Role.CASE_MANAGER)
references = (f"SC-2025-{number:03}" for number in count(100))


@pytest.fixture(scope="module")
def api(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with serving_anew(postgres_server, log_template, tmp_path_factory, SCP_API_FOLLOW="1") as service:
        yield service
        check_log(service.conninfo)
        assert [line for line in service.journal() if line["event"] == "failed"] == []


@pytest.fixture(scope="module")
def supervisor(api: Service) -> Somebody:
    return api.somebody(SUPERVISOR)


@pytest.fixture(scope="module")
def referrer(api: Service) -> Somebody:
    return api.somebody(REFERRER, "referral")


def the_only_rule(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["rule"])


def actor(someone: Actor) -> dict[str, Any]:
    return someone.model_dump(mode="json")


# --- the whole walk ---------------------------------------------------------------------------------------


def on(day: int) -> str:
    return f"2025-03-{day:02}T12:00:00Z"


def ok(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    said: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == f'"{said["version"]}"'
    return said


def accepted(supervisor: Somebody, referrer: Somebody, reference: str) -> str:
    """Refer somebody and take them on; return the referral's address."""
    answer = drafted(referrer, reference)
    ok(answer)
    at = answer.headers["location"]
    ok(referrer.decide(f"{at}/submit-referral", on(2)))
    ok(supervisor.send(f"{at}/acknowledge-referral", {}, occurred_at=on(3)))
    ok(supervisor.decide(f"{at}/determine-eligibility", on(4), eligible=True))
    ok(supervisor.decide(f"{at}/assess-suitability", on(4), suitability="suitable"))
    ok(supervisor.decide(f"{at}/accept-referral", on(5)))
    return at


def registered(staff: Somebody, reference: str, referral_id: str | None = None) -> str:
    """Register somebody; return the address of the case."""
    command = {
        "referral_id": referral_id,
        "name": CANARY,
        "date_of_birth": "2008-05-04",
        "preferred_language": "en",
    }
    answer = staff.send(f"/cases/{reference}/participant/register", command, occurred_at=on(6))
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/cases/{reference}/participant"
    return f"/cases/{reference}"


def contact(note: str = "A walk along the river.") -> dict[str, Any]:
    return {
        "made_by": actor(KEY_WORKER),
        "medium": "in-person",
        "outcome": "held",
        "held_minutes": 40,
        "note": note,
    }


def engaged(supervisor: Somebody, worker: Somebody, at: str) -> None:
    """Agree boundaries, assign a key worker, meet twice, hear the story, have it confirmed, assess."""
    work = f"{at}/engagement"
    ok(worker.decide(f"{work}/agree-boundaries", on(7), boundaries="By phone."))
    ok(supervisor.decide(f"{work}/assign-key-worker", on(8), key_worker=actor(KEY_WORKER)))
    for day in (9, 10):
        ok(worker.send(f"{work}/record-contact", contact(), occurred_at=on(day)))
    ok(worker.send(f"{work}/record-story", {"story": CANARY}, occurred_at=on(11)))
    ok(worker.send(f"{work}/confirm-story", {"policy_version": "2025.1"}, occurred_at=on(11)))
    ok(worker.send(f"{at}/assessments", ASSESSMENT, occurred_at=on(12)))


ASSESSMENT = {
    "instrument": "example-needs",
    "instrument_version": "3.1",
    "policy_version": "2025.1",
    "domain_scores": [{"domain": "housing", "score": "2.5"}],
    "needs_identified": ["housing"],
    "risk_level": "medium",
}


def planned(supervisor: Somebody, worker: Somebody, at: str, seen_in: str) -> str:
    """Draft, propose, agree to, approve, start and review a plan; return its address."""
    answer = worker.send(f"{at}/irps", {"contributors": [KEY_WORKER.id]}, occurred_at=on(13))
    assert answer.status_code == 201, answer.text
    plan = str(answer.headers["location"])
    need, goal = str(uuid4()), str(uuid4())
    said = {"description": "A room.", "domain": "housing", "evidence": [seen_in], "priority": "key"}
    ok(worker.send(f"{plan}/identify-need", {"need_id": need, **said}, occurred_at=on(13)))
    goal_said = {"goal_id": goal, "need_id": need, "description": "A lease.", "target_date": "2025-09-01"}
    ok(worker.send(f"{plan}/add-goal", goal_said, occurred_at=on(13)))
    ok(worker.send(f"{plan}/propose-irp", {"contributors": [KEY_WORKER.id]}, occurred_at=on(14)))
    ok(worker.send(f"{plan}/agree-to-irp", {"in_their_words": "Yes."}, occurred_at=on(14)))
    ok(supervisor.decide(f"{plan}/approve-irp", on(15)))
    ok(worker.send(f"{plan}/start-irp", {"next_review_on": "2025-06-15"}, occurred_at=on(15)))
    ok(worker.send(f"{plan}/start-irp-review", {"reason": "due"}, occurred_at=on(16)))
    review = {"outcome": "kept", "next_review_on": "2025-09-15"}
    ok(worker.decide(f"{plan}/conclude-irp-review", on(16), **review))
    return plan


FILTERS: dict[str, Any] = {
    "by": KEY_WORKER.id,
    "organisation": KEY_WORKER.organisation,
    "reason": "no-such-reason",
    "law": "CHILD JUSTICE",
    "since": "2025-04-10",
    "until": "2025-04-10",
    "late": "true",
}
PASSES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "by": lambda each: bool(each["decided_by"] == KEY_WORKER.id),
    "organisation": lambda each: bool(each["organisation"] == KEY_WORKER.organisation),
    "reason": lambda _: False,
    "law": lambda each: "child justice" in each["legal_basis"]["act"].lower(),
    "since": lambda each: bool(each["decided_on"] >= "2025-04-10"),
    "until": lambda each: bool(each["decided_on"] <= "2025-04-10"),
    "late": lambda each: bool(each["days_late"] >= 7),
}


def read_models_say_so(api: Service, reference: str, position: int) -> None:
    """Ask every read model for an answer that contains what was just written."""
    leader = api.somebody(SUPERVISOR, "supervision")
    patient = {"Prefer": "wait=10"}
    asked: dict[str, Any] = {"key_worker": KEY_WORKER.id, "min_position": position}
    load = leader.http.get("/caseload", params=asked, headers=patient).json()
    (case,) = [case for case in load["cases"] if case["case_reference"] == reference]
    assert (case["status"], case["plan_status"], case["held_minutes"]) == ("active", "active", 80)
    assert load["position"] >= position
    asked = {"min_position": position, "limit": 200}
    decided = leader.http.get("/decisions", params=asked, headers=patient).json()["decisions"]
    assert "engagement.boundaries-agreed" in [decision["type"] for decision in decided]
    for name, value in FILTERS.items():
        some = leader.http.get("/decisions", params=asked | {name: value}, headers=patient).json()
        assert some["decisions"] == [each for each in decided if PASSES[name](each)]
    asked = {"min_position": position, "on": "2025-12-31"}
    figures = leader.http.get("/outcomes", params=asked, headers=patient).json()
    conversion = figures["rates"][0]
    assert conversion["hidden"] or conversion["denominator"] > 0, "somebody was referred, or too few to tell"
    assert {each["definition_id"] for each in figures["rates"]} >= {"proven-reoffending", "completion"}
    assert {each["definition_id"] for each in figures["frequencies"]} == {"proven-reoffences-per-100"}


def written(referrer: Somebody) -> int:
    return int(drafted(referrer, next(references)).json()["last_position"])


def test_an_answer_contains_at_least_the_position_asked_for_or_there_is_none(
    api: Service, supervisor: Somebody, referrer: Somebody
) -> None:
    asked = {"key_worker": KEY_WORKER.id, "min_position": written(referrer)}
    with psycopg.connect(api.conninfo, autocommit=True) as connection:
        assert follower.wait_for(connection, caseload, asked["min_position"], 10)
        assert follower.pause(connection, caseload)
        asked["min_position"] = written(referrer)
        for prefer in ({}, {"Prefer": "wait=1"}, {"Prefer": "respond-async, wait=junk"}):
            answer = supervisor.http.get("/caseload", params=asked, headers=prefer)
            assert answer.status_code == 503
            assert "retry-after" in answer.headers
        assert follower.resume(connection, caseload)
    answer = supervisor.http.get("/caseload", params=asked, headers={"Prefer": "respond-async, wait=10"})
    assert answer.status_code == 200


@pytest.mark.parametrize("position", [10**12, 2**63 - 1])
def test_a_position_is_in_the_log(supervisor: Somebody, position: int) -> None:
    answer = supervisor.get("/caseload", key_worker=KEY_WORKER.id, min_position=position)
    assert (answer.status_code, the_only_rule(answer)) == (409, "a-position-is-in-the-log")
    assert supervisor.get("/caseload", key_worker=KEY_WORKER.id, min_position=2**63).status_code == 422


def test_a_misspelt_parameter_is_not_passed_over(supervisor: Somebody) -> None:
    answer = supervisor.get("/cases", limt=1)
    assert answer.status_code == 422
    assert "limt" not in answer.text


def test_a_whole_number_is_one_however_it_is_written(api: Service, supervisor: Somebody) -> None:
    at = registered(supervisor, next(references))
    answer = supervisor.send(f"{at}/engagement/record-contact", contact() | {"held_minutes": 40.0})
    assert the_only_rule(answer) == "boundaries-not-agreed"
    for wrong in (40.5, "40", True, None):
        said = contact() | {"held_minutes": wrong}
        assert supervisor.send(f"{at}/engagement/record-contact", said).status_code == 422


def test_a_case_is_walked_from_referral_to_review_and_read_as_it_was_on_two_dates(
    api: Service, supervisor: Somebody, referrer: Somebody
) -> None:
    reference = next(references)
    worker = api.somebody(KEY_WORKER)
    referral_at = accepted(supervisor, referrer, reference)
    assert supervisor.get(referral_at).json()["state"]["status"] == "accepted"
    at = registered(worker, reference, referral_at.rpartition("/")[2])
    engaged(supervisor, worker, at)
    assert worker.get(f"{at}/engagement").json()["state"]["status"] == "active"
    told = worker.get(f"/cases/{reference}/history").json()["story"]
    plan = planned(
        supervisor, worker, at, next(e["event_id"] for e in told if e["type"].endswith("story-recorded"))
    )
    assert worker.get(plan).json()["state"]["status"] == "active"
    read_models_say_so(api, reference, worker.get(f"/cases/{reference}/history").json()["log_position"])
    history = f"/cases/{reference}/history"
    first = worker.get(history, as_of="2025-03-05").json()
    second = worker.get(history, as_of="2025-03-16").json()
    assert [s["category"] for s in first["streams"]] == ["referral"]
    kinds = ["referral", "participant", "engagement", "assessment", "irp"]
    assert [s["category"] for s in second["streams"]] == kinds
    assert len(first["story"]) < len(second["story"])
    known = worker.get(history, known_at=first["story"][0]["position"]).json()
    assert len(known["story"]) == 1
    between = worker.get(f"/cases/{reference}/differences", first_as_of="2025-03-05").json()
    assert between["newly_happened"]
    assert reference in [case["reference"] for case in worker.get("/cases", limit=200).json()["cases"]]


# --- once -------------------------------------------------------------------------------------------------


def test_the_same_key_and_request_have_one_effect_and_the_same_answer(referrer: Somebody) -> None:
    reference = next(references)
    key = uuid4().hex
    answers = [
        referrer.send(begun(reference), DRAFT, key=key, occurred_at="2025-03-01T12:00:00Z") for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [201, 201]
    assert len({a.headers["location"] for a in answers}) == 1
    assert [a.json()["repeated"] for a in answers] == [False, True]
    assert answers[0].json() | {"repeated": True} == answers[1].json()


def begun(reference: str) -> str:
    return f"/cases/{reference}/referrals"


DRAFT = {
    "programme": "street-to-work",
    "route": "diversion",
    "circumstances": "An invented account.",
    "policy_version": "2025.1",
}


def test_the_same_key_from_eight_at_once_has_one_effect(api: Service) -> None:
    reference, key = next(references), uuid4().hex
    clients = [api.somebody(REFERRER, "referral") for _ in range(8)]

    def sending(client: Somebody) -> httpx2.Response:
        return client.send(begun(reference), DRAFT, key=key, occurred_at="2025-03-01T12:00:00Z")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(sending, clients))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["first_position"] for a in answers}) == 1
    assert [a.json()["repeated"] for a in answers].count(False) == 1
    with psycopg.connect(api.conninfo) as connection:
        found = connection.execute(
            "SELECT count(*) FROM event_log.events e JOIN event_log.cases c USING (case_id)"
            " WHERE reference = %s",
            (reference,),
        ).fetchone()
    assert found == (1,)


def test_eight_clients_at_once_are_answered_rightly(api: Service) -> None:
    def walking(number: int) -> int:
        referrer, reference = api.somebody(REFERRER, "referral"), next(references)
        supervisor = api.somebody(person(f"sv-{number}", Role.SUPERVISOR))
        return int(supervisor.get(accepted(supervisor, referrer, reference)).json()["version"])

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(walking, range(8))) == [6] * 8


def test_a_key_reused_for_another_request_is_refused(referrer: Somebody) -> None:
    key = uuid4().hex
    referrer.send(begun(next(references)), DRAFT, key=key)
    again = referrer.send(begun(next(references)), DRAFT, key=key)
    assert again.status_code == 422
    assert again.json()["type"] == "urn:scp:problem:key-reused"


def test_two_people_may_use_the_same_key(api: Service, referrer: Somebody) -> None:
    key, other = uuid4().hex, api.somebody(LEAD, "referral")
    answers = [s.send(begun(next(references)), DRAFT, key=key) for s in (referrer, other)]
    assert [a.json()["repeated"] for a in answers] == [False, False]


# --- preconditions ----------------------------------------------------------------------------------------


def test_a_decision_names_the_version_it_was_made_on(referrer: Somebody) -> None:
    at = drafted(referrer, next(references)).headers["location"]
    decision = {"decision": GROUNDS}
    unsaid = referrer.send(f"{at}/submit-referral", decision, occurred_at=on(2))
    assert unsaid.status_code == 428
    stale = referrer.send(f"{at}/submit-referral", decision, version=7, occurred_at=on(2))
    assert stale.status_code == 412
    assert stale.headers["etag"] == '"1"'
    assert stale.json()["current_version"] == 1
    now = referrer.send(f"{at}/submit-referral", decision, version=1, occurred_at=on(2))
    assert now.status_code == 200


def test_a_decision_sent_again_gets_its_first_answer_though_its_version_is_stale_now(
    referrer: Somebody,
) -> None:
    at = drafted(referrer, next(references)).headers["location"]
    decision = {"decision": GROUNDS}
    to, once = f"{at}/submit-referral", {"version": 1, "key": f"once-{at}", "occurred_at": on(2)}
    sent = [referrer.send(to, decision, **once) for _ in range(2)]
    assert [a.status_code for a in sent] == [200, 200]
    assert [a.json()["repeated"] for a in sent] == [False, True]


@pytest.mark.parametrize(
    "said", ["", "*", '"3', 'W/"3"', '"3", "4"', '"-1"', '"99999999999999999999"', '"٣"']
)
def test_an_if_match_that_names_no_version_is_refused(referrer: Somebody, said: str) -> None:
    at = drafted(referrer, next(references)).headers["location"]
    headers = {"If-Match": said.encode(), "Idempotency-Key": uuid4().hex.encode()}
    decision = {"decision": GROUNDS}
    answer = referrer.http.post(f"{at}/submit-referral", json={"command": decision}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:scp:problem:header-invalid")


@pytest.mark.parametrize("key", [None, "", "x" * 201, "with space", "ü"])
def test_every_command_has_a_key(referrer: Somebody, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key.encode()}
    answer = referrer.http.post(begun(next(references)), json={"command": DRAFT}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:scp:problem:header-invalid")


@pytest.mark.parametrize("purpose", [None, "", "curiosity", "Casework"])
def test_every_request_says_what_it_is_for(api: Service, purpose: str | None) -> None:
    answer = api.somebody(SUPERVISOR, purpose).get("/cases")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:scp:problem:purpose-missing")
    assert "casework" in answer.json()["detail"]


def test_the_purpose_and_the_sender_are_recorded_with_the_command(api: Service, referrer: Somebody) -> None:
    said = drafted(referrer, next(references)).json()
    with psycopg.connect(api.conninfo) as connection:
        row = connection.execute(
            "SELECT convert_from(body, 'UTF8')::json FROM event_log.events WHERE position = %s",
            (said["first_position"],),
        ).fetchone()
    assert row is not None
    assert row[0]["purpose"] == "referral"
    assert row[0]["actor"] == actor(REFERRER)
    assert row[0]["occurred_at"] == "2025-03-01T12:00:00Z"


# --- refusals ---------------------------------------------------------------------------------------------


def test_a_refusal_names_the_rule_and_the_remedy(supervisor: Somebody, referrer: Somebody) -> None:
    at = drafted(referrer, next(references)).headers["location"]
    answer = supervisor.send(f"{at}/acknowledge-referral", {})
    assert answer.status_code == 409
    assert the_only_rule(answer) == "not-submitted"
    assert "`POST /referrals/{referral_id}/submit-referral`" in answer.json()["detail"]


def test_what_has_not_happened_yet_is_not_recorded(referrer: Somebody) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=6)
    answer = referrer.send(begun(next(references)), DRAFT, occurred_at=soon.isoformat())
    assert (answer.status_code, the_only_rule(answer)) == (409, "not-happened-yet")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_beyond_the_calendar_are_refused(referrer: Somebody, day: str) -> None:
    answer = referrer.send(begun(next(references)), DRAFT, occurred_at=day)
    assert (answer.status_code, the_only_rule(answer)) == (409, "days-within-reach")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_moments_beyond_the_calendar_are_answered(referrer: Somebody, moment: str) -> None:
    sent = referrer.send(begun(next(references)), DRAFT, occurred_at=moment)
    assert sent.status_code == 409


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_history_can_be_asked_for_at_the_ends_of_the_calendar(
    supervisor: Somebody, referrer: Somebody, moment: str
) -> None:
    reference = next(references)
    drafted(referrer, reference)
    asked = supervisor.get(f"/cases/{reference}/history", as_of=moment)
    assert asked.status_code == 200
    assert len(asked.json()["story"]) == (1 if moment.startswith("9") else 0)


@pytest.mark.parametrize("known_at", ["9999-12-31T23:59:59-12:00", "2099-01-01T00:00:00Z", 10**12])
@pytest.mark.parametrize("what", ["history", "caseload"])
def test_what_will_be_known_nobody_knows_yet(
    supervisor: Somebody, referrer: Somebody, what: str, known_at: str | int
) -> None:
    reference = next(references)
    drafted(referrer, reference)
    asked = (
        supervisor.get(f"/cases/{reference}/history", known_at=known_at)
        if what == "history"
        else supervisor.get("/caseload", key_worker=KEY_WORKER.id, known_at=known_at)
    )
    assert (asked.status_code, asked.json()["type"]) == (422, "urn:scp:problem:not-known-yet")


A_DAY = "say a day, such as 2025-03-03"
AN_INSTANT = "an instant with its offset, such as 2025-03-03T12:00:00Z"


@pytest.mark.parametrize(
    ("address", "name", "taken"),
    [
        ("/cases/SC-1/history", "as_of", f"{A_DAY}, or {AN_INSTANT}"),
        ("/cases/SC-1/history", "known_at", f"{A_DAY}, {AN_INSTANT}, or a position of the log, such as 42"),
        ("/caseload", "on", A_DAY),
        ("/outcomes", "until", A_DAY),
    ],
)
@pytest.mark.parametrize(
    "said", ["", "-1", "2026-02-30", "2025-03-03T12:00:00", "2025-3-3", str(2**64) + "0"]
)
def test_what_is_no_point_in_time_is_told_what_is_taken(
    supervisor: Somebody, address: str, name: str, taken: str, said: str
) -> None:
    whose = {"key_worker": KEY_WORKER.id} if address == "/caseload" else {}
    wrong = supervisor.get(address, **whose, **{name: said})
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [{"location": ["query", name], "detail": taken}]


def test_a_day_as_known_is_known_by_its_end_or_by_now(supervisor: Somebody, referrer: Somebody) -> None:
    reference = next(references)
    drafted(referrer, reference)
    today = datetime.now(UTC).date()
    said = {known_at: len(story(supervisor, reference, known_at)) for known_at in ("2025-03-03", f"{today}")}
    assert said == {"2025-03-03": 0, f"{today}": 1}
    ahead = supervisor.get(f"/cases/{reference}/history", known_at="2099-01-01")
    assert (ahead.status_code, ahead.json()["type"]) == (422, "urn:scp:problem:not-known-yet")


def story(somebody: Somebody, reference: str, known_at: str) -> list[Any]:
    told = somebody.get(f"/cases/{reference}/history", known_at=known_at)
    assert told.status_code == 200, told.text
    found = told.json()["story"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("number", [2**63, 10**400])
def test_numbers_beyond_what_can_be_recorded_are_refused(referrer: Somebody, number: int) -> None:
    at = drafted(referrer, next(references)).headers["location"]
    decision = {"decision": GROUNDS | {"known_through": number}}
    answer = referrer.send(f"{at}/submit-referral", decision, version=1)
    assert (answer.status_code, the_only_rule(answer)) == (409, "numbers-within-reach")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b'{"command": {}, "command": 1e999}', 422),
        (b'{"command": {"circumstances": "\\u0000"}}', 422),
        (b'{"command": {"circumstances": "\\ud800"}}', 400),
        (b"", 400),
        (b"null", 422),
        (b"9" * 5000, 400),
        (b'"' + b"x" * 300_000 + b'"', 413),
    ],
)
def test_a_body_that_says_nothing_is_a_problem(referrer: Somebody, raw: bytes, status: int) -> None:
    headers = {"Idempotency-Key": uuid4().hex, "Content-Type": "application/json"}
    answer = referrer.http.post(begun(next(references)), content=raw, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/json-patch+json", ""])
def test_a_body_says_that_it_is_json(referrer: Somebody, kind: str) -> None:
    headers = {"Idempotency-Key": uuid4().hex, "Content-Type": kind}
    answer = referrer.http.post(begun(next(references)), content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:scp:problem:media-type")


@pytest.mark.parametrize("yes", ["yes", "true", 1, "1", None])
def test_a_yes_that_is_no_truth_value_decides_nothing(
    referrer: Somebody, supervisor: Somebody, yes: object
) -> None:
    at = drafted(referrer, next(references)).headers["location"]
    assert supervisor.decide(f"{at}/determine-eligibility", eligible=yes).status_code == 422


def test_a_day_is_not_a_number(referrer: Somebody, supervisor: Somebody) -> None:
    for number in (0, "0"):
        basis = GROUNDS["legal_basis"] | {"valid_from": number}
        at = drafted(referrer, next(references)).headers["location"]
        decision = {"decision": GROUNDS | {"legal_basis": basis}}
        assert referrer.send(f"{at}/submit-referral", decision, version=1).status_code == 422
    assert referrer.send(begun(next(references)), DRAFT, occurred_at="1740830400").status_code == 422
    assert supervisor.get("/outcomes", until="0").status_code == 422
    assert supervisor.get("/cases/SC-1/history", as_of="0").status_code == 422


def test_what_may_not_be_seen_and_what_is_not_there_get_the_same_answer(
    api: Service, referrer: Somebody, supervisor: Somebody
) -> None:
    reference = next(references)
    at = drafted(referrer, reference).headers["location"]
    clerk = api.somebody(CLERK)
    there = clerk.get(at), clerk.get(f"/cases/{reference}/history")
    not_there = supervisor.get(f"/referrals/{uuid4()}"), supervisor.get("/cases/SC-0000-000/history")
    assert {a.status_code for a in (*there, *not_there)} == {404}
    assert len({a.text for a in (*there, *not_there)}) == 1


def test_a_command_on_something_that_is_not_there_is_not_found(supervisor: Somebody) -> None:
    assert supervisor.send(f"/referrals/{uuid4()}/acknowledge-referral", {}).status_code == 404
    assert supervisor.send("/cases/SC-0000-000/irps", {"contributors": ["kw-x"]}).status_code == 404


def test_who_decides_is_who_sends_it_and_cannot_be_somebody_else(referrer: Somebody) -> None:
    at = drafted(referrer, next(references)).headers["location"]
    decision = {"decision": GROUNDS | {"by": actor(SUPERVISOR)}}
    assert referrer.send(f"{at}/submit-referral", decision, version=1).status_code == 422


def test_a_system_does_not_decide(api: Service, referrer: Somebody) -> None:
    at = drafted(referrer, next(references)).headers["location"]
    robot = api.somebody(ROBOT.model_copy(update={"role": Role.REFERRER}), "referral")
    answer = robot.decide(f"{at}/submit-referral")
    assert (answer.status_code, the_only_rule(answer)) == (403, "a-person-decides")


def test_auditors_read_for_audit_and_send_nothing(api: Service, referrer: Somebody) -> None:
    reference = next(references)
    at = drafted(referrer, reference).headers["location"]
    auditor = api.somebody(AUDITOR, "audit")
    assert auditor.get(f"/cases/{reference}/history").status_code == 200
    assert auditor.send(f"{at}/acknowledge-referral", {}).status_code == 403
    assert api.somebody(AUDITOR, "casework").get(f"/cases/{reference}/history").status_code == 404


def test_reporting_reads_no_case(api: Service) -> None:
    assert api.somebody(REPORTING, "reporting").get("/cases").status_code == 403


def test_the_allow_header_names_every_method_of_an_address(supervisor: Somebody) -> None:
    answer = supervisor.http.request("DELETE", f"/referrals/{uuid4()}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    answer = supervisor.http.request("PUT", begun(next(references)))
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_cases_come_in_pages(api: Service, referrer: Somebody, supervisor: Somebody) -> None:
    made = {f"PAGE-{number}" for number in range(5)}
    for reference in made:
        drafted(referrer, reference)
    seen: list[str] = []
    after: str | None = "PAGE"
    while after is not None and len(seen) < 5:
        page = supervisor.http.get(
            "/cases", params={"limit": 2, "after": "O-0" if not seen else after}
        ).json()
        seen += [case["reference"] for case in page["cases"]]
        after = page["next"]
    assert set(seen[:5]) == made


@pytest.mark.parametrize(
    ("path", "name"),
    [*(("/decisions", name) for name in ("by", "organisation", "reason", "law")), ("/referrals", "agency")],
)
def test_an_empty_text_names_nothing_and_shows_nothing(supervisor: Somebody, path: str, name: str) -> None:
    assert supervisor.http.get(path, params={name: ""}).status_code == 422


# --- nobody without a token -------------------------------------------------------------------------------


def test_no_page_of_the_api_runs_code_from_elsewhere(api: Service, supervisor: Somebody) -> None:
    page = api.anybody().get("/docs")
    assert (page.status_code, "<script" in page.text, "src=" in page.text) == (200, False, False)
    assert api.anybody().get("/redoc").status_code == 401
    assert supervisor.http.get("/redoc").status_code == 404


def every_operation(api: Service) -> list[tuple[str, str]]:
    document = api.anybody().get("/openapi.json").json()
    return [(method.upper(), path) for path, operations in document["paths"].items() for method in operations]


def test_nobody_is_answered_without_a_token_at_any_route(api: Service) -> None:
    operations = every_operation(api)
    assert len(operations) > 60
    anybody = api.anybody()
    for method, path in operations:
        answer = anybody.request(method, path.replace("{", "").replace("}", ""), json={})
        assert (answer.status_code == 401) != (path in OPEN), (method, path)
        if path not in OPEN:
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_an_address_that_does_not_exist_tells_a_stranger_nothing(api: Service) -> None:
    assert api.anybody().get("/nowhere").status_code == 401
    assert api.anybody().get("/livez/").status_code == 401
    assert api.anybody().get("//livez").status_code == 401


@pytest.mark.parametrize(
    "header", ["Basic eDp5", "Bearer", "Bearer x", "bearer a.b.c", "Bearer " + "x" * 9000]
)
def test_what_is_no_token_opens_nothing(api: Service, header: str) -> None:
    assert api.anybody({"Authorization": header}).get("/cases").status_code == 401


def test_a_development_token_passed_on_by_a_proxy_opens_nothing(api: Service) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        answer = api.anybody({"Authorization": f"Bearer {api.token()}", name: "203.0.113.9"}).get("/cases")
        assert answer.status_code == 401
        assert answer.json()["rule"] == "development-token-from-elsewhere"


# --- erasure ----------------------------------------------------------------------------------------------


def test_two_people_decide_an_erasure_here_and_it_is_carried_out_elsewhere(
    api: Service, supervisor: Somebody
) -> None:
    case = registered(supervisor, next(references))
    record = f"{case}/record"
    ok(supervisor.send(f"{record}/request-erasure", {"origin": "participant"}))
    alone = supervisor.decide(f"{record}/approve-erasure")
    assert (alone.status_code, the_only_rule(alone)) == (409, "own-request")
    ok(api.somebody(LEAD, "supervision").decide(f"{record}/approve-erasure"))
    assert supervisor.get(record).json()["state"]["erasure"] == "approved"
    with opened_reader(api.conninfo) as log, opened_handler(api.conninfo) as handler:
        case_id = log.case_of(case.rpartition("/")[2])
        assert case_id in erasure.unfinished(log)
        erasure.carry_out(log, handler, case_id, PROJECTIONS, by=LEAD)
    assert supervisor.get(record).json()["state"]["erasure"] == "done"
    refused = supervisor.send(f"{case}/engagement/record-story", {"story": "Anew."})
    assert the_only_rule(refused) in {"personal-data-erased", "boundaries-not-agreed"}
    told = supervisor.get("/cases").text + supervisor.get(f"{case}/history").text
    assert CANARY not in told


# --- nothing personal gets out ----------------------------------------------------------------------------


def test_no_error_and_no_line_of_the_journal_repeats_what_was_sent(
    api: Service, supervisor: Somebody, referrer: Somebody
) -> None:
    at = drafted(referrer, next(references), circumstances=CANARY).headers["location"]
    other = UUID(int=0)
    answers = [
        drafted(referrer, CANARY),
        drafted(referrer, next(references), **{CANARY: CANARY}),
        drafted(referrer, next(references), circumstances=[CANARY]),
        drafted(referrer, next(references), programme=CANARY),
        drafted(referrer, next(references), policy_version="1999.1", circumstances=CANARY),
        drafted(referrer, next(references), event_id=CANARY),
        supervisor.send(f"{at}/provide-information", {"answer": CANARY}),
        supervisor.send(f"{at}/provide-information", {"answer": CANARY * 1000}),
        supervisor.send(f"{at}/acknowledge-referral", {}, key=CANARY),
        supervisor.send(f"/referrals/{other}/provide-information", {"answer": CANARY}),
        supervisor.send(f"/referrals/{CANARY}/acknowledge-referral", {}),
        supervisor.get(f"/cases/{CANARY}/history"),
        supervisor.get("/cases", after=CANARY, limit=CANARY),
        supervisor.get(f"/{CANARY}"),
        supervisor.http.post(
            begun("SC-1-1"), content=f'{{"command": {CANARY}', headers={"Idempotency-Key": "k"}
        ),
        api.somebody(SUPERVISOR, CANARY).get("/cases"),
        api.anybody({"Authorization": f"Bearer {CANARY}"}).get("/cases"),
    ]
    for number, answer in enumerate(answers):
        assert answer.status_code >= 400, number
        assert answer.headers["content-type"] == "application/problem+json", number
        for word in CANARY.split():
            assert word not in answer.text, number
            assert word not in str(answer.headers), number
    for word in CANARY.split():
        assert word not in api.written.read_text()


def test_the_journal_has_listed_fields_only(api: Service, supervisor: Somebody) -> None:
    from scp_events.runtime.service_log import ALLOWED  # noqa: PLC0415 - beside its only use

    supervisor.get("/cases")
    assert all(set(line) <= ALLOWED for line in api.journal())


# --- what belongs to no case ------------------------------------------------------------------------------

PROGRAMME = {
    "template_version": "2025.1",
    "title": "Invented weekly themes",
    "variants": [
        {
            "code": "all",
            "of_age": "anybody",
            "session_count": 8,
            "session_minutes": 120,
            "total_minutes": 960,
        }
    ],
}


def test_what_belongs_to_no_case_is_found_by_what_people_call_it(supervisor: Somebody) -> None:
    begun = supervisor.send("/programmes/weekly-themes/define-programme", PROGRAMME)
    assert (begun.status_code, begun.headers["location"]) == (201, "/programmes/weekly-themes")
    revised = supervisor.send(
        "/programmes/weekly-themes/revise-programme", PROGRAMME | {"template_version": "2025.2"}
    )
    assert revised.status_code == 200
    found = supervisor.get("/programmes/weekly-themes").json()
    assert (found["case_id"], found["version"]) == (None, 2)
    assert [each["template_version"] for each in found["state"]["versions"]] == ["2025.1", "2025.2"]
    assert supervisor.get("/programmes").json() == {"names": ["weekly-themes"]}


@pytest.mark.parametrize("name", ["Weekly", "weekly themes", "-"])
def test_a_name_is_a_code(supervisor: Somebody, name: str) -> None:
    answer = supervisor.send(f"/programmes/{name}/define-programme", PROGRAMME)
    assert (answer.status_code, answer.json()["errors"][0]["location"]) == (422, ["path", "programme"])


def test_what_was_never_begun_is_not_there(supervisor: Somebody) -> None:
    assert supervisor.get("/programmes/never-defined").status_code == 404
    refused = supervisor.send("/programmes/never-defined/retire-programme", {"reason_code": "replaced"})
    assert (refused.status_code, the_only_rule(refused)) == (409, "not-defined")
