"""Reading the body of a command strictly, with the place of each mistake and never the value.

A day is not a number, `"yes"` is not `true`, and an unknown name is not passed over. Mistakes travel further
than answers do, and a body may be about a young person: so what was written there is never repeated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from scp_events.commands.bodies import DAY, INSTANT, Body, body_of, plain
from scp_events.commands.registry import OFFERS, Offer
from scp_events.vocabulary import Command, Erased, Refused

Place = tuple[str | int, ...]

FIRST_YEAR, LAST_YEAR = 1800, 2300
"""Days outside are mistakes, and some are beyond what databases and calendars can hold."""
LARGEST_NUMBER = 2**63 - 1
LARGEST_EXPONENT = 30


class Said(NamedTuple):
    """A command as somebody said it, and when it happened; None is now."""

    command: Command
    occurred_at: datetime | date | None


class Mistake(NamedTuple):
    """One place in what was sent that is not as it must be. It never repeats what was there."""

    place: tuple[str, ...]
    detail: str

    def __str__(self) -> str:
        """Return it in a line."""
        return f"{'.'.join(self.place) or 'at the top'}: {self.detail}"


class NotJsonError(Exception):
    """What was sent is no JSON."""


class MistakenError(Exception):
    """What was sent is not as it must be."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = mistakes


def read(offer: Offer, raw: bytes) -> Said:
    """Return what a body says.

    Raises `NotJsonError`, `MistakenError`, or `Refused` for what is beyond what can be recorded.
    """
    try:
        text = raw.decode()
        written = _JSON.decode(text)
    except _TwiceError as twice:
        _validated(offer, text)  # what else is wrong is told first: then every name is one of ours
        raise MistakenError((Mistake((twice.name,), "is there twice: say it once"),)) from None
    except (ValueError, RecursionError):
        raise NotJsonError from None
    said = _validated(offer, json.dumps(written) if _FRACTION.search(text) else text)
    _must_be_as_written(said, written)
    return Said(plain(said.command), getattr(said, "occurred_at", None))


def _validated(offer: Offer, text: str) -> Body:
    try:
        return body_of(offer).model_validate_json(text, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        raise NotJsonError
    raise MistakenError(tuple(map(_as_sent, map(mistake, found))))


class _TwiceError(Exception):
    """A name is twice in one object: readers take one or the other, so nobody knows what was meant."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(max(names, key=names.count))
    return said


def _number(written: str) -> float | int:
    """Read a number. In JSON `40.0` is an integer; Python would read it as another kind of number."""
    number = float(written)
    return int(number) if number.is_integer() else number


def _no_number(written: str) -> float:
    raise ValueError(f"{written} is not JSON")


_JSON = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_no_number)
_DIGITS = re.compile(r"-?[0-9]+(\.[0-9]+)?")
"""A decimal in quotes, so that none of its digits is lost; Python would read those of any script."""
_FRACTION = re.compile(r"[0-9][.eE]")
"""Where a number may be written in a way that pydantic reads as no integer."""


def mistake(found: Mapping[str, Any]) -> Mistake:
    """Say where a mistake is and of which kind. An unknown name is the sender's own word: left out."""
    place = tuple(str(step) for step in found["loc"])
    match found["type"]:
        case "extra_forbidden" if place == ("occurred_at",):
            return Mistake(place, "an act takes the time of the log's clock: leave this out")
        case "extra_forbidden":
            return Mistake(place[:-1], "a name here is not known")
        case "union_tag_invalid":
            return Mistake((*place, "command"), f"name one of {found['ctx']['expected_tags']}")
        case kind if "parsing" in kind or "unicode" in kind:
            return Mistake(place, f"cannot be read ({kind})")
    return Mistake(place, str(found["msg"]).removeprefix("Value error, "))


def _as_sent(found: Mistake) -> Mistake:
    """Leave out the name of the command by which pydantic chose among what a correction may say."""
    place = found.place
    if place[:2] == ("command", "instead") and not _NAMES.isdisjoint(place[2:3]):
        return found._replace(place=(*place[:2], *place[3:]))
    return found


_NAMES = {offer.name for offer in OFFERS}


# --- what the classes cannot say --------------------------------------------------------------------------


def _must_be_as_written(said: BaseModel, written: Any) -> None:  # noqa: ANN401 - any JSON value
    """Refuse numbers in quotes taken for the seconds since 1970, and what cannot be recorded."""
    values = list(_values(said, written, ()))
    misread = [
        Mistake(tuple(map(str, place)), f"cannot be read ({kind})")
        for place, value, there in values
        if (kind := _misread(value, there))
    ]
    if misread:
        raise MistakenError(tuple(misread))
    for _, value, _ in values:
        _must_be_within_reach(value)


def _values(said: object, written: Any, place: Place) -> Iterator[tuple[Place, object, Any]]:  # noqa: ANN401 - as above
    """Yield every day, instant and number that was said: where it is, and how it was written."""
    match said:
        case BaseModel():
            for name in _looked_into(type(said)):
                if name in written:
                    yield from _values(getattr(said, name), written[name], (*place, name))
        case tuple():
            for number, (value, each) in enumerate(zip(said, written, strict=True)):
                yield from _values(value, each, (*place, number))
        case date() | int() | Decimal():
            yield place, said, written


@cache
def _looked_into(said: type[BaseModel]) -> tuple[str, ...]:
    """Return the fields that can hold a day, an instant or a number, at whatever depth."""
    return tuple(name for name, info in said.model_fields.items() if _can_hold_one(info.annotation))


def _can_hold_one(annotation: Any) -> bool:  # noqa: ANN401 - whatever an annotation may be
    annotation = getattr(annotation, "__supertype__", annotation)  # what a NewType is of
    if isinstance(annotation, type):
        if issubclass(annotation, BaseModel):
            return annotation is not Erased and bool(_looked_into(annotation))
        return issubclass(annotation, date | int | Decimal)
    return any(map(_can_hold_one, get_args(annotation)))


def _misread(value: object, written: Any) -> str | None:  # noqa: ANN401 - as above
    """Return of which kind a mistake is that the classes let pass; None where there is none."""
    match value:
        case datetime():
            return None if INSTANT.fullmatch(written) else "date_parsing"
        case date():
            return None if DAY.fullmatch(written) else "date_parsing"
        case Decimal() if isinstance(written, str):
            return None if _DIGITS.fullmatch(written) else "decimal_parsing"
    return None


def _must_be_within_reach(value: object) -> None:
    if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise Refused(
            "days-within-reach",
            f"a day in the year {value.year} is beyond what can be recorded: correct the year",
        )
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        raise Refused("numbers-within-reach", "a number is larger than can be recorded: correct it")
    if isinstance(value, Decimal) and not abs(value.adjusted()) <= LARGEST_EXPONENT:
        raise Refused("numbers-within-reach", "a number is larger or finer than can be recorded: correct it")
