"""A mentor recruited and matched over HTTP: one walk from the application to the closing of the match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.check_log import check_log
from tests.services.test_api import ok, on, registered, the_only_rule
from tests.services.test_api_service import Service, Somebody, serving_anew
from tests.words import SUPERVISOR

CHECK_UNTIL = "2030-01-01"
OFFER: dict[str, Any] = {
    "name": "Invented Larch",
    "capabilities": ["literacy"],
    "interests": ["football"],
    "languages": ["en"],
    "area": "invented-parish",
    "capacity": 1,
}


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


def recruited(staff: Somebody, name: str) -> str:
    """Recruit a mentor and return their address."""
    at = f"/mentors/{name}"
    begun = staff.send(f"{at}/apply-as-mentor", OFFER, occurred_at=on(1))
    assert (begun.status_code, begun.headers["location"]) == (201, at)
    ok(staff.send(f"{at}/begin-mentor-screening", {}, occurred_at=on(2)))
    ok(staff.decide(f"{at}/record-background-check", on(3), result="clear", valid_until=CHECK_UNTIL))
    ok(staff.send(f"{at}/record-mentor-training", {"course": "mentor-induction"}, occurred_at=on(4)))
    ok(staff.decide(f"{at}/approve-mentor", on(5)))
    return at


def accepted(staff: Somebody, reference: str, mentor: str) -> str:
    """Find a mentor for somebody new, and return the address of the match both accepted."""
    at = registered(staff, reference)
    factors = [{"factor": "interests", "score": 1000, "weight": 3}]
    ranking = {
        "algorithm": "by-hand",
        "algorithm_version": "2025.1",
        "candidates": [{"mentor": mentor, "score": 3000, "factors": factors}],
    }
    ranked = staff.send(f"{at}/matches", ranking, occurred_at=on(7))
    assert ranked.status_code == 201, ranked.text
    match = ranked.headers["location"]
    [ranked_as] = ranked.json()["event_ids"]
    ok(staff.decide(f"{match}/propose-match", on(8), mentor=mentor, ranking=ranked_as))
    for who in ("participant", "mentor"):
        ok(staff.send(f"{match}/accept-match-as-{who}", {}, occurred_at=on(9)))
    return str(match)


def test_a_mentor_is_recruited_and_matched_until_the_match_is_closed(supervisor: Somebody) -> None:
    mentor = recruited(supervisor, "me-larch")
    match = accepted(supervisor, "SC-2025-301", "me-larch")
    waiting = accepted(supervisor, "SC-2025-302", "me-larch")
    begin = {"mentor": "me-larch", "next_review_on": "2025-05-01"}
    ok(supervisor.decide(f"{match}/start-match", on(10), **begin))
    assert supervisor.get(mentor).json()["state"]["matches"] == [match.rpartition("/")[2]]

    full = supervisor.decide(f"{waiting}/start-match", on(11), **begin)
    assert (full.status_code, the_only_rule(full)) == (409, "mentor-full")

    met = {"minutes": 45, "medium": "in-person", "note": "An invented walk."}
    ok(supervisor.send(f"{match}/record-mentor-contact", met, occurred_at=on(12)))
    ok(supervisor.decide(f"{match}/review-match", on(13), outcome="end"))
    ok(supervisor.decide(f"{match}/close-match", on(14), mentor="me-larch", reason="completed"))
    assert supervisor.get(mentor).json()["state"]["matches"] == []
    ok(supervisor.decide(f"{waiting}/start-match", on(15), **begin))

    seen = supervisor.get(match).json()["state"]
    assert (seen["status"], seen["contacts"], seen["minutes"]) == ("closed", 1, 45)
    assert supervisor.get("/mentors").json() == {"names": ["me-larch"]}


def test_nothing_a_mentor_said_of_themselves_is_shown_with_how_they_stand(supervisor: Somebody) -> None:
    recruited(supervisor, "me-hazel")
    assert "Invented" not in supervisor.get("/mentors/me-hazel").text


def test_decisions_about_a_mentor_are_in_the_register(api: Service, supervisor: Somebody) -> None:
    at = recruited(supervisor, "me-aspen")
    suspended = ok(supervisor.decide(f"{at}/suspend-mentor", on(20)))
    looking = api.somebody(SUPERVISOR, "supervision")
    asked = {"min_position": suspended["last_position"], "limit": 200}
    answer = looking.http.get("/decisions", params=asked, headers={"Prefer": "wait=10"})
    mine = [
        d["type"] for d in answer.json()["decisions"] if d["stream_id"] == supervisor.get(at).json()["id"]
    ]
    assert sorted(mine) == ["mentor.approved", "mentor.background-check-recorded", "mentor.suspended"]
