"""A question about some rows of a read model: what it names narrows it, and nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

from pydantic import field_validator

from scp_events.vocabulary import Word


class Narrowed(Word):
    """What a question is about. What is None or false is not asked about; an empty text names nothing."""

    @field_validator("*")
    @classmethod
    def _names_something(cls, value: object) -> object:
        if value == "":  # as a variable that nobody set: taken for no bound, it would show everything
            raise ValueError("is empty: leave it out, or name something")
        return value

    def where(self, conditions: Mapping[str, LiteralString]) -> tuple[LiteralString, dict[str, Any]]:
        """Return the conditions on what is asked about, their values, and no others: so an index is used."""
        values = {name: value for name, value in self if value is not None and value is not False}
        return " AND ".join(conditions[name] for name in values) or "true", values
