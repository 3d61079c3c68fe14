"""A question is narrowed by what it names, and by nothing else."""

from __future__ import annotations

from typing import LiteralString

import pytest
from pydantic import ValidationError

from scp_events.projections import decisions, referrals
from scp_events.projections.narrowing import Narrowed

pytestmark = pytest.mark.once  # pure words

CONDITIONS: dict[str, LiteralString] = {
    "by": "decided_by = %(by)s",
    "late": "is_late",
    "most": "n <= %(most)s",
}


class Wanted(Narrowed):
    by: str | None = None
    late: bool = False
    most: int | None = None


def test_what_is_named_is_asked_about_and_nothing_else() -> None:
    assert Wanted().where(CONDITIONS) == ("true", {})
    assert Wanted(by="kw-juniper", late=False).where(CONDITIONS) == (
        "decided_by = %(by)s",
        {"by": "kw-juniper"},
    )
    assert Wanted(late=True, most=0).where(CONDITIONS) == (
        "is_late AND n <= %(most)s",
        {"late": True, "most": 0},
    )


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        *((decisions.Wanted, name) for name in ("by", "organisation", "reason", "law")),
        (referrals.Wanted, "agency"),
    ],
)
def test_an_empty_text_is_refused_and_not_taken_for_no_bound(wanted: type[Narrowed], name: str) -> None:
    with pytest.raises(ValidationError, match="is empty"):
        wanted(**{name: ""})
