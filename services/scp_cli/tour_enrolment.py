"""What `scp-events demo` shows of an enrolment: its minutes, its lapse, and what that contradicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import shorten
from typing import Any, NamedTuple

from rich.text import Text

from scp_cli.headings import step
from scp_cli.output import show_rich, show_table
from scp_events.case_file.story import LOUD
from scp_events.event_log import LogReader
from scp_events.replay import CaseReplay, Entry, StreamState
from scp_events.what_if import WouldDiffer, what_if

STRICTER = "2025.3"
"""The version of the policy under which credentials and agreements are asked for."""
OF_EACH = 3
WIDE = 64
"""A title is cut to so many characters, so that its line fits."""
CREDITS = ("enrolment.attendance-recorded", "enrolment.catch-up-credited")


class Enrolled(NamedTuple):
    """An enrolment, and the case it is in."""

    case: CaseReplay
    stream: StreamState

    @property
    def entries(self) -> list[Entry]:
        """What happened in it."""
        return [entry for entry in self.case.story if entry.stream_id == self.stream.stream_id]

    @property
    def lapsed(self) -> bool:
        """Whether it was completed, and its minutes are not there any more."""
        return str(self.stream.state["requirements"]) == "lapsed"


def enrolments(told: Sequence[CaseReplay]) -> Iterator[Enrolled]:
    """Yield every enrolment of some cases."""
    for case in told:
        yield from (Enrolled(case, stream) for stream in case.streams if stream.category == "enrolment")


def one_enrolment(told: Sequence[CaseReplay]) -> None:
    """Follow the minutes of one enrolment: of one that lapsed, where there is any."""
    step(7, "An enrolment", "minutes and an agreed plan complete it, and a correction can take that away")
    found = sorted(enrolments(told), key=lambda each: (not each.lapsed, each.case.case_reference))
    if not found:
        show_rich("  Nobody was enrolled.")
        return
    chosen, state = found[0], found[0].stream.state
    show_rich(
        f"  {chosen.case.case_reference}, {state['programme']} for {state['variant']}:"
        f" {state['credited_minutes']} of {state['required_minutes']} minutes,"
        f" requirements {state['requirements'].replace('-', ' ')}, {state['status'].replace('-', ' ')}"
    )
    _minutes(chosen)


def _minutes(chosen: Enrolled) -> None:
    """Show what was credited first and last, what was decided, and what was corrected."""
    credits_ = [entry for entry in chosen.entries if entry.type in CREDITS]
    others = [entry for entry in chosen.entries if entry.type not in CREDITS]
    marked = [*others, *credits_[:2], *credits_[-2:], *(entry for entry in credits_ if entry.corrected_by)]
    rows = {entry.position: entry for entry in marked}
    show_table(
        [_row(rows[position]) for position in sorted(rows)], {"position": "#", "on": "on", "what": "what"}
    )
    show_rich(f"  {len(credits_)} entries credit minutes; the rest is left out here.")


def _row(entry: Entry) -> dict[str, Any]:
    corrected = ", corrected since" if entry.corrected_by else ""
    return {
        "position": entry.position,
        "on": entry.occurred_on,
        "what": f"{shorten(entry.title, WIDE)}{corrected}",
    }


def contradictions(log: LogReader, told: Sequence[CaseReplay]) -> None:
    """Show what no longer fits together, and what would have been decided otherwise."""
    step(
        8,
        "What does not fit together, and what if",
        "both facts stay; nothing is judged anew behind your back",
    )
    found = [(case.case_reference, each) for case in told for each in case.contradictions]
    rows = [
        {"case": reference, "what": shorten(each.title, WIDE), "rule": each.rule}
        for reference, each in found[:OF_EACH]
    ]
    show_table(rows, {"case": "case", "what": "what", "rule": "rule"})
    show_rich(f"  {len(found)} in the {len(told)} cases that were looked at.")
    _stricter(log, told)


def _stricter(log: LogReader, told: Sequence[CaseReplay]) -> None:
    """Ask of one case what another version of the policy would have made of it."""
    if not told:
        return
    case = max(told, key=lambda each: len(each.story))
    differing = what_if(log, STRICTER, case.case_id)
    refused = Counter(each.would_be_refused_by for each in differing if isinstance(each, WouldDiffer))
    show_rich(Text(f"\n  {case.case_reference} under policy {STRICTER}, if it had been in force:", LOUD))
    for rule, times in refused.most_common():
        show_rich(f"  {times} times {f'refused: {rule}' if rule else 'recorded otherwise'}")
    if not refused:
        show_rich("  everything as it was decided")
