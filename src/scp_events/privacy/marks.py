"""Where in an event something tells of a person, found once in its class and then read quickly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from scp_events.vocabulary import Event, FieldGroup, Personal

EACH = "*"
"""Stands in a path for every member of a list."""
Path = tuple[str, ...]
Excluding = dict[str, "bool | Excluding"]
"""What pydantic leaves out when it writes a model: a tree of names."""


@dataclass(frozen=True)
class Mark:
    """A personal field: the way to it from the event, and whose key encrypts it."""

    path: Path
    personal: Personal

    def values(self, said: BaseModel) -> Iterator[tuple[str, object]]:
        """Yield every value there is under this mark, by its dotted place; what is None is not there."""
        yield from _walk(said, self.path, ())


@dataclass(frozen=True)
class Share:
    """What one person's key of one group encrypts in an event of this class."""

    group: FieldGroup
    of: str | None
    marks: tuple[Mark, ...]
    quick: tuple[tuple[str, attrgetter[Any]], ...] | None
    """The marks that are simply there, by place; None where some are in a list or may be missing."""

    def values(self, event: Event) -> dict[str, object]:
        """Return every value of this share, by its dotted place."""
        if self.quick is not None:
            return {place: said for place, get in self.quick if (said := get(event)) is not None}
        return {place: said for mark in self.marks for place, said in mark.values(event)}


@cache
def shares_of(event: type[Event]) -> tuple[Share, ...]:
    """Return the shares of an event class, in the order of its fields."""
    found: dict[tuple[FieldGroup, str | None], list[Mark]] = {}
    for mark in marks_of(event):
        found.setdefault((mark.personal.group, mark.personal.of), []).append(mark)
    return tuple(Share(group, of, tuple(marks), _quick(event, marks)) for (group, of), marks in found.items())


@cache
def hold_words(events: tuple[type[Event], ...]) -> bool:
    """Whether anything in events of these classes tells of a person."""
    return any(shares_of(event) for event in events)


@cache
def marks_of(said: type[BaseModel]) -> tuple[Mark, ...]:
    """Return every personal field of a model, at whatever depth, in the order of the fields."""
    return tuple(
        Mark((name, *inner), _seen_from_outside(personal, name))
        for name, info in said.model_fields.items()
        for inner, personal in _marks_in(info.annotation, info.metadata, f"{said.__name__}.{name}")
    )


@cache
def excluding(event: type[Event]) -> Excluding:
    """Return what to leave out so that nothing personal is written."""
    tree: Excluding = {}
    for mark in marks_of(event):
        branch = tree
        for step in mark.path[:-1]:
            branch = _branch(branch, step)
        branch[_named(mark.path[-1])] = True
    return tree


def place_in(said: Any, place: str, value: object) -> bool:  # noqa: ANN401 - any part of a JSON document
    """Put a value where its dotted place says. Return whether that could be done: nothing is overwritten."""
    *way, last = place.split(".")
    for step in way:
        said = _inner(said, step)
    if not isinstance(said, dict) or last in said:
        return False
    said[last] = value
    return True


def _inner(said: Any, step: str) -> Any:  # noqa: ANN401 - any part of a JSON document
    match said:
        case dict():
            return said.get(step)
        case list() if step.isdecimal() and int(step) < len(said):
            return said[int(step)]
    return None


# --- how --------------------------------------------------------------------------------------------------


def _walk(said: Any, path: Path, place: Path) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - any value
    if said is None:
        return
    if not path:
        yield ".".join(place), said
    elif path[0] == EACH:
        for number, each in enumerate(said):
            yield from _walk(each, path[1:], (*place, str(number)))
    else:
        yield from _walk(getattr(said, path[0]), path[1:], (*place, path[0]))


def _quick(event: type[Event], marks: Sequence[Mark]) -> tuple[tuple[str, attrgetter[Any]], ...] | None:
    if not all(_is_simply_there(event, mark.path) for mark in marks):
        return None
    return tuple((place := ".".join(mark.path), attrgetter(place)) for mark in marks)


def _is_simply_there(said: Any, path: Path) -> bool:  # noqa: ANN401 - any annotation
    """Whether a way leads through models that are always there, to a field of the last."""
    if not path:
        return True
    is_model = isinstance(said, type) and issubclass(said, BaseModel) and path[0] in said.model_fields
    return is_model and _is_simply_there(said.model_fields[path[0]].annotation, path[1:])


def _marks_in(annotation: Any, marks: Sequence[Any], where: str) -> Iterator[tuple[Path, Personal]]:  # noqa: ANN401 - any annotation
    """Yield the ways to what is personal within one field."""
    own = [mark for mark in marks if isinstance(mark, Personal)]
    origin, inner = get_origin(annotation), get_args(annotation)
    if own:
        yield (), own[0]
    elif origin is Annotated:
        yield from _marks_in(inner[0], inner[1:], where)
    elif origin in (Union, UnionType):
        yield from _through((), inner, where)
    elif origin is tuple:
        yield from _within_each(inner[0], where)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from ((mark.path, _named_beside(mark.personal, annotation)) for mark in marks_of(annotation))
    elif [*_through((), inner, where)]:
        raise TypeError(
            f"{where} holds something personal that cannot be encrypted there: use a tuple or a model"
        )


def _named_beside(personal: Personal, model: type[BaseModel]) -> Personal:
    """Note where the person is named in the model itself, such as in a fact that is corrected."""
    if personal.of is None or personal.of.split(".")[0] not in model.model_fields:
        return personal
    return Personal(personal.group, f".{personal.of}")


def _seen_from_outside(personal: Personal, name: str) -> Personal:
    """Complete the way to where the person is named."""
    if personal.of is None or not personal.of.startswith("."):
        return personal
    return Personal(personal.group, name + personal.of)


def _through(way: Path, choices: Sequence[Any], where: str) -> Iterator[tuple[Path, Personal]]:
    for choice in choices:
        for further, personal in _marks_in(choice, (), where):
            yield (*way, *further), personal


def _within_each(member: Any, where: str) -> Iterator[tuple[Path, Personal]]:  # noqa: ANN401 - any annotation
    for way, personal in _through((EACH,), [member], where):
        if way == (EACH,):
            raise TypeError(f"{where} has personal members: mark the whole list, which is encrypted as one")
        yield way, personal


def _branch(tree: Excluding, step: str) -> Excluding:
    branch = tree.setdefault(_named(step), {})
    assert isinstance(branch, dict), "a personal field holds no other"  # noqa: S101 - for the type checker
    return branch


def _named(step: str) -> str:
    return "__all__" if step == EACH else step


def subjects_of(event: Event, otherwise: UUID) -> tuple[UUID, ...]:
    """Return whose data an event holds: of whom it says so itself, and `otherwise`."""
    return tuple(
        dict.fromkeys(
            subject_of(share, event, otherwise) for share in shares_of(type(event)) if share.values(event)
        )
    )


def subject_of(share: Share, event: Event, otherwise: UUID) -> UUID:
    """Return whose key encrypts a share: of whom the event says it is, or else `otherwise`."""
    named = otherwise if share.of is None else attrgetter(share.of)(event)
    assert isinstance(named, UUID), "a person is named by their id"  # noqa: S101 - for the type checker
    return named
