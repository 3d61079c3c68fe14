"""What an event says happened, as people read it: its title with the outcome filled in."""

from __future__ import annotations

import re
from enum import Enum
from functools import reduce

from scp_events.vocabulary.corrections import Correction
from scp_events.vocabulary.messages import Event

_FIELD = re.compile(r"\{([a-z_.]+)\}")


def title_of(event: Event) -> str:
    """Return the title of an event, such as "Contact: held, phone". It uses nothing personal."""
    said = event.fact if isinstance(event, Correction) else event
    return _FIELD.sub(lambda field: _word(reduce(getattr, field[1].split("."), said)), event.TITLE)


def _word(value: object) -> str:
    match value:
        case Enum():
            return str(value.value)
        case bool():
            return "yes" if value else "no"
    return str(value)


def fields_in(title: str) -> list[str]:
    """Return the dotted fields a title uses."""
    return _FIELD.findall(title)
