"""Every command as a request: what it is called, who may send it, how it is said, and what it is about.

Doors take commands in many ways and understand them in this one. It follows `aggregates.ALL`, so a new
command is there at every door once its aggregate has it.
"""

from scp_events.commands.bodies import DAY, INSTANT, Body, body_of
from scp_events.commands.reading import Mistake, MistakenError, NotJsonError, Said, read
from scp_events.commands.registry import (
    NAME_READERS,
    OFFERS,
    By,
    Offer,
    UnknownCommandError,
    name_of_one,
    offer_named,
)
from scp_events.commands.requests import Address, NothingThereError, request_for
from scp_events.commands.wording import in_words_of

__all__ = [
    "DAY",
    "INSTANT",
    "NAME_READERS",
    "OFFERS",
    "Address",
    "Body",
    "By",
    "Mistake",
    "MistakenError",
    "NotJsonError",
    "NothingThereError",
    "Offer",
    "Said",
    "UnknownCommandError",
    "body_of",
    "in_words_of",
    "name_of_one",
    "offer_named",
    "read",
    "request_for",
]
