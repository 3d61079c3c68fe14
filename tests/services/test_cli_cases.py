"""`scp-events cases` and `referrals`: how each stands, who looks after it, and since when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.asking import Case
from tests.opened import opened_handler
from tests.services.cli_case import REFERENCE, Writer, referred, write_case
from tests.services.cli_run import scp

ONLY_REFERRED = "SC-2025-020"


@pytest.fixture
def written(log_database: str) -> str:
    write_case(log_database)
    with opened_handler(log_database) as handler:
        referred(Writer(Case(handler, ONLY_REFERRED)))
    return log_database


def found(database: str, *asked: str) -> list[dict[str, Any]]:
    ran = scp(*asked, "--format", "json", database=database)
    assert ran.code == 0, ran.err
    return list(json.loads(ran.out))


def test_a_case_is_listed_with_its_status_key_worker_and_dates(written: str) -> None:
    registered, referred = found(written, "cases")
    assert registered.pop("case_id")
    assert registered == {
        "case_reference": REFERENCE,
        "status": "engaging",
        "key_worker": "kw-juniper",
        "key_worker_since": "2025-03-07",
        "registered_on": "2025-03-06",
        "last_held_on": "2025-03-10",
        "next_review_on": None,
    }
    assert (referred["case_reference"], referred["status"]) == (ONLY_REFERRED, "referral accepted")


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("sc-2025-014", [REFERENCE]),
        ("JUNIPER", [REFERENCE]),
        ("engaging", [REFERENCE]),
        ("accepted", [ONLY_REFERRED]),
        ("2025", [REFERENCE, ONLY_REFERRED]),
    ],
)
def test_a_case_is_found_by_its_reference_its_key_worker_and_its_status(
    written: str, text: str, references: list[str]
) -> None:
    assert [each["case_reference"] for each in found(written, "cases", "--find", text)] == references


def test_what_no_case_has_is_said_not_to_be_there(written: str) -> None:
    ran = scp("cases", "--find", "Ash Example", database=written)
    assert (ran.code, ran.out) == (1, "")
    assert "no case has 'Ash Example' in its reference" in ran.err


def test_referrals_are_listed_by_agency_status_and_day(written: str) -> None:
    both = found(written, "referrals")
    assert [(each["case_reference"], each["status"]) for each in both] == [
        (REFERENCE, "accepted"),
        (ONLY_REFERRED, "accepted"),
    ]
    agency = both[0]["agency"]
    assert found(written, "referrals", "--agency", agency, "--since", "2025-03-02") == both
    assert found(written, "referrals", "--status", "accepted") == both
    assert found(written, "referrals", "--status", "declined") == []
    assert found(written, "referrals", "--case", REFERENCE) == both[:1]
    assert found(written, "referrals", "--until", "2025-03-01") == []
    assert "2025-03-05" in scp("referrals", database=written).out


def test_an_agency_or_a_status_nobody_has_is_not_known(written: str) -> None:
    for option, typed in (("--agency", "nowhere"), ("--status", "acepted")):
        ran = scp("referrals", option, typed, database=written)
        assert (ran.code, ran.out) == (1, "")
        assert "is not known" in ran.err


@pytest.mark.parametrize(
    "asked",
    [("cases", "--find"), ("referrals", "--agency"), ("referrals", "--status"), ("referrals", "--case")],
)
def test_an_empty_text_names_nothing_and_shows_nothing(asked: tuple[str, str]) -> None:
    ran = scp(*asked, "", database="")
    assert (ran.code, ran.out) == (2, "")
    assert "is empty: leave it out, or name something" in ran.err
