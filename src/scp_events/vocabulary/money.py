"""Money: exact amounts, each beside its currency. Nothing is converted, and nothing is rounded."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)]
"""So much, in the currency that is said beside it."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""By its code in ISO 4217, such as `XCD`."""
