"""Money: exact amounts, each beside its currency. Nothing is converted, and nothing is rounded."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import CoreSchema


class _AsText:
    """Describes an amount as a text in JSON, also where it is personal: a number would be a binary one."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - as pydantic declares it
        schema: Any = handler(source)
        return {**schema, "metadata": {"pydantic_js_functions": [_described]}}


def _described(_schema: object, _handler: object) -> dict[str, object]:
    return {"type": "string", "pattern": r"^[0-9]{1,10}(\.[0-9]{1,4})?$"}


Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4), _AsText()]
"""So much, in the currency that is said beside it."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""By its code in ISO 4217, such as `XCD`."""
