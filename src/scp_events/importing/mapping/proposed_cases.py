"""How an organisation seems to write the references of cases."""

from __future__ import annotations

from collections.abc import Sequence

from scp_events.importing.case_form import AS_HERE, CaseForm, TemplateError, as_here
from scp_events.importing.mapping.content import templates
from scp_events.importing.mapping.document import OPEN
from scp_events.importing.mapping.draft import Draft, Said
from scp_events.importing.mapping.synonyms import plain

_MOST_TEMPLATES = 4


def propose_cases(draft: Draft, references: Sequence[str]) -> None:
    """Propose how references are written, where they are not written as ours are."""
    theirs = next((reference for reference in references if not AS_HERE.ours(reference)), None)
    if theirs is None:
        return
    draft.written = tuple(templates(references)[:_MOST_TEMPLATES])
    try:
        CaseForm(draft.written)
    except TemplateError:
        initials = "".join(word[0] for word in plain(draft.organisation).split()).upper()
        prefix = initials if initials.isalpha() and len(initials) > 1 else draft.organisation[:2].upper()
        here = as_here(draft.written, prefix)
        draft.written = tuple(template for template in draft.written if template.upper() not in here)
        draft.prefix = Said(prefix, f"stands in front here: {theirs} is {_shown(draft, prefix, theirs)}")


def _shown(draft: Draft, prefix: str, reference: str) -> str:
    try:
        return CaseForm(draft.written, prefix).ours(reference) or OPEN
    except TemplateError:
        return OPEN
