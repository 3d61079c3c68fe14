"""The HTTP door: organisations, an agreement between them, a referral that rests on it, and an episode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.check_log import check_log
from tests.services.test_api_service import GROUNDS, Service, Somebody, drafted, serving_anew
from tests.words import KEY_WORKER, REFERRER, SUPERVISOR

UNDER_AGREEMENTS = GROUNDS | {"policy_version": "2025.2"}


@pytest.fixture(scope="module")
def api(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        yield service
        check_log(service.conninfo)
        assert [line for line in service.journal() if line["event"] == "failed"] == []


def on(day: int) -> str:
    return f"2025-03-{day:02}T12:00:00Z"


def ok(answer: httpx2.Response) -> httpx2.Response:
    assert answer.status_code in (200, 201), answer.text
    return answer


def decided(somebody: Somebody, path: str, day: int, **fields: Any) -> httpx2.Response:
    """Send a decision under the policy that asks for an agreement."""
    version = somebody.get(path.rpartition("/")[0]).json()["version"]
    return somebody.send(path, {"decision": UNDER_AGREEMENTS, **fields}, version=version, occurred_at=on(day))


def agreed(supervisor: Somebody) -> None:
    """Enter both parties in the register, and let them agree from the second of March on."""
    parties = [REFERRER.organisation, SUPERVISOR.organisation]
    for party in parties:
        agency = {"title": "An invented agency", "kind": "non-profit", "services": ["counselling"]}
        ok(supervisor.send(f"/organisations/{party}/register-organisation", agency, occurred_at=on(1)))
    member = {"person": KEY_WORKER.id, "role": "key-worker"}
    ok(supervisor.send(f"/organisations/{parties[1]}/add-member", member, occurred_at=on(1)))
    terms = {
        "parties": parties,
        "scopes": ["referral"],
        "purposes": ["rehabilitation"],
        "valid_from": "2025-03-02",
    }
    ok(supervisor.send("/agreements/youth-police/sign-agreement", terms, occurred_at=on(1)))
    money = {
        "contributor": parties[0],
        "kind": "funding",
        "amount": "1500.50",
        "currency": "XCD",
        "available_from": "2025-03-02",
    }
    ok(supervisor.send("/agreements/youth-police/record-contribution", money, occurred_at=on(1)))


def test_a_referral_rests_on_an_agreement_and_who_was_referred_is_helped(api: Service) -> None:
    supervisor, referrer = api.somebody(SUPERVISOR), api.somebody(REFERRER, "referral")
    agreed(supervisor)
    assert supervisor.get("/agreements").json() == {"names": ["youth-police"]}
    [member] = supervisor.get("/organisations/second-chance").json()["state"]["members"]
    assert member["person"] == KEY_WORKER.id

    at = ok(drafted(referrer, "SC-2025-901")).headers["location"]
    refused = decided(referrer, f"{at}/submit-referral", 2, to="second-chance")
    assert (refused.status_code, refused.json()["rule"]) == (409, "no-agreement-named")
    ok(decided(referrer, f"{at}/submit-referral", 2, to="second-chance", agreement="youth-police"))

    person = {"name": "Invented Wren", "date_of_birth": "2008-05-04", "preferred_language": "en"}
    ok(supervisor.send("/cases/SC-2025-902/participant/register", person, occurred_at=on(6)))
    helped(api.somebody(KEY_WORKER), "/cases/SC-2025-902/support-episodes")


def helped(worker: Somebody, episodes: str) -> None:
    """Ask for help with a debt, open the episode, add up what is owed, and close it as resolved."""
    request = {"kind": "debt", "areas": ["debts"], "request": "An invented request."}
    episode = ok(worker.send(episodes, request, occurred_at=on(7))).headers["location"]
    ok(worker.decide(f"{episode}/open-support", on(8)))
    debt = {"currency": "XCD", "owed": "2140.35", "means": ["instalment-calendar"]}
    ok(worker.send(f"{episode}/record-debt-position", debt, occurred_at=on(9)))
    ok(worker.send(f"{episode}/record-support-outcome", {"outcome": "achieved"}, occurred_at=on(10)))
    ok(worker.decide(f"{episode}/close-support", on(11), closed_as="resolved"))
    state = worker.get(episode).json()["state"]
    assert (state["status"], state["outcome"], state["debt"]["owed"]) == ("closed", "achieved", "2140.35")
