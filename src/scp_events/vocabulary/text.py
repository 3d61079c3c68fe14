"""Values and text: what may be stored at all."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints


class Word(BaseModel):
    """A value that never changes once said, and refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


WordT = TypeVar("WordT", bound=Word)


def part_of(said: Word, part: type[WordT]) -> WordT:
    """Return what a command or an event says of one thing, whose fields it has among its own."""
    return part(**{name: getattr(said, name) for name in part.model_fields})


# PostgreSQL's text type cannot hold NUL, so no word of ours may:
# read models would fail where the log did not.
_NO_NUL = r"^[^\x00]*$"
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=_NO_NUL)
]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_NUL)
]
CODE = r"^[a-z0-9][a-z0-9-]{0,62}$"
Code = Annotated[str, StringConstraints(pattern=CODE)]
"""A short stored word such as `court-order`: lower case, digits and hyphens."""
CASE_REFERENCE = r"^[A-Z][A-Z0-9]{0,7}(-[A-Z0-9]{1,12}){1,4}$"
CaseReference = Annotated[str, StringConstraints(pattern=CASE_REFERENCE)]
"""What people call a case, such as `SC-2025-014`. It must not disclose anything by itself."""
PolicyVersion = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
"""What people call a version, such as `2025.1` or `minors-30h`."""
NumberedVersion = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}\.[0-9]{1,3}$")]
"""A version that is older or newer than another, such as `2025.1`."""
