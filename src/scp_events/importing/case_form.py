"""How an organisation writes its case references, and how they are written here.

A reference here has one form: it must fit an address, a file name and a command line, and it begins with
letters, so that no date or number of a person passes for one. An organisation that writes `2025/014` says so
with a template, `9999/999`, and a prefix, `RS`; its case is `RS-2025-014` here.

A template is no regular expression: `9` is a digit, `A` a letter, and everything else stands for itself, a
letter in either case (so `a` is the letter A). It can be read by anybody, and no text makes it slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from scp_events.vocabulary import CASE_REFERENCE

_OURS = re.compile(CASE_REFERENCE)
_LONGEST = 64
_ONE = {"9": "[0-9]", "A": "[A-Za-z]"}


class TemplateError(ValueError):
    """A template that cannot be used, and what to do about it. Its text is a person's own, never a case's."""


@dataclass(frozen=True)
class CaseForm:
    """Turns references as an organisation writes them into references as they are here."""

    written: tuple[str, ...] = ()
    """Templates. None: references are written as they are here."""
    prefix: str = ""
    """What stands in front here, so that a reference of digits begins with letters."""

    def __post_init__(self) -> None:
        """Refuse templates that lead nowhere, or two of which lead to one reference."""
        for template in self.written:
            self._must_be_usable(template)
        for one, other in combinations(self.written, 2):
            if _lengths(one) == _lengths(other) and _between(one) != _between(other):
                raise TemplateError(f"{one} and {other} would be the same reference here: keep one of them")
        for template in self.written:
            if template.upper() in as_here(self.written, self.prefix):
                raise TemplateError(f"{template} is how another form is written here: leave it out")

    def ours(self, theirs: str) -> str | None:
        """Return the reference as it is here, or None where it is not written in one of these forms.

        One that is written as it is here is taken as it stands.
        """
        if not self.written:
            return theirs if _OURS.fullmatch(theirs) else None
        if any(form.fullmatch(theirs) for form in self._theirs):
            return self._joined(theirs)
        return theirs.upper() if any(form.fullmatch(theirs) for form in self._here) else None

    @property
    def example(self) -> str:
        """What to write, for a message."""
        if not self.written:
            return "SC-2025-014"
        return f"{' or '.join(self.written)}, where 9 is a digit and A a letter"

    @cached_property
    def _theirs(self) -> tuple[re.Pattern[str], ...]:
        return tuple(_compiled(template) for template in self.written)

    @cached_property
    def _here(self) -> tuple[re.Pattern[str], ...]:
        front = re.escape(f"{self.prefix}-") if self.prefix else ""
        bodies = (_compiled("-".join(_parts(template))).pattern for template in self.written)
        return tuple(re.compile(front + body) for body in bodies)

    def _joined(self, text: str) -> str:
        return _joined(self.prefix, text)

    def _must_be_usable(self, template: str) -> None:
        if not template.isascii() or not 0 < len(template) <= _LONGEST:
            raise TemplateError(f"a template has 1 to {_LONGEST} plain letters, digits and signs")
        if "9" not in template:
            raise TemplateError(f"{template} has no 9: a reference has a digit, or it could be a name")
        if not _OURS.fullmatch(self._joined(template)):
            raise TemplateError(
                f"{template} would be {self._joined(template)} here, and no reference such as SC-2025-014:"
                " give a `prefix` of letters"
            )


AS_HERE = CaseForm()
"""References are written as they are here, such as SC-2025-014."""


def as_here(written: Iterable[str], prefix: str) -> set[str]:
    """Return what templates become here. Read by one of its own, such a reference would be another case."""
    return {_joined(prefix, template) for template in written} if prefix else set()


def _joined(prefix: str, text: str) -> str:
    return "-".join(([prefix] if prefix else []) + _parts(text.upper()))


def template_of(reference: str) -> str:
    """Return the template that a reference is written in: `2025/014` is `9999/999`."""
    return re.sub("[0-9]", "9", re.sub("[A-Za-z]", "A", reference))


def _compiled(template: str) -> re.Pattern[str]:
    """Return a pattern of single characters, so that matching is as long as the text and no longer."""
    return re.compile("".join(_ONE.get(sign) or _exactly(sign) for sign in template))


def _exactly(sign: str) -> str:
    return f"[{sign.upper()}{sign.lower()}]" if sign.isalpha() else re.escape(sign)


def _parts(text: str) -> list[str]:
    return re.findall("[A-Za-z0-9]+", text)


def _lengths(text: str) -> list[int]:
    return [len(part) for part in _parts(text)]


def _between(text: str) -> list[str]:
    return re.split("[A-Za-z0-9]+", text)
