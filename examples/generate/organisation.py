"""What there is beside the cases: agencies and their agreements, programmes, practitioners."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from examples.generate.book import Book, Row
from examples.generate.grounds import grounds
from examples.generate.people import (
    JUVENILE_COURT,
    KEY_WORKERS,
    MINISTRY,
    NGO,
    POLICE,
    STAFF,
    SUPERVISOR,
    WORKSHOP,
)
from scp_events.commands import shipped

FOUNDED = date(2023, 10, 2)
BOATYARD: Mapping[str, Any] = {
    "template_version": "2025.1",
    "title": "Boats and trades",
    "variants": [
        {
            "code": "crew",
            "of_age": "anybody",
            "session_count": 10,
            "session_minutes": 90,
            "total_minutes": 900,
        }
    ],
    "modules": [
        {"code": "ropes", "title": "Ropes and knots"},
        {"code": "hull", "title": "Mending a hull"},
        {"code": "trade", "title": "Finding a trade"},
    ],
    "venue_kinds": ["workshop", "harbour"],
    "evidence_base": ["None yet: made for this harbour, and looked at each year"],
}
"""The bespoke programme: nothing like it is shipped."""


def organisation(book: Book) -> None:
    """Write the sheets of what belongs to no case, but for sessions and mentors."""
    _agencies(book)
    _agreements(book)
    _programmes(book)
    for number, worker in enumerate(KEY_WORKERS):
        _practitioner(book, worker, FOUNDED + timedelta(days=14 * number), number)


# --- agencies and agreements ------------------------------------------------------------------------------


def _agencies(book: Book) -> None:
    by: Row = {"staff": SUPERVISOR}
    for code, title, kind, services in (
        (NGO, "Harbour Lights", "non-profit", ("housing", "debt-advice", "mentoring")),
        (JUVENILE_COURT, "Lantern Bay Juvenile Court", "court", ()),
        (POLICE, "Lantern Bay Police", "police", ()),
        (MINISTRY, "Ministry of Second Starts", "ministry", ("schooling",)),
        (WORKSHOP, "Driftwood Workshop", "private-company", ("placements",)),
    ):
        book.add(
            "organisations",
            code,
            FOUNDED,
            **by,
            event="registered",
            title=title,
            kind=kind,
            services=services or None,
        )
    for person, role, organisation_code, _ in STAFF:
        book.add(
            "organisations", organisation_code, FOUNDED, **by, event="member-joined", person=person, role=role
        )
    book.add(
        "organisations",
        NGO,
        date(2024, 9, 2),
        **by,
        event="services-changed",
        services=("housing", "debt-advice", "mentoring", "job-club"),
    )
    leaver: Row = {"person": "kw-larkspur", "role": "key-worker"}
    book.add("organisations", NGO, date(2023, 11, 6), **by, event="member-joined", **leaver)
    book.add("organisations", NGO, date(2024, 2, 1), **by, event="member-left", **leaver)
    book.add(
        "organisations",
        WORKSHOP,
        date(2026, 3, 31),
        **by,
        event="closed",
        organisation_reason_code="gone-out-of-business",
    )


def _agreements(book: Book) -> None:
    by: Row = {"staff": SUPERVISOR}
    signed = FOUNDED + timedelta(days=7)
    for name, party in (("with-court", JUVENILE_COURT), ("with-police", POLICE), ("with-ministry", MINISTRY)):
        terms: Row = {
            "parties": (NGO, party),
            "scopes": ("referral", "support"),
            "purposes": ("rehabilitation",),
        }
        book.add("agreements", name, signed, **by, event="signed", **terms, valid_from=signed)
        if party == MINISTRY:
            wider: Row = terms | {"scopes": ("referral", "support", "progress-report")}
            later = date(2025, 1, 6)
            book.add("agreements", name, later, **by, event="amended", **wider, valid_from=later)
    _workshop(book, signed)
    money: Row = {"currency": "XCD", "available_from": date(2024, 1, 1)}
    book.add(
        "agreements",
        "with-ministry",
        date(2023, 12, 4),
        **by,
        **money,
        event="contribution-recorded",
        contributor=MINISTRY,
        kind="funding",
        amount="48000.00",
    )
    book.add(
        "agreements",
        "with-court",
        date(2023, 12, 4),
        **by,
        **money,
        event="funding-source-recorded",
        source="lantern-bay-lottery",
        amount="12500.50",
    )


def _workshop(book: Book, signed: date) -> None:
    """An agreement that rested, went on and was ended."""
    by: Row = {"staff": SUPERVISOR}
    terms: Row = {"parties": (NGO, WORKSHOP), "scopes": ("support",), "purposes": ("placements",)}
    book.add("agreements", "with-workshop", signed, **by, event="signed", **terms, valid_from=signed)
    book.add(
        "agreements",
        "with-workshop",
        date(2025, 2, 3),
        **by,
        event="suspended",
        agreement_reason_code="no-insurance",
    )
    book.add("agreements", "with-workshop", date(2025, 3, 3), **by, event="resumed")
    book.add(
        "agreements",
        "with-workshop",
        date(2026, 2, 2),
        **by,
        event="ended",
        last_day=date(2026, 3, 31),
        agreement_reason_code="workshop-closes",
    )


# --- programmes -------------------------------------------------------------------------------------------


def _programmes(book: Book) -> None:
    defined = FOUNDED + timedelta(days=14)
    templates = {name: json.loads(shipped.text(name))["command"] for name in shipped.names()}
    for name, template in (templates | {"boatyard": BOATYARD}).items():
        book.add("programmes", name, defined, staff=SUPERVISOR, event="defined", **_template(template))
    [variant] = BOATYARD["variants"]
    longer = {**BOATYARD, "template_version": "2025.2"}
    longer["variants"] = [variant | {"session_count": 12, "total_minutes": 1080}]
    revised = date(2025, 1, 13)
    book.add("programmes", "boatyard", revised, staff=SUPERVISOR, event="revised", **_template(longer))
    book.add(
        "programmes",
        "boatyard",
        date(2026, 5, 4),
        staff=SUPERVISOR,
        event="retired",
        programme_reason_code="no-workshop",
    )


def _template(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a programme as cells: a line in the cell for each variant and each module."""
    audience = said.get("audience", {})
    return {
        "template_version": said["template_version"],
        "title": said["title"],
        "variants": _lines(said["variants"]),
        "modules": _lines(said["modules"]),
        "audience_female_only": "yes" if audience.get("female_only") else None,
        "audience_offence_severities": audience.get("offence_severities"),
        "venue_kinds": said.get("venue_kinds"),
        "evidence_base": said["evidence_base"],
    }


