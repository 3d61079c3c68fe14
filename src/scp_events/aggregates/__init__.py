"""The decisions: one module an aggregate, each pure rules that turn commands into events."""

from typing import Any
from uuid import UUID

from scp_events.aggregates import irp, participant, referral
from scp_events.vocabulary import Aggregate

ALL: tuple[Aggregate[Any, Any, Any, Any], ...] = (referral, participant, irp)
"""Every aggregate, in the order in which a young person meets them."""

BY_CATEGORY = {aggregate.stream(UUID(int=0)).category: aggregate for aggregate in ALL}
