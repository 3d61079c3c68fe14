"""How an organisation writes its case references: templates, and one reference here for each of theirs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scp_events.importing.case_form import AS_HERE, CaseForm, TemplateError, template_of
from scp_events.vocabulary import CASE_REFERENCE

RIVERSIDE = CaseForm(("9999/999", "9999/9"), "RY")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("2025/014", "RY-2025-014"),
        ("2025/7", "RY-2025-7"),
        ("RY-2025-014", "RY-2025-014"),
        ("2025-014", None),
        ("2025/14", None),
        ("2025/0145", None),
        (" 2025/014", None),
        ("SC-2025-014", None),
        ("", None),
    ],
)
def test_a_reference_in_one_of_the_forms_has_one_here(theirs: str, ours: str | None) -> None:
    assert RIVERSIDE.ours(theirs) == ours


def test_without_a_form_references_are_written_as_they_are_here() -> None:
    assert AS_HERE.ours("SC-2025-014") == "SC-2025-014"
    assert AS_HERE.ours("2025/014") is None


def test_a_letter_of_a_template_is_that_letter_in_either_case_and_a_capital_a_is_any() -> None:
    form = CaseForm(("jh-A99", "ka-999"))
    assert form.ours("JH-b12") == "JH-B12"
    assert form.ours("KA-123") == "KA-123"
    assert form.ours("KB-123") is None


@pytest.mark.parametrize(
    ("written", "prefix", "why"),
    [
        (("9999/999",), "", "give a `prefix` of letters"),
        (("AAAA",), "RY", "has no 9"),
        (("99/99", "99-99"), "RY", "would be the same reference here"),
        (("9999/999", "ry-9999-999"), "RY", "is how another form is written here"),
        (("AA/99", "sc-99"), "", "would be the same reference here"),
        (("9" * 65,), "RY", "1 to 64"),
        (("٩٩٩",), "RY", "plain letters, digits and signs"),
        (("999",), "ry", "prefix"),
        (("999",), "R/Y", "prefix"),
    ],
)
def test_a_form_that_leads_nowhere_or_two_that_lead_to_one_are_refused(
    written: tuple[str, ...], prefix: str, why: str
) -> None:
    with pytest.raises(TemplateError, match=re.escape(why)):
        CaseForm(written, prefix)


REFERENCES = st.from_regex(r"[A-Za-z0-9]{1,4}([/.\- ][A-Za-z0-9]{1,4}){0,2}", fullmatch=True)


@given(st.lists(REFERENCES, min_size=2, max_size=6))
def test_two_references_are_never_one_here(references: list[str]) -> None:
    written = tuple(
        dict.fromkeys(template_of(each) for each in references if any(c in "0123456789" for c in each))
    )
    try:
        form = CaseForm(written[:4], "RY")
    except TemplateError:
        return
    if not written:
        return
    ours = {each.upper(): form.ours(each) for each in references}
    known = [each for each in ours.values() if each]
    assert len(set(known)) == len(known)
    assert all(re.fullmatch(CASE_REFERENCE, each) for each in known)


def test_no_text_makes_a_form_slow() -> None:
    form = CaseForm(("9" * 12 + "-9" * 3,), "RY")
    assert form.ours("9" * 1_000_000) is None
