from __future__ import annotations

from datetime import date

from scp_events.aggregates import ALL, engagement
from scp_events.aggregates import concern as concern_aggregate
from scp_events.event_log import BlockingCommandHandler, LogReader
from scp_events.history import every_event
from scp_events.projections import decisions
from scp_events.projections.decisions import Wanted
from scp_events.vocabulary import DecisionEvent, Position
from tests.examples import concern
from tests.examples import engagement as people
from tests.examples import irp as plans
from tests.examples import referral as asking
from tests.examples.assessment import ASSESS, OVERRIDE
from tests.projections.cases import Case, but, day, noon
from tests.projections.conftest import Reading
from tests.words import KEY_WORKER, LEGAL_BASIS, SUPERVISOR, grounds


def whole_case(handler: BlockingCommandHandler) -> Case:
    case = Case(handler).on(1).refer(*asking.ACCEPTED).on(5).register().meet(*people.ACTIVE)
    case.on(6).assess(1, ASSESS, OVERRIDE).on(9).plan(*plans.ACTIVE, plans.achieve())
    case.correct(engagement, people.FIRST, but(people.MEET, held_minutes=9))
    return case.on(12).meet(people.HAND_OVER)


def test_every_decision_is_in_the_register_and_nothing_else(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading
) -> None:
    whole_case(handler)
    recorded = [r for r in log.read_all() if isinstance(r.event, DecisionEvent)]
    register = decisions.register(reading(decisions))
    assert len(recorded) > 8
    assert [d.position for d in register] == [r.position for r in recorded]
    for entry, r in zip(register, recorded, strict=True):
        said = r.decision
        assert said is not None
        assert (entry.event_id, entry.type, entry.stream_id) == (r.event_id, r.event.type, r.stream.id)
        assert (entry.occurred_at, entry.recorded_at) == (r.when.at, r.recorded_at)
        assert (entry.decided_by, entry.role, entry.organisation, entry.credentials) == (
            said.by.id, said.by.role, said.by.organisation, said.by.credentials,
        )  # fmt: skip
        assert (entry.legal_basis, entry.reason_code) == (said.legal_basis, said.reason_code)
        assert (entry.options_considered, entry.relied_on) == (said.options_considered, said.relied_on)
        assert (entry.policy_version, entry.review_on) == (said.policy_version, said.review_on)
        assert (entry.known_through, entry.corrects) == (said.known_through, r.corrects)


def test_a_decision_keeps_its_grounds_as_codes_and_ids(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading
) -> None:
    said = grounds(
        "asked-for-it",
        options_considered=("pause", "reduce", "no-action"),
        relied_on=(people.FIRST,),
        review_on=date(2025, 6, 1),
        known_through=4,
    )
    case = Case(handler).on(3).register().meet(*people.ACTIVE, but(people.PAUSE, decision=said))
    entry = decisions.register(reading(decisions))[-1]
    assert (entry.type, entry.occurred_at) == ("engagement.participation-paused", noon(3))
    assert (entry.decided_by, entry.recorded_by) == (SUPERVISOR.id, SUPERVISOR.id)
    assert entry.legal_basis == LEGAL_BASIS
    assert entry.options_considered == ("pause", "reduce", "no-action")
    assert case.id_of(engagement, people.FIRST) in entry.relied_on
    assert (entry.review_on, entry.known_through) == (date(2025, 6, 1), 4)
    assert (entry.case_id, entry.decided_on) == (case.case_id, day(3))


