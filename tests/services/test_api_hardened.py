"""How often somebody may ask, and what answers tell browsers and proxies to do with them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from scp_api.rate_limit import BURST_SECONDS, Buckets
from tests.checkers import violations
from tests.chromium import browser
from tests.services.test_api_service import Service, serving_anew
from tests.words import KEY_WORKER, REFERRER, SUPERVISOR

PER_SECOND = 2
OF_AN_ORGANISATION = 3


@pytest.fixture(scope="module")
def api(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    limits = {
        "SCP_API_PERSON_PER_SECOND": str(PER_SECOND),
        "SCP_API_ORGANISATION_PER_SECOND": str(OF_AN_ORGANISATION),
    }
    with serving_anew(postgres_server, log_template, tmp_path_factory, **limits) as service:
        yield service


def test_whoever_asks_too_often_is_told_when_to_come_back_and_another_organisation_is_answered(
    api: Service,
) -> None:
    supervisor, worker = api.somebody(SUPERVISOR), api.somebody(KEY_WORKER)
    assert SUPERVISOR.organisation == KEY_WORKER.organisation != REFERRER.organisation
    answers = [supervisor.get("/cases") for _ in range(PER_SECOND * BURST_SECONDS + 20)]
    refused = [each for each in answers if each.status_code == 429]
    assert [each.status_code for each in answers[: PER_SECOND * BURST_SECONDS]] == [200] * 20
    assert refused
    assert refused[0].json()["type"] == "urn:scp:problem:too-often"
    assert int(refused[0].headers["retry-after"]) >= 1
    answers = [worker.get("/cases") for _ in range(OF_AN_ORGANISATION * BURST_SECONDS)]
    assert 429 in {each.status_code for each in answers}, "the two of them are one organisation"
    assert api.somebody(REFERRER, "referral").get("/referrals").status_code == 200
    assert api.anybody().get("/livez").status_code == 200


def test_a_bucket_fills_again_with_time() -> None:
    now = 0.0
    buckets = Buckets(PER_SECOND, lambda: now)
    for _ in range(PER_SECOND * BURST_SECONDS):
        assert buckets.wait("x") == 0.0
        buckets.take("x")
    assert buckets.wait("x") == pytest.approx(0.5)
    now = 0.5
    assert buckets.wait("x") == 0.0
    buckets.take("x")
    assert buckets.wait("x") == pytest.approx(0.5)
    assert buckets.wait("y") == 0.0
    now = 1000.0
    for _ in range(PER_SECOND * BURST_SECONDS):
        buckets.take("x")
    assert buckets.wait("x") > 0.0, "no more than a full one, however long the pause"


def test_with_a_rate_of_0_anybody_may_ask_as_often_as_they_like() -> None:
    buckets = Buckets(0, lambda: 0.0)
    for _ in range(1000):
        buckets.take("x")
    assert buckets.wait("x") == 0.0


@pytest.mark.parametrize("path", ["/cases", "/cases/SC-2025-999", "/nowhere", "/referrals"])
def test_what_may_be_about_somebody_is_kept_by_nobody(api: Service, path: str) -> None:
    for answer in (api.somebody(REFERRER, "referral").get(path), api.anybody().get(path)):
        assert answer.headers["cache-control"] == "no-store"
        assert {"Authorization", "Scp-Purpose"} <= set(re.split(", *", answer.headers["vary"]))
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "strict-transport-security" not in answer.headers, "nobody said that TLS stands in front"


def test_an_answer_and_its_lines_in_the_log_have_one_id(api: Service) -> None:
    answer = api.anybody().get("/cases")
    [line] = [each for each in api.journal() if each.get("request_id") == answer.headers["x-request-id"]]
    assert (line["event"], line["status"]) == ("answered", 401)


def test_the_documentation_comes_from_here_alone_and_names_every_address(api: Service) -> None:
    answer = api.anybody().get("/docs")
    assert answer.status_code == 200
    assert "script" not in answer.headers["content-security-policy"]
    assert not re.findall(r"<(?:script|link|img|iframe)\b|(?:src|href)=\"(?:https?:)?//", answer.text)
    for path in api.anybody().get("/openapi.json").json()["paths"]:
        assert f"</span> {path}</code>" in answer.text


@pytest.mark.once  # the same page
def test_nothing_is_wrong_with_the_documentation_for_anybody_who_reads_it(
    api: Service, tmp_path: Path
) -> None:
    page = tmp_path / "docs.html"
    page.write_bytes(api.anybody().get("/docs").content)
    with browser(tmp_path) as opened:
        opened.show(page)
        assert violations(opened, unsure=False) == []  # of what is folded it is
        assert opened.comes_to("performance.getEntriesByType('resource').length") == 0
