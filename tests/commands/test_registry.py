"""What doors offer follows the aggregates, and every command has a name of its own."""

from __future__ import annotations

from collections import Counter

import pytest

from scp_events.aggregates import ALL
from scp_events.commands import OFFERS, UnknownCommandError, body_of, in_words_of, offer_named
from scp_events.vocabulary import Act


def test_every_command_that_somebody_may_send_is_offered_and_no_other() -> None:
    offered = {(offer.aggregate.CATEGORY, offer.command) for offer in OFFERS if not offer.is_for_every_fact}
    assert offered == {(aggregate.CATEGORY, command) for aggregate in ALL for command in aggregate.MAY}


def test_facts_are_corrected_and_retracted_wherever_there_are_reports() -> None:
    generic = {(offer.aggregate.CATEGORY, offer.name) for offer in OFFERS if offer.is_for_every_fact}
    reporting = {a.CATEGORY for a in ALL if not all(issubclass(command, Act) for command in a.COMMANDS)}
    assert generic == {(category, name) for category in reporting for name in ("correct", "retract")}


def test_a_command_is_found_by_its_name() -> None:
    assert offer_named("record-contact").full_name == "engagement/record-contact"
    assert offer_named("engagement/record-contact") is offer_named("record-contact")
    assert offer_named("engagement/retract").name == "retract"


def test_no_two_commands_have_one_name_and_no_two_bodies_one_schema() -> None:
    names = Counter(offer.name for offer in OFFERS if not offer.is_for_every_fact)
    schemas = Counter(body_of(offer).__name__ for offer in OFFERS)
    assert [name for name, times in (names + schemas).items() if times > 1] == []


def test_a_name_that_several_have_asks_which_is_meant() -> None:
    with pytest.raises(UnknownCommandError, match="engagement/correct"):
        offer_named("correct")


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownCommandError, match="record-contact"):
        offer_named("record-conntact")


def test_a_remedy_names_commands_as_the_door_does_and_leaves_the_rest() -> None:
    told = in_words_of(lambda offer: f"DO {offer.full_name}", "first `agree-boundaries`, then give `reason`")
    assert told == "first `DO engagement/agree-boundaries`, then give `reason`"


def test_only_what_begins_a_case_opens_one() -> None:
    assert {offer.name for offer in OFFERS if offer.opens_case} == {"draft-referral", "register"}