def test_a_decision_entered_late_keeps_its_place_in_the_order_recorded(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    case = Case(handler).on(1).register().meet(people.AGREE).on(20).meet(people.PAUSE)
    reading(decisions)
    case.on(10).meet(people.ASSIGN)
    entries = decisions.of_case(reading(decisions), case.case_id)
    assert [(entry.type, entry.decided_on) for entry in entries] == [
        ("engagement.boundaries-agreed", day(1)),
        ("engagement.participation-paused", day(20)),
        ("engagement.key-worker-assigned", day(10)),
    ]


def test_a_correction_is_a_decision_of_its_own_made_on_the_day_it_was_entered(
    handler: BlockingCommandHandler, log: LogReader, reading: Reading
) -> None:
    case = Case(handler).on(1).register().meet(people.AGREE, people.MEET)
    case.correct(engagement, people.FIRST, but(people.MEET, held_minutes=9))
    entry = decisions.register(reading(decisions))[-1]
    assert entry.type == "engagement.contact-recorded.corrected"
    assert entry.corrects == case.id_of(engagement, people.FIRST)
    assert entry.occurred_at == noon(1)
    assert entry.decided_on == entry.recorded_at.date()


def test_what_was_said_in_words_stays_in_the_log(handler: BlockingCommandHandler, reading: Reading) -> None:
    whole_case(handler)
    copied = str(reading(decisions).execute("SELECT * FROM rm_decisions_v1.decisions").fetchall())
    assert "nvented" not in copied
    assert "I want to try this." not in copied


def test_the_register_is_read_page_by_page(handler: BlockingCommandHandler, reading: Reading) -> None:
    whole_case(handler)
    asked = reading(decisions)
    whole = decisions.register(asked)
    paged, after = [], Position(0)
    while page := decisions.register(asked, after, limit=3):
        paged += page
        after = page[-1].position
    assert paged == whole


def test_decisions_are_found_by_case_and_by_person(handler: BlockingCommandHandler, reading: Reading) -> None:
    one, other = whole_case(handler), whole_case(handler)
    asked = reading(decisions)
    of_one, of_other = (decisions.of_case(asked, case.case_id) for case in (one, other))
    assert sorted([*of_one, *of_other], key=lambda d: d.position) == decisions.register(asked)
    overrides = decisions.register(asked, wanted=Wanted(by=KEY_WORKER.id, since=day(6), until=day(6)))
    assert [d.type for d in overrides] == ["assessment.risk-level-overridden"] * 2
    assert decisions.register(asked, wanted=Wanted(by=KEY_WORKER.id, since=day(7), until=day(8))) == []


def test_decisions_are_found_by_law_reason_and_organisation(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    whole_case(handler)
    asked = reading(decisions)
    whole = decisions.register(asked)

    def found(**wanted: object) -> list[decisions.Decided]:
        return decisions.register(asked, wanted=Wanted.model_validate(wanted))

    act = LEGAL_BASIS.act
    assert found(law=act.upper()) == found(law=f"{act} {LEGAL_BASIS.section}") == whole
    assert found(law="100%_") == []
    for field, name in (("reason", "reason_code"), ("organisation", "organisation"), ("by", "decided_by")):
        for value in {getattr(each, name) for each in whole}:
            assert found(**{field: value}) == [each for each in whole if getattr(each, name) == value]
    assert found(since=day(6), until=day(9)) == [d for d in whole if day(6) <= d.decided_on <= day(9)]


def test_a_decision_is_late_by_the_days_from_when_it_was_made_to_when_it_was_entered(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    whole_case(handler)
    asked = reading(decisions)
    whole = decisions.register(asked)
    late = decisions.register(asked, wanted=Wanted(late=True))
    assert late == whole
    for each in whole:
        assert each.days_late == (each.entered_on - each.occurred_on).days


def test_a_decision_about_something_restricted_is_shown_where_that_may_be_seen_and_nowhere_else(
    handler: BlockingCommandHandler, reading: Reading
) -> None:
    """It would tell of a concern that a replay hides: the same marker decides in both."""
    case = Case(handler).on(1).register().meet(people.AGREE).on(2).worry(*concern.EVERY_COMMAND)
    case.retract(concern_aggregate, concern.RAISED_AS)
    asked = reading(decisions)
    everything = decisions.register(asked, with_restricted=True)
    assert [entry.type.partition(".")[0] for entry in everything] == ["engagement", *["concern"] * 3]
    ordinary = everything[:1]
    assert decisions.register(asked) == decisions.of_case(asked, case.case_id) == ordinary
    assert decisions.of_case(asked, case.case_id, with_restricted=True) == everything
    theirs = Wanted(by=SUPERVISOR.id)
    seen = decisions.register(asked, wanted=theirs)
    assert [entry for entry in ordinary if entry.decided_by == SUPERVISOR.id] == seen
    assert {*decisions.register(asked, wanted=theirs, with_restricted=True)} >= {*everything[1:]}


def test_every_kind_of_decision_is_registered() -> None:
    assert set(decisions.ON) == {e for a in ALL for e in every_event(a) if issubclass(e, DecisionEvent)}
