"""The laws of time, each asked of one story.

What is compared is never taken from the order under test alone: days are those on the wall (`Said`), and a
state is compared with that of another log in which the same was told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from scp_events.history import (
    AnyFact,
    contradictions_of,
    effective,
    latest_of,
    standing,
    state_of,
    until,
)
from scp_events.scenario import CASE
from scp_events.vocabulary import (
    Act,
    Correction,
    EventId,
    IdentifiedCommand,
    Position,
    Refused,
    Retraction,
)
from tests.history.stories import DAYS, REPORTS, TODAY, Report, Said, Story, World

Choices = st.DataObject


def state_at(world: World, facts: Sequence[AnyFact], day: int) -> Any:
    """Return the state as of the end of a day, on what is known."""
    return state_of(world.cast.aggregate, until(effective(facts), Said(day, None).when()))


def every_state(world: World, facts: Sequence[AnyFact]) -> list[Any]:
    """Return the state as of each day."""
    return [state_at(world, facts, day) for day in (*range(DAYS), TODAY.day)]


def history_of(facts: Sequence[AnyFact]) -> list[tuple[EventId, Any]]:
    """Return what an effective history says, whatever its positions."""
    return [(fact.event_id, fact.event) for fact in effective(facts)]


def positioned(facts: Sequence[AnyFact]) -> list[AnyFact]:
    """Return facts as they are recorded in this order."""
    return [fact._replace(position=Position(number)) for number, fact in enumerate(facts, start=1)]


# --- known ------------------------------------------------------------------------------------------------


def what_was_known_stays_known(story: Story, choices: Choices) -> None:
    """`state(D, K)` never changes, whatever is recorded after K."""
    world = story.world()
    known = len(world.facts)
    then = every_state(world, world.facts)
    world.tell(story.more)
    assert every_state(world, world.facts[:known]) == then


def what_is_recorded_later_leaves_the_order_as_it_was(story: Story, choices: Choices) -> None:
    """Facts keep their order among themselves whatever is reported afterwards."""
    world = story.world()
    then = [event_id for event_id, _ in history_of(world.facts)]
    world.tell([step for step in story.more if isinstance(step, Report)])
    now = [event_id for event_id, _ in history_of(world.facts)]
    assert [event_id for event_id in now if event_id in set(then)] == then


# --- order of entry ---------------------------------------------------------------------------------------


def order_of_entry_does_not_matter(story: Story, choices: Choices) -> None:
    """Any order in which the same facts could have been recorded gives the same effective history.

    Facts of one day on the wall keep their order of entry where one of them is known only by its day, or
    both are of one minute: nobody could say otherwise which was first.
    """
    world = story.world()
    entered = choices.draw(st.permutations(world.facts))
    possible = positioned(list(_as_could_be(world, entered)))
    assert history_of(possible) == history_of(world.facts)
    assert every_state(world, possible) == every_state(world, world.facts)


def _as_could_be(world: World, wanted: Sequence[AnyFact]) -> Iterator[AnyFact]:
    """Yield facts as nearly in the order wanted as they could have been recorded."""
    waiting = list(wanted)
    while waiting:
        now = next(
            fact
            for fact in waiting
            if not any(_must_follow(world, fact, other) for other in waiting if other is not fact)
        )
        waiting = [fact for fact in waiting if fact is not now]
        yield now


def _must_follow(world: World, fact: AnyFact, other: AnyFact) -> bool:
    if other.position > fact.position:
        return False
    of, of_other = (_about(each) for each in (fact, other))
    if of == of_other:
        return True  # a fact, and one correction of it after the other
    said, said_of_other = world.said[of], world.said[of_other]
    return said.day == said_of_other.day and (
        None in {said.hour, said_of_other.hour} or said.hour == said_of_other.hour
    )


def _about(fact: AnyFact) -> EventId:
    event = fact.event
    return event.corrects if isinstance(event, Correction | Retraction) else fact.event_id


# --- corrections ------------------------------------------------------------------------------------------


def a_correction_is_as_if_it_had_been_right_at_once(story: Story, choices: Choices) -> None:
    """A log in which every fact had been recorded as it was last corrected has the same states."""
    world = story.world()
    facts = {fact.event_id: fact for fact in world.facts if _about(fact) == fact.event_id}
    for fact in world.facts:
        match fact.event:
            case Correction():
                when = world.said[fact.event.corrects].when()
                facts[fact.event.corrects] = facts[fact.event.corrects]._replace(
                    event=fact.event.fact, when=when
                )
            case Retraction():
                del facts[fact.event.corrects]
    assert every_state(world, list(facts.values())) == every_state(world, world.facts)


def a_correction_is_judged_as_the_fact_itself_would_be(story: Story, choices: Choices) -> None:
    """To report something and correct it comes to what reporting it rightly would have come to.

    An act is of the time at which it is recorded, so nobody moves it.
    """
    wrong, right = choices.draw(REPORTS), choices.draw(REPORTS)
    world, at_once = story.world(), story.world()
    if isinstance(world.command(wrong.command), Act):
        return
    so_far = len(world.facts)
    world.report(world.command(wrong.command), wrong.said)
    if len(world.facts) == so_far:
        return
    fact = world.facts[-1]
    instead = world.instead(fact, right.command)
    if isinstance(instead, IdentifiedCommand):
        instead = instead.model_copy(update={"event_id": fact.event_id})
    refused = _rule(world.correct(fact, instead, right.said))
    assert refused == (_rule(at_once.report(instead, right.said)) or _already_so(at_once, so_far))
    if refused is None:
        assert history_of(world.facts) == history_of(at_once.facts)
        assert every_state(world, world.facts) == every_state(at_once, at_once.facts)


def _rule(refusal: Refused | None) -> str | None:
    return refusal.rule if refusal else None


def _already_so(world: World, so_far: int) -> str | None:
    return "already-so" if len(world.facts) == so_far else None


# --- as of its own time -----------------------------------------------------------------------------------


def what_is_taken_contradicts_nothing_that_stood_before_it(story: Story, choices: Choices) -> None:
    """A report that was just taken would be taken again, asked as of its own time."""
    report = choices.draw(REPORTS)
    world = story.world()
    so_far = len(world.facts)
    world.report(world.command(report.command), report.said)
    taken = {fact.event_id for fact in world.facts[so_far:]}
    found = contradictions_of(world.cast.aggregate, world.facts, world.facts_of, CASE)
    assert [each for each in found if each.fact.event_id in taken] == []


def a_state_goes_on_from_where_it_stands_while_facts_come_in_order(story: Story, choices: Choices) -> None:
    """What `Latest` admits stands at the end, so that a state need not be folded anew."""
    report = choices.draw(REPORTS)
    world = story.world()
    before = effective(world.facts)
    is_in_order = latest_of(before).admits(report.said.when())
    so_far = len(world.facts)
    world.report(world.command(report.command), report.said)
    if is_in_order and len(world.facts) > so_far:
        assert effective(world.facts) == [*before, world.facts[-1]]


# --- totality ---------------------------------------------------------------------------------------------


def every_part_of_a_history_gives_a_state(story: Story, choices: Choices) -> None:
    """`evolve` folds any facts in any order, and whatever is known can be told."""
    world = story.world()
    world.tell(story.more)
    some = [fact for fact in world.facts if choices.draw(st.booleans())]
    aggregate = world.cast.aggregate
    assert aggregate.view(state_of(aggregate, effective(some))).model_dump_json()
    facts = [fact for fact in standing(world.facts) if choices.draw(st.booleans())]
    assert aggregate.view(state_of(aggregate, choices.draw(st.permutations(facts)))) is not None
    for found in contradictions_of(aggregate, some, world.facts_of, CASE):
        assert found.remedy, "a contradiction says what to do about it"
