"""Enrolment over HTTP: a programme that comes with it, a session, and a minor who attends and goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from scp_events.commands import shipped
from tests.check_log import check_log
from tests.services.test_api import ok, on, registered, the_only_rule
from tests.services.test_api_service import Service, Somebody, serving_anew
from tests.words import SUPERVISOR


@pytest.fixture(scope="module")
def api(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        yield service
        check_log(service.conninfo)


@pytest.fixture
def supervisor(api: Service) -> Somebody:
    return api.somebody(SUPERVISOR)


SETTING = {"medium": "in-person", "venue_kind": "community-centre", "facilitators": ["kw-juniper"]}


def test_a_minor_is_enrolled_attends_and_is_not_complete_by_that(supervisor: Somebody) -> None:
    programme = json.loads(shipped.text("resocialisation"))["command"]
    ok(supervisor.send("/programmes/resocialisation/define-programme", programme, occurred_at=on(1)))
    plan = SETTING | {
        "programme": "resocialisation",
        "group": "group-a",
        "planned_on": "2025-03-10",
        "planned_at": "17:30",
        "planned_minutes": 150,
    }
    session = "/sessions/group-a-1"
    ok(supervisor.send(f"{session}/schedule-session", plan, occurred_at=on(2)))
    held = SETTING | {"actual_minutes": 160}
    ok(supervisor.send(f"{session}/record-session-held", held, occurred_at=on(10)))
    hire = {"cost_kind": "room-hire", "amount": "50.00", "currency": "GBP"}
    ok(supervisor.send(f"{session}/record-session-cost", hire, occurred_at=on(11)))
    assert supervisor.get(session).json()["state"]["costs"] == [hire]

    at = registered(supervisor, "SC-2025-700")
    begun = supervisor.send(f"{at}/enrolments", {"programme": "resocialisation"}, occurred_at=on(7))
    assert begun.status_code == 201, begun.text
    enrolment = begun.headers["location"]
    adult = {"programme": "resocialisation", "variant": "adults"}
    assert the_only_rule(supervisor.decide(f"{enrolment}/enrol-participant", on(8), **adult)) == (
        "variant-of-another-age"
    )
    ok(supervisor.decide(f"{enrolment}/enrol-participant", on(8), **adult | {"variant": "minors"}))
    came = {"session": "group-a-1", "arrived_minutes": 10, "left_minutes": 160}
    ok(supervisor.send(f"{enrolment}/record-attendance", came, occurred_at=on(10)))
    state = supervisor.get(enrolment).json()["state"]
    assert (state["variant"], state["credited_minutes"], state["required_minutes"]) == ("minors", 150, 2100)

    refused = supervisor.decide(f"{enrolment}/complete-programme", on(12))
    assert (refused.status_code, the_only_rule(refused)) == (409, "minutes-missing")
    ok(supervisor.decide(f"{enrolment}/override-completion", on(12), outcome="completed"))
    ok(supervisor.send(f"{enrolment}/continue-voluntarily", {"areas": ["debts"]}, occurred_at=on(13)))
    state = supervisor.get(enrolment).json()["state"]
    assert (state["status"], state["continuing"], state["credited_minutes"]) == ("completed", True, 150)


def test_s3_17_an_installation_says_whose_law_counts_and_adopts_its_own_policy(supervisor: Somebody) -> None:
    home = "/jurisdictions/home"
    profile = {"title": "An invented island", "time_zone": "Pacific/Tongatapu"}
    elsewhere = supervisor.send(f"{home}/define-jurisdiction", profile)
    assert the_only_rule(elsewhere) == "another-time-zone"
    ok(supervisor.send(f"{home}/define-jurisdiction", profile | {"time_zone": "UTC"}))
    policy = {
        "version": "minors-30h",
        "draft_open_days": 28,
        "open_referrals_per_programme": 1,
        "contacts_before_story": 2,
        "caseload_capacity": 12,
        "age_of_majority": 18,
        "days_between_match_reviews": 92,
        "variant_minutes": [{"programme": "resocialisation", "variant": "minors", "total_minutes": 1800}],
    }
    adopt = f"{home}/adopt-policy"
    assert the_only_rule(supervisor.send(adopt, {"policy": policy, "in_force_from": "2025-03-01"})) == (
        "date-out-of-bounds"
    )
    ok(supervisor.send(adopt, {"policy": policy, "in_force_from": "2099-01-01"}))
    other = {"policy": policy | {"caseload_capacity": 30}, "in_force_from": "2099-01-01"}
    assert the_only_rule(supervisor.send(adopt, other)) == "version-taken"
    [adopted] = supervisor.get(home).json()["state"]["adopted"]
    assert (adopted["policy"]["version"], adopted["in_force_from"]) == ("minors-30h", "2099-01-01")
    second = supervisor.send("/jurisdictions/another/define-jurisdiction", profile | {"time_zone": "UTC"})
    assert the_only_rule(second) == "one-jurisdiction"
