"""What happened, as it is known, in the order in which it happened in the world; and what is decided on it.

People write things down late, wrongly, and only to the day. So nothing is folded in the order in which it was
typed in: see `order`. A command is decided on what stood before it in that order, however late it is entered
(`deciding`), a correction is judged as the fact itself would be (`correcting`), and what no longer fits
together is found by asking again (`contradictions`). Pure: no clock, no database.
"""

from scp_events.history.asking import Decided, Question, decide_at_the_end, evidence_for, name_in
from scp_events.history.contradictions import (
    Contradiction,
    FactsOf,
    answer_again,
    contradictions_of,
    in_hindsight,
    question_again,
)
from scp_events.history.deciding import decide
from scp_events.history.order import (
    AT_THE_END,
    NOTHING_HAPPENED,
    AnyFact,
    Latest,
    before,
    by_stream,
    effective,
    in_order_of_time,
    latest_of,
    standing,
    state_of,
    told,
    until,
)
from scp_events.history.otherwise import Otherwise, decided_otherwise, under
from scp_events.history.recording import (
    asked_again,
    command_recording,
    every_event,
    evidence_types,
    is_correctable,
    says_the_same,
)
from scp_events.history.together import further_about, others_of

__all__ = [
    "AT_THE_END",
    "NOTHING_HAPPENED",
    "AnyFact",
    "Contradiction",
    "Decided",
    "FactsOf",
    "Latest",
    "Otherwise",
    "Question",
    "answer_again",
    "asked_again",
    "before",
    "by_stream",
    "command_recording",
    "contradictions_of",
    "decide",
    "decide_at_the_end",
    "decided_otherwise",
    "effective",
    "every_event",
    "evidence_for",
    "evidence_types",
    "further_about",
    "in_hindsight",
    "in_order_of_time",
    "is_correctable",
    "latest_of",
    "name_in",
    "others_of",
    "question_again",
    "says_the_same",
    "standing",
    "state_of",
    "told",
    "under",
    "until",
]
