"""The sheets of a fictional office: a hundred rows for each young person, most of them contacts."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

ROWS_A_CASE = 100
CONTACTS = 83
"""Of a case's rows; the others are its referral, people, consents, milestones and plan."""
FIRST_DAY = date(2022, 1, 3)
BEGIN_WITHIN = 700
"""Days within which cases begin: many are under way at the same time."""

Cells = Mapping[str, str]

STAFF = (
    {"code": "kw-juniper", "role": "key-worker", "organisation": "sc", "credentials": "needs-assessment"},
    {"code": "sv-rowan", "role": "supervisor", "organisation": "sc", "credentials": ""},
    {"code": "po-thistle", "role": "police-officer", "organisation": "police", "credentials": ""},
)
LAWS = (
    {
        "code": "rules",
        "instrument": "statute",
        "act": "Example Rules",
        "section": "r. 4",
        "valid_from": "2015-01-01",
        "valid_to": "",
    },
)
GROUNDS = {
    "decided_by": "sv-rowan",
    "reason_code": "meets-criteria",
    "reason": "Meets the criteria and wants to take part.",
    "legal_basis": "rules",
    "options": "proceed; no-action",
    "views": "I want to try this.",
}
JUNIPER = {"staff": "kw-juniper"}
REFERRAL = {
    "referred_by": "po-thistle",
    "programme": "resocialisation",
    "route": "diversion",
    "circumstances": "Rode a bicycle that was not theirs.",
}
ACCEPTED = {"outcome": "accepted", "eligible": "yes", "suitability": "suitable"}
PERSON = {
    "registered_by": "kw-juniper",
    "name": "Fig Applegate",
    "date_of_birth": "2008-01-21",
    "preferred_language": "en",
    "guardian": "Sister Mallow",
}
CONSENT = JUNIPER | {"kind": "given", "recipient": "police", "by_whom": "guardian", "capacity_noted": "no"}
CONTACT = {
    "made_by": "kw-juniper",
    "medium": "in person",
    "outcome": "held",
    "minutes": "45",
    "note": "Counted the instalments that are paid, and looked at the calendar for the month together.",
}
ASSESSMENT = {
    "assessed_by": "kw-juniper",
    "instrument": "example",
    "instrument_version": "2",
    "needs": "work; peers",
    "risk_level": "medium",
    "scores": "work=2; peers=3.5",
}
COLUMNS = {
    "staff": list(STAFF[0]),
    "legal-bases": list(LAWS[0]),
    "referrals": ["referred_by", "programme", "route", "circumstances", "received_on", "received_by"],
    "referral-decisions": ["referral", "outcome", "eligible", "suitability"],
    "people": ["registered_by", "referral", "name", "date_of_birth", "preferred_language", "guardian"],
    "consents": ["kind", "scope", "recipient", "by_whom", "capacity_noted", "valid_until", "staff"],
    "key-workers": ["kind", "key_worker", "handover_note"],
    "milestones": ["kind", "staff", "words"],
    "contacts": ["time", "made_by", "medium", "outcome", "minutes", "note"],
    "assessments": ["assessed_by", "instrument", "instrument_version", "needs", "risk_level", "scores"],
    "plans": [
        *("kind", "staff", "plan", "about", "domain", "priority", "text", "evidence", "due_on"),
        "responsible",
    ],
}
OF_EVERY_ROW = ["row", "case", "happened_on", "entered_on"]


