"""`scp-events decisions`: filtered in the register itself, and never silent about a code nobody has."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scp_events.aggregates.engagement.commands import AgreeBoundaries
from scp_events.vocabulary import Correct
from tests.asking import Case
from tests.opened import opened_handler
from tests.services.cli_case import CONTACT, Writer, referred, registered
from tests.services.cli_run import scp
from tests.words import KEY_WORKER, SUPERVISOR, grounds


@pytest.fixture
def written(log_database: str) -> str:
    """Record a case; one decision of 7 March was entered on 20 March, another on 9 March."""
    with opened_handler(log_database) as handler:
        for number, entered in ((1, 20), (2, 9)):
            writer = Writer(Case(handler, f"SC-2025-00{number}"))
            referred(writer)
            agreed = AgreeBoundaries(decision=grounds("asked-for-it"), boundaries="We meet by the river.")
            registered(writer, agreed, entered=entered)
    return log_database


def positions(database: str, *asked: str) -> list[int]:
    return [each["position"] for each in found(database, *asked)]


def found(database: str, *asked: str) -> list[dict[str, Any]]:
    ran = scp("decisions", *asked, "--format", "json", database=database)
    assert ran.code == 0, ran.err
    return list(json.loads(ran.out))


def test_each_filter_narrows_and_together_they_narrow_more(written: str) -> None:
    whole = found(written)
    for option, field in (
        ("--by", "decided_by"),
        ("--organisation", "organisation"),
        ("--reason", "reason_code"),
    ):
        for value in {each[field] for each in whole}:
            assert positions(written, option, value) == [e["position"] for e in whole if e[field] == value]
    days = positions(written, "--since", "2025-03-04", "--until", "2025-03-05")
    assert days == [e["position"] for e in whole if "2025-03-04" <= e["decided_on"] <= "2025-03-05"]
    assert positions(written, "--law", "child justice") == [e["position"] for e in whole]
    both = positions(written, "--case", "SC-2025-001", "--by", "sv-rowan", "--since", "2025-03-06")
    assert len(both) == 1


def test_late_is_what_its_source_entered_a_week_later_and_says_how_much(written: str) -> None:
    late = {each["days_late"] for each in found(written, "--reason", "asked-for-it", "--late")}
    assert late == {13}
    assert {each["days_late"] for each in found(written, "--reason", "asked-for-it")} == {13, 2}
    out = scp("decisions", "--reason", "asked-for-it", "--late", database=written).out
    assert "days late" in out
    assert "2025-03-20" in out


@pytest.mark.parametrize("entered", [None, 21])
def test_the_register_and_the_replay_agree_on_what_was_entered_late_imported_and_live(
    log_database: str, entered: int | None
) -> None:
    """A correction is a decision of the day it was entered, and late by the days since the fact."""
    with opened_handler(log_database) as handler:
        writer = Writer(Case(handler, "SC-2025-003"))
        referred(writer)
        registered(writer)
        [contact] = writer.record(CONTACT, 8, entered=entered).event_ids
        correct = Correct(
            decision=grounds(), corrects=contact, instead=CONTACT.model_copy(update={"held_minutes": 25})
        )
        writer.record(correct, 8, entered=entered, by=SUPERVISOR)
    late = scp("replay", "SC-2025-003", "--only", "late", "--format", "json", database=log_database)
    told = {e["position"]: e for e in json.loads(late.out)["story"] if e["decision"] is not None}
    listed = {each["position"]: each for each in found(log_database, "--late")}
    assert listed.keys() == told.keys()
    correction = listed[writer.positions[-1]]
    for field in ("occurred_on", "entered_on"):
        assert correction[field] == told[writer.positions[-1]][field]
    assert correction["decided_on"] == correction["entered_on"]
    if entered is not None:
        assert (correction["decided_on"], correction["days_late"]) == ("2025-03-21", 13)


@pytest.mark.parametrize(
    ("option", "typed", "said"),
    [
        ("--by", "kw-junipr", "person 'kw-junipr' is not known: did you mean kw-juniper"),
        ("--organisation", "nobody", "organisation 'nobody' is not known"),
        ("--reason", "none-such", "reason 'none-such' is not known"),
        ("--law", "Corn Laws", "law 'Corn Laws' is not known"),
        ("--case", "SC-1999-001", "there is no case 'SC-1999-001'"),
        ("--after", "900000", "--after 900000 is not there yet: the log ends at"),
    ],
)
def test_what_nobody_has_is_not_known(written: str, option: str, typed: str, said: str) -> None:
    ran = scp("decisions", option, typed, database=written)
    assert (ran.code, ran.out) == (1, "")
    assert said in ran.err


def test_a_question_whose_answer_is_nothing_has_that_answer(written: str) -> None:
    ran = scp("decisions", "--by", KEY_WORKER.id, "--until", "2024-01-01", database=written)
    assert (ran.code, ran.out, ran.err) == (0, "Nothing to show.\n", "")


@pytest.mark.parametrize("option", ["--by", "--organisation", "--reason", "--law", "--case"])
def test_an_empty_text_names_nothing_and_shows_nothing(option: str) -> None:
    ran = scp("decisions", option, "", database="")
    assert (ran.code, ran.out) == (2, "")
    assert "is empty: leave it out, or name something" in ran.err
