"""Where things are: the address of every command and of everything that can be looked at.

What a case has one of is found by the case, `/cases/SC-2025-014/engagement`; what it may have many of has an
id of its own, `/irps/{irp_id}`; what belongs to no case has a name, `/programmes/{programme}`. A command is
posted to the thing it is about, with its name behind; one that begins one of many, to the collection in the
case.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from scp_events.commands import OFFERS, Offer
from scp_events.vocabulary import AnyAggregate, Scope

CASE = "/cases/{case_reference}"


def item_of(aggregate: AnyAggregate) -> str:
    """Return the address of one thing."""
    if aggregate.SCOPE is Scope.ONE_PER_CASE:
        return f"{CASE}/{aggregate.COLLECTION}"
    return f"/{aggregate.COLLECTION}/{{{id_name(aggregate)}}}"


def id_name(aggregate: AnyAggregate) -> str:
    """Return what the ids, or the names, of many things are called."""
    return aggregate.CATEGORY if aggregate.SCOPE is Scope.NO_CASE else f"{aggregate.CATEGORY}_id"


def path_of(offer: Offer) -> str:
    """Return the address a command is posted to."""
    if offer.begins and offer.aggregate.SCOPE is Scope.MANY_PER_CASE:
        return f"{CASE}/{offer.aggregate.COLLECTION}"
    return f"{item_of(offer.aggregate)}/{offer.name}"


def sent_to(offer: Offer) -> str:
    """Return how a refusal names a command to whoever speaks HTTP."""
    if offer.is_for_every_fact:
        return f"POST .../{offer.name}"
    return f"POST {path_of(offer)}"


class Addressed(NamedTuple):
    """A command that was found by its address, and the one name in it."""

    offer: Offer
    name: str
    """A case reference, a name or an id."""


def find(path: str) -> Addressed | None:
    """Return the command of an address. In every one of them the second step is a name."""
    steps = path.split("/")
    offer = _OFFERS.get((steps[1], *steps[3:])) if len(steps) > _SHORTEST else None
    return Addressed(offer, steps[2]) if offer is not None and steps[2] else None


def _shape(path: str) -> tuple[str, ...]:
    _, collection, _, *rest = path.split("/")
    return (collection, *rest)


_OFFERS = {_shape(path_of(offer)): offer for offer in OFFERS}
_SHORTEST = 3


def location(aggregate: AnyAggregate, name: str, stream_id: UUID) -> str:
    """Return where something is that a command has begun; `name` is the one in the command's address."""
    own = name if aggregate.SCOPE is Scope.NO_CASE else stream_id
    return item_of(aggregate).format(**{"case_reference": name, id_name(aggregate): own})