def write_sheets(directory: Path, rows: int) -> None:
    """Write so many rows, a multiple of a hundred, into CSV files: case by case, so not in order of time."""
    directory.mkdir()
    files = {name: (directory / f"{name}.csv").open("w", newline="") for name in COLUMNS}
    try:
        writers = {
            name: csv.DictWriter(file, _header(name), extrasaction="raise") for name, file in files.items()
        }
        for writer in writers.values():
            writer.writeheader()
        writers["staff"].writerows(STAFF)
        writers["legal-bases"].writerows(LAWS)
        for number in range(1, rows // ROWS_A_CASE + 1):
            for sheet, cells in _Case(number).rows():
                writers[sheet].writerow(cells)
    finally:
        for file in files.values():
            file.close()


def _header(sheet: str) -> list[str]:
    if sheet in {"staff", "legal-bases"}:
        return COLUMNS[sheet]
    return [*OF_EVERY_ROW, *COLUMNS[sheet], *([] if sheet == "consents" else GROUNDS)]


class _Case:
    """The hundred rows of one young person."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._begun = FIRST_DAY + timedelta(days=number * 7 % BEGIN_WITHIN)

    def rows(self) -> Iterator[tuple[str, Cells]]:
        """Yield them, each with the name of its sheet."""
        yield from self._arrival()
        yield from self._beginning()
        yield from (("contacts", cells) for cells in self._contacts())
        yield from (("plans", cells) for cells in self._plan())

    def _row(self, row: str, day: int, *said: Cells, **cells: str) -> Cells:
        on = self._day(day)
        begin = {"row": row, "case": f"SC-{self._number:05}", "happened_on": on, "entered_on": on}
        return begin | dict(pair for each in said for pair in each.items()) | cells

    def _day(self, day: int) -> str:
        return (self._begun + timedelta(days=day)).isoformat()

    def _id(self, letter: str, which: int = 0) -> str:
        return f"{letter}-{self._number:05}{which:02}"

    def _arrival(self) -> Iterator[tuple[str, Cells]]:
        received = {"received_on": self._day(1), "received_by": "sv-rowan", "entered_on": self._day(1)}
        yield "referrals", self._row(self._id("R"), 0, REFERRAL, received, GROUNDS)
        yield "referral-decisions", self._row(self._id("D"), 4, ACCEPTED, GROUNDS, referral=self._id("R"))
        yield "people", self._row(self._id("P"), 5, PERSON, referral=self._id("R"))
        for which, scope in enumerate(("report", "progress-report")):
            cells = self._row(self._id("S", which), 6, CONSENT, scope=scope, valid_until=self._day(400))
            yield "consents", cells

    def _beginning(self) -> Iterator[tuple[str, Cells]]:
        yield "key-workers", self._row(self._id("K"), 6, GROUNDS, kind="assigned", key_worker="kw-juniper")
        agreed = {"kind": "boundaries agreed", "words": "We are on time."}
        yield "milestones", self._row(self._id("M", 1), 6, JUNIPER, agreed, GROUNDS)
        told = {"kind": "story told", "words": "It was a long summer."}
        yield "milestones", self._row(self._id("M", 2), 10, JUNIPER, told)
        yield "milestones", self._row(self._id("M", 3), 12, JUNIPER, kind="story confirmed")
        yield "assessments", self._row(self._id("A"), 11, ASSESSMENT)

    def _contacts(self) -> Iterator[Cells]:
        for which in range(CONTACTS):
            yield self._row(self._id("C", which), 7 + 4 * which, CONTACT, time=f"{9 + which % 8:02}:30")

    def _plan(self) -> Iterator[Cells]:
        line = JUNIPER | {"plan": self._id("L")}
        yield self._row(self._id("L"), 13, JUNIPER, kind="draft")
        need = {"kind": "need", "domain": "work", "priority": "key", "evidence": self._id("M", 2)}
        yield self._row(self._id("L", 1), 13, line, need, text="Would like to have paid work.")
        goal = {"kind": "goal", "about": self._id("L", 1), "due_on": self._day(100)}
        yield self._row(self._id("L", 2), 13, line, goal, text="A place as an apprentice.")
        step = {"kind": "step", "about": self._id("L", 2), "responsible": "participant"}
        yield self._row(self._id("L", 3), 13, line, step, text="Ask at the carpenter's.")
        yield self._row(self._id("L", 4), 14, line, kind="proposed")
        yield self._row(self._id("L", 5), 15, line, kind="agreed", text="That is what I want.")
        yield self._row(self._id("L", 6), 16, line, kind="started", due_on=self._day(60))
