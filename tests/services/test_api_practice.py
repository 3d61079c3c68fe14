"""Over HTTP: a credential on which an assessment rests, and what a court says of a young person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from scp_events.vocabulary import Role
from tests.check_log import check_log
from tests.services.test_api_service import Service, Somebody, serving_anew
from tests.words import SUPERVISOR, person

WORKER = person("kw_sorrel.2")
COURT = {"name": "example-court-register", "latency_days": 42}
CREDENTIAL = {"credential": "needs-assessment"}
ASSESSMENT = {
    "instrument": "example-needs",
    "instrument_version": "3.1",
    "domain_scores": [{"domain": "housing", "score": "2.5"}],
    "needs_identified": ["housing"],
    "risk_level": "medium",
}


@pytest.fixture(scope="module")
def api(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        yield service
        check_log(service.conninfo)
        assert [line for line in service.journal() if line["event"] == "failed"] == []


@pytest.fixture(scope="module")
def supervisor(api: Service) -> Somebody:
    return api.somebody(SUPERVISOR)


@pytest.fixture(scope="module")
def case(supervisor: Somebody) -> str:
    """Return the address of the case of somebody registered, with boundaries agreed."""
    at = "/cases/SC-2025-700"
    command = {"name": "Invented Teal", "date_of_birth": "2008-05-04", "preferred_language": "en"}
    ok(supervisor.send(f"{at}/participant/register", command, occurred_at="2025-02-01"))
    ok(supervisor.decide(f"{at}/engagement/agree-boundaries", "2025-02-02", boundaries="By phone."))
    return at


def ok(answer: httpx2.Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def state(who: Somebody, at: str) -> Any:
    return who.get(at).json()["state"]


def test_somebody_is_certified_and_may_assess_from_then_on(
    api: Service, supervisor: Somebody, case: str
) -> None:
    worker = api.somebody(WORKER)
    assessment = ASSESSMENT | {"policy_version": "2025.3"}
    refused = worker.send(f"{case}/assessments", assessment, occurred_at="2025-03-01")
    assert (refused.status_code, refused.json()["rule"]) == (409, "credential-missing")

    at = f"/practitioners/{WORKER.id}"
    candidacy = {"provider": "example-college", "requires": {"modules": ["ethics"], "practice_minutes": 60}}
    answer = supervisor.send(f"{at}/register-candidate", CREDENTIAL | candidacy, occurred_at="2025-01-02")
    assert (answer.status_code, answer.headers["location"]) == (201, at)
    ok(worker.send(f"{at}/complete-module", CREDENTIAL | {"module": "ethics"}, occurred_at="2025-01-03"))
    practice = {"minutes": 60, "placement": "internship", "host": "example-shelter"}
    [logged] = ok(worker.send(f"{at}/log-practice", CREDENTIAL | practice, occurred_at="2025-01-03"))[
        "event_ids"
    ]
    verify = CREDENTIAL | {"practice": logged}
    ok(supervisor.send(f"{at}/verify-practice", verify, occurred_at="2025-01-04"))
    areas = dict.fromkeys(("programme_development", "client_interaction", "community_collaboration"), True)
    sat = supervisor.send(f"{at}/sit-exam", CREDENTIAL | {"areas": areas}, occurred_at="2025-01-05")
    [exam] = ok(sat)["event_ids"]
    ok(supervisor.decide(f"{at}/pass-exam", "2025-01-06", **CREDENTIAL, exam=exam))
    awarded = {"valid_from": "2025-02-01", "valid_until": "2027-01-31"}
    ok(supervisor.decide(f"{at}/award-credential", "2025-01-07", **CREDENTIAL, **awarded))
    [credential] = state(supervisor, at)["credentials"]
    assert (credential["verified_minutes"], credential["valid"]) == (60, [awarded])

    ok(worker.send(f"{case}/assessments", assessment, occurred_at="2025-03-01"))
    ok(supervisor.decide(f"{at}/revoke-credential", "2025-04-01", **CREDENTIAL))
    late = worker.send(f"{case}/assessments", assessment, occurred_at="2025-03-31")
    assert late.status_code == 201, "it was right as of its time"
    refused = worker.send(f"{case}/assessments", assessment, occurred_at="2025-04-02")
    assert refused.json()["rule"] == "credential-missing"


def test_an_offence_counts_from_its_proof_until_it_is_quashed(supervisor: Somebody, case: str) -> None:
    claim = {
        "offence_code": "example-theft",
        "severity": "lesser",
        "recordable": True,
        "source": COURT,
        "committed_on": "2025-01-20",
    }
    at = begun(supervisor.send(f"{case}/offences", claim, occurred_at="2025-02-01"))
    ok(supervisor.send(f"{at}/record-charge", claim, occurred_at="2025-02-10"))
    assert state(supervisor, at) == {"status": "charged", "proven": None}
    proof = claim | {"proven_on": "2025-05-05", "disposal": "conviction"}
    ok(supervisor.decide(f"{at}/establish-proof", "2025-06-01", **proof))
    assert state(supervisor, at)["proven"]["committed_on"] == "2025-01-20"
    ok(supervisor.decide(f"{at}/quash-conviction", "2025-09-01", quashed_on="2025-08-20", source=COURT))
    assert state(supervisor, at) == {"status": "quashed", "proven": None}


def test_a_sanction_is_served_and_discharged(supervisor: Somebody, case: str) -> None:
    sanction = {
        "kind": "alternative-punishment",
        "instrument": "community-service-order",
        "imposed_by": "example-youth-court",
        "imposed_as": "magistrate",
        "to_be_done": "Forty invented hours in an invented garden.",
        "due_on": "2025-09-30",
    }
    at = begun(supervisor.send(f"{case}/sanctions", sanction, occurred_at="2025-01-15"))
    ok(supervisor.send(f"{at}/start-serving", {}, occurred_at="2025-03-01"))
    ok(supervisor.decide(f"{at}/discharge-sanction", "2025-09-01", outcome="successfully"))
    assert state(supervisor, at) == {"status": "discharged", "outcome": "successfully"}


def test_custody_interrupts_being_observed(api: Service, supervisor: Somebody, case: str) -> None:
    at = f"{case}/observation"
    clerk = api.somebody(person("dc-bramble", Role.DATA_CLERK))
    held = {"custody_kind": "remand", "held_by": "example-prison"}
    ok(clerk.send(f"{at}/start-custody", held, occurred_at="2025-03-01"))
    assert state(supervisor, at)["observed"] is False
    ok(clerk.send(f"{at}/end-custody", {}, occurred_at="2025-03-20"))
    assert state(supervisor, at)["observed"] is True


def begun(answer: httpx2.Response) -> str:
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]