def _lines(items: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join("; ".join(f"{name}={_part(said)}" for name, said in item.items()) for item in items)


def _part(said: Any) -> str:  # noqa: ANN401 - of JSON
    return ",".join(said) if isinstance(said, list) else str(said)


# --- practitioners ----------------------------------------------------------------------------------------

MODULES = ("case-management", "ethics", "relapse-prevention")
CREDENTIAL = "needs-assessment"


def _practitioner(book: Book, worker: str, start: date, number: int) -> None:
    """Somebody studies, practises, is examined and certified; what else may happen, happens to one each."""
    of: Row = {"credential": CREDENTIAL}
    by: Row = {"staff": SUPERVISOR}

    def add(days: int, event: str, **cells: Any) -> str:  # noqa: ANN401 - cells of a row
        return book.add("practitioners", worker, start + timedelta(days=days), event=event, **of, **cells)

    add(
        0,
        "candidate-registered",
        **by,
        provider="example-college",
        requires_modules=MODULES,
        requires_practice_minutes=2400,
    )
    for place, module in enumerate(MODULES):
        add(10 + 7 * place, "module-completed", staff=worker, module=module)
    for hours in (20, 22):
        practice = add(
            hours + 10,
            "practice-logged",
            staff=worker,
            minutes=60 * hours,
            placement="internship",
            host=NGO,
        )
        add(hours + 16, "practice-verified", **by, practice=practice)
    if number == 1:
        failed = add(42, "exam-sat", **by, **_areas(community="no"))
        add(43, "exam-failed", **grounds(SUPERVISOR, "exam", "One area was not enough."), exam=failed)
    exam = add(50, "exam-sat", **by, **_areas())
    add(51, "exam-passed", **grounds(SUPERVISOR, "exam", "All three areas were passed."), exam=exam)
    _certified(add, start, number)


def _certified(add: Any, start: date, number: int) -> None:  # noqa: ANN401 - a function of `_practitioner`
    awarded = start + timedelta(days=55)
    until = awarded + timedelta(days=730)
    complete = grounds(SUPERVISOR, "complete", "Modules, practice and exam are complete.")
    add(55, "credential-awarded", **complete, valid_from=awarded, valid_until=until)
    if number == 2:  # noqa: PLR2004 - one of them
        doubt = grounds(SUPERVISOR, "complaint", "A complaint is looked into.")
        add(400, "credential-suspended", **doubt)
        add(430, "credential-reinstated", **grounds(SUPERVISOR, "complaint", "It was unfounded."))
    if number == 5:  # noqa: PLR2004 - another
        add(700, "credential-revoked", **grounds(SUPERVISOR, "left", "Left the profession."))
    else:
        longer = grounds(SUPERVISOR, "renewal", "Has kept up with the field.")
        add(720, "credential-renewed", **longer, valid_from=until, valid_until=until + timedelta(days=730))


def _areas(community: str = "yes") -> dict[str, str]:
    return {
        "areas_programme_development": "yes",
        "areas_client_interaction": "yes",
        "areas_community_collaboration": community,
    }
