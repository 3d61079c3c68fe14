"""What `scp-events demo` shows beside cases: programmes, mentors, practitioners, agreements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from scp_cli.headings import step
from scp_cli.matching import mentors_on, suggestions
from scp_cli.output import show_rich, show_table
from scp_events.aggregates import BY_CATEGORY
from scp_events.event_log import LogReader
from scp_events.history import effective, state_of, until
from scp_events.matching import Participant, match_group
from scp_events.replay import CaseReplay

WAITING = 5
"""For so many a mentor is looked for."""


def standing(log: LogReader, category: str, day: date) -> Iterator[tuple[str, Any]]:
    """Yield how each stream of a category stands at the end of a day, by its name."""
    aggregate, end = BY_CATEGORY[category], log.calendar.whole_day(day)
    for name, history in log.named_histories(category):
        known = effective(recorded.fact for recorded in history)
        yield name, aggregate.view(state_of(aggregate, until(known, end)))


def programmes(log: LogReader, today: date) -> None:
    """Show the programmes, and what became of their sessions."""
    step(6, "Programmes and their sessions", "two that are shipped and a bespoke one, version by version")
    sessions = Counter((view.programme, str(view.status)) for _, view in standing(log, "session", today))
    rows = [_programme(name, view, sessions) for name, view in standing(log, "programme", today)]
    show_table(rows, {name: name.replace("_", " ") for name in (*rows[0],)} if rows else {})


def _programme(name: str, view: Any, sessions: Counter[tuple[str, str]]) -> dict[str, Any]:  # noqa: ANN401 - a view
    template = view.versions[-1]
    return {
        "programme": name,
        "version": template.template_version,
        "variants": ", ".join(f"{each.code} {each.total_minutes} min" for each in template.variants),
        "held": sessions[name, "held"],
        "cancelled": sessions[name, "cancelled"],
        "retired": "yes" if view.retired else "",
    }


def matching(log: LogReader, told: Sequence[CaseReplay], today: date) -> None:
    """Suggest mentors for some who have none. Nothing is recorded: a person decides."""
    step(9, "Mentors for those who wait", "hard constraints first, then what fits; a person decides")
    mentors = [*mentors_on(log, today)]
    areas = frozenset(mentor.area for mentor in mentors if mentor.area)
    without = [case for case in told if not any(each.category == "match" for each in case.streams)]
    waiting = [Participant(case_reference=case.case_reference, areas=areas) for case in without[:WAITING]]
    rows = suggestions(match_group(waiting, mentors))
    show_table(rows, {"case_reference": "case", "mentor": "mentor", "score": "score"})
    show_rich(*(f"  {row['case_reference']}: {row['because']}" for row in rows[:1]))


def competence(log: LogReader, today: date) -> None:
    """Show who may do what needs a credential, on this day."""
    step(
        10,
        "Who is competent today, and what is agreed",
        "a credential lapses, and an agreement ends, by itself",
    )
    show_table(
        [
            {"practitioner": name, "credential": each.credential, "today": _how(each, today)}
            for name, view in standing(log, "practitioner", today)
            for each in view.credentials
        ],
        {"practitioner": "practitioner", "credential": "credential", "today": "today"},
    )
    show_rich("")
    show_table(
        [_agreement(name, view, today) for name, view in standing(log, "agreement", today)],
        {"agreement": "agreement", "with": "with", "for": "for", "today": "today"},
    )


def _how(credential: Any, today: date) -> str:  # noqa: ANN401 - a view
    if credential.revoked or credential.suspended:
        return "revoked" if credential.revoked else "suspended"
    ends = [each.valid_until for each in credential.valid if each.valid_from <= today]
    held = any(end is None or today <= end for end in ends)
    return f"held until {max(filter(None, ends), default='further notice')}" if held else "lapsed"


def _agreement(name: str, view: Any, today: date) -> dict[str, Any]:  # noqa: ANN401 - a view
    terms = view.versions[-1]
    over = view.last_day is not None and view.last_day < today
    return {
        "agreement": name,
        "with": ", ".join(terms.parties[1:]),
        "for": ", ".join(terms.scopes),
        "today": f"ended on {view.last_day}" if over else "suspended" if view.suspended else "in force",
    }
