"""Who goes with which call, and when there is to be another one: without threads, tasks or time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scp_events.event_log.line import Call, Line, Ticket

LARGEST = 16


def line(workers: int = 2, largest: int = LARGEST) -> Line[int, int, str]:
    names = [f"worker {number}" for number in range(workers)]
    return Line(names, key=lambda question: question, largest=largest, room=100)


def joined(waits: Line[int, int, str], *questions: int) -> None:
    for question in questions:
        waits.join(Ticket(question, lambda: None))


def asked(call: Call[int, int, str] | None) -> list[int]:
    assert call is not None
    return call.questions


def test_a_lone_caller_goes_at_once() -> None:
    waits = line()
    assert waits.next_call() is None
    joined(waits, 1)
    assert asked(waits.next_call()) == [1]


def test_those_who_come_together_are_shared_out() -> None:
    waits = line()
    joined(waits, *range(16))
    assert asked(waits.next_call()) == [*range(8)]
    assert asked(waits.next_call()) == [*range(8, 16)]
    assert waits.next_call() is None


def test_while_a_call_is_under_way_as_many_must_wait_as_it_answers() -> None:
    waits = line()
    joined(waits, 1, 2, 3, 4, 5, 6)
    first, second = waits.next_call(), waits.next_call()
    assert (asked(first), asked(second)) == ([1, 2, 3], [4, 5, 6])
    assert first is not None
    waits.ended(first)
    joined(waits, 7, 8)
    assert waits.next_call() is None
    joined(waits, 9)
    assert asked(waits.next_call()) == [7, 8, 9]


def test_where_no_call_is_under_way_nobody_is_kept_waiting() -> None:
    waits = line()
    joined(waits, 1, 2, 3)
    first, second = waits.next_call(), waits.next_call()
    assert (asked(first), second) == ([1, 2], None)
    assert first is not None
    waits.ended(first)
    assert asked(waits.next_call()) == [3]


def test_a_call_that_is_not_made_leaves_everybody_as_they_were() -> None:
    waits = line()
    joined(waits, 1, 2, 3, 4)
    call = waits.next_call()
    assert call is not None
    waits.put_back(call, without=call.batch[0])
    assert [ticket.question for ticket in waits.waiting] == [2, 3, 4]
    assert len(waits.idle) == 2
    assert asked(waits.next_call()) == [2, 3]


@given(
    workers=st.integers(1, 4),
    largest=st.integers(1, 5),
    steps=st.lists(st.one_of(st.integers(0, 9), st.just("call"), st.just("end")), max_size=60),
)
def test_whatever_happens_everybody_goes_once_and_in_order(
    workers: int, largest: int, steps: list[int | str]
) -> None:
    waits, came = line(workers, largest), 0
    under_way: list[Call[int, int, str]] = []
    went: list[Ticket[int, int]] = []
    everybody: list[Ticket[int, int]] = []

    def call() -> None:
        made = waits.next_call()
        if made is not None:
            assert 1 <= len(made.batch) <= largest
            assert len({ticket.question for ticket in made.batch}) == len(made.batch)
            under_way.append(made)
            went.extend(made.batch)

    for step in steps:
        if isinstance(step, int):
            everybody.append(Ticket(step, lambda: None))
            waits.join(everybody[-1])
            came += 1
        elif step == "call":
            call()
        elif under_way:
            waits.ended(under_way.pop(0))
        assert len(under_way) + len(waits.idle) == workers
        assert len(went) + len(waits.waiting) == came
    while not waits.is_at_rest:
        call()
        if under_way:
            waits.ended(under_way.pop(0))
    assert {id(ticket) for ticket in went} == {id(ticket) for ticket in everybody}
    assert len(went) == came
    for question in range(10):  # questions of one key go in the order in which they came
        assert [t for t in went if t.question == question] == [t for t in everybody if t.question == question]
