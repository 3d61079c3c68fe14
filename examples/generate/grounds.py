"""Why something was decided: who answers for it, on what law, what was considered, what the person said."""

from __future__ import annotations

from collections.abc import Sequence

from examples.generate.book import Row

RULES, COURT, CONSENT, DIVERSION = "programme-rules", "court-order", "consent", "diversion"
"""Codes of `legal-bases`."""
LEGAL_BASES = (
    (DIVERSION, "diversion-order", "Example Child Justice Act", "s. 12", "2015-01-01"),
    (COURT, "court-order", "Example Child Justice Act", "s. 31(2)", "2015-01-01"),
    (CONSENT, "consent", "Example Child Justice Act", "s. 9", "2015-01-01"),
    (RULES, "statute", "Example Programme Rules", "r. 4", "2020-01-01"),
)
VIEWS = (
    "I want to try this.",
    "I would rather start after the holidays.",
    "My aunt says it helped her neighbour.",
    "If it keeps me out of court, yes.",
    "I do not mind, as long as somebody listens.",
    "I am not sure, but I will come.",
)


def grounds(  # noqa: PLR0913 - each says one thing of a decision, by name
    by: str,
    code: str,
    reason: str,
    *,
    law: str = RULES,
    views: str | None = None,
    options: Sequence[str] = ("do-it", "no-action"),
    relied_on: Sequence[str] = (),
) -> Row:
    """Return the cells of a decision."""
    return {
        "decided_by": by,
        "reason_code": code,
        "reason": reason,
        "legal_basis": law,
        "options": tuple(options),
        "views": views,
        "no_views_because": None if views else "It concerns nobody who could be asked.",
        "relied_on": tuple(relied_on) or None,
    }
