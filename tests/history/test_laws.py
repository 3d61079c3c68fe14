"""The laws of time hold of every story; the long form tells ten thousand of each."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.history import laws
from tests.history.stories import STORIES

pytestmark = pytest.mark.once

LAWS: list[Callable[..., None]] = [
    laws.what_was_known_stays_known,
    laws.what_is_recorded_later_leaves_the_order_as_it_was,
    laws.order_of_entry_does_not_matter,
    laws.a_correction_is_as_if_it_had_been_right_at_once,
    laws.a_correction_is_judged_as_the_fact_itself_would_be,
    laws.what_is_taken_contradicts_nothing_that_stood_before_it,
    laws.a_state_goes_on_from_where_it_stands_while_facts_come_in_order,
    laws.every_part_of_a_history_gives_a_state,
]
every_law = pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__.replace("_", " "))


def ask(law: Callable[..., None], stories: int, *, only_find: bool = False) -> None:
    """Ask a law of so many stories; of one that breaks it the shortest is told, unless it is only found."""
    of_each = settings(
        max_examples=stories,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate] if only_find else list(Phase),
        database=None,
    )
    of_each(given(story=STORIES, choices=st.data())(law))()


@every_law
def test_the_laws_of_time_hold(law: Callable[..., None]) -> None:
    ask(law, examples(60))


@pytest.mark.long
@every_law
def test_the_laws_of_time_hold_of_ten_thousand_stories(law: Callable[..., None]) -> None:
    ask(law, 10_000)
