"""What would have been decided otherwise under another version of the policy; the record stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from scp_events.aggregates import referral
from scp_events.aggregates.referral.events import EligibilityDetermined
from scp_events.event_log import LogReader
from scp_events.history import decided_otherwise
from scp_events.policy import CURRENT, Adopted, Policies
from scp_events.scenario import CASE, given
from scp_events.vocabulary import Refused
from scp_events.what_if import what_if
from tests.asking import Case
from tests.check_log import check_log
from tests.examples.concern import RAISE
from tests.examples.jurisdiction import FAR_OFF, adopt
from tests.opened import opened_handler, opened_reader
from tests.services.cli_case import REFERENCE, write_case
from tests.services.cli_run import scp
from tests.words import decision

STRICT = CURRENT.model_copy(
    update={
        "version": "2099.1",
        "draft_open_days": 7,
        "credential_of_key_worker": "youth-work",
        "caseload_capacity": CURRENT.caseload_capacity + 1,
    }
)
SAME = CURRENT.model_copy(update={"version": "2099.2"})


@pytest.fixture
def log(log_database: str) -> Iterator[LogReader]:
    write_case(log_database)
    with opened_handler(log_database) as handler:
        adopt(handler, STRICT, SAME)
    with opened_reader(log_database) as log:
        yield log
    check_log(log_database)


def test_what_another_version_would_refuse_or_record_otherwise_is_listed_with_why(log: LogReader) -> None:
    head = log.head()
    by_title = {each.title.split(":")[0]: each for each in what_if(log, STRICT.version)}
    assert by_title.keys() == {"Referral drafted", "Key worker assigned"}
    drafted, assigned = by_title.values()
    assert (drafted.differs_in, drafted.would_be_refused_by) == (("expires_on",), None)
    assert (assigned.would_be_refused_by, assigned.differs_in) == ("credential-missing", ())
    assert (assigned.case_reference, assigned.policy_version) == (REFERENCE, "2025.1")
    assert log.head() == head


def test_a_version_with_the_same_numbers_would_change_nothing(log: LogReader) -> None:
    assert [*what_if(log, SAME.version)] == []
    assert [*what_if(log, CURRENT.version)] == []


def test_one_case_can_be_asked_about_alone(log: LogReader, log_database: str) -> None:
    other = write_case(log_database, "SC-2025-999")
    told = [*what_if(log, STRICT.version, other.case_id)]
    assert {each.case_reference for each in told} == {"SC-2025-999"}
    assert len([*what_if(log, STRICT.version)]) == 2 * len(told)


def test_restricted_streams_are_left_out(log: LogReader, log_database: str) -> None:
    with opened_handler(log_database) as handler:
        Case(handler, "SC-2025-998").ask(RAISE)
    assert "concern" not in {each.category for each in what_if(log, STRICT.version)}


def test_a_version_that_nobody_knows_is_refused(log: LogReader) -> None:
    with pytest.raises(Refused, match=r"2098\.1"):
        next(what_if(log, "2098.1"))


def test_at_the_command_line_a_case_or_all_can_be_asked_about(log_database: str, log: LogReader) -> None:
    ran = scp("what-if", "--policy", CURRENT.version, database=log_database)
    assert (ran.code, ran.out) == (0, "")
    assert "nothing would have come out otherwise" in ran.err
    assert scp("what-if", "--policy", "1999.1", database=log_database).code == 1


def test_what_its_own_rule_would_refuse_today_is_a_contradiction_already() -> None:
    determined = EligibilityDetermined(decision=decision(), eligible=True)
    facts = given(referral, determined).facts()  # never drafted
    supposing = Policies((Adopted(STRICT, FAR_OFF),)).supposing(STRICT.version)
    assert [*decided_otherwise(referral, facts, lambda _types, _others: (), CASE, supposing)] == []


def test_at_the_command_line_each_row_says_what_would_have_become_of_it(
    log_database: str, log: LogReader
) -> None:
    ran = scp("what-if", "--policy", "2025.2", "--format", "json", database=log_database)
    assert (ran.code, ran.err) == (0, "")
    [row] = [each for each in json.loads(ran.out) if each["title"] == "Referral submitted"]
    assert row["would_be_refused_by"] == "no-agreement-named"
