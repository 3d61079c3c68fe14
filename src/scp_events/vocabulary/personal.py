"""What tells of a person: which fields are encrypted, and how they read once their key is destroyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Annotated, Any, Literal, TypeAlias, Union, cast, get_args
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import (
    any_schema,
    json_or_python_schema,
    no_info_wrap_validator_function,
    union_schema,
    wrap_serializer_function_ser_schema,
)

from scp_events.vocabulary.text import Code, ShortText, Text, Word

FieldGroup: TypeAlias = Literal["core", "narrative"]
"""Which of a person's keys encrypts a field. "core" identifies (names, dates of birth); "narrative" tells
(stories, reasons, scores). A record can be thinned by destroying the narrative while the core is kept."""


class Erased(Word):
    """Something about a person stood here. The key it was encrypted with is destroyed, so nobody can read it.

    Only reading the log makes one: nothing that is typed in, sent or parsed can say it.
    """

    erased: Literal[True] = True
    key_id: UUID
    at: AwareDatetime
    """When the key was destroyed."""


class Unopened(Erased):
    """Something about a person stands here, encrypted, and was not opened: its reader needs it not."""


@dataclass(frozen=True)
class Personal:
    """Marks a field that tells something about a person, and says which of their keys encrypts it.

    The person is the one whose case it is, or whose id stands in the event's field `of`. The field's type
    says `| Erased`, because that is how it may read one day.
    """

    group: FieldGroup
    of: str | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - as pydantic declares it
        """Accept what the field may say; in the program also an `Erased` that exists already."""
        said = _without_erased(source)
        schema = handler(source) if said is source else handler.generate_schema(said)
        return json_or_python_schema(
            json_schema=schema,
            python_schema=no_info_wrap_validator_function(_unless_erased, schema),
            serialization=wrap_serializer_function_ser_schema(
                _unless_erased, schema=schema, return_schema=any_schema()
            ),
            metadata={"pydantic_js_functions": [partial(_described, schema)]},
        )


def _without_erased(source: Any) -> Any:  # noqa: ANN401 - any annotation
    """Return what a field may say, without that it may read as erased."""
    choices = get_args(source)
    said = tuple(choice for choice in choices if choice is not Erased)
    return Union[said] if Erased in choices else source  # noqa: UP007 - known at run time only


def _unless_erased(value: object, go_on: Callable[[Any], Any]) -> object:
    """Read or write a value as its type says, and leave an `Erased` as it is."""
    return value if isinstance(value, Erased) else go_on(value)


def _described(said: CoreSchema, _whole: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
    """Describe what may be said; of what is read, that it may be erased."""
    if handler.mode == "validation":
        return handler(union_schema([said]))  # of one: so that what it says of itself is asked for
    by_name = {**Erased.__pydantic_core_schema__, "ref": f"{Erased.__module__}.{Erased.__qualname__}:"}
    return handler(union_schema([said, cast("CoreSchema", by_name)]))


@dataclass(frozen=True)
class Impersonal:
    """Declares a field of free text that tells nothing of a person, and why."""

    because: str


Narrative = Annotated[Text | Erased, Personal("narrative")]
CoreDetail = Annotated[ShortText | Erased, Personal("core")]
CoreCode = Annotated[Code | Erased, Personal("core")]
"""A code that helps to tell who somebody is."""
TellingCode = Annotated[Code | Erased, Personal("narrative")]
"""A code that tells something about somebody, so it is encrypted like their words."""
PersonalDate = Annotated[date | Erased, Personal("core")]
Citation = Annotated[ShortText, Impersonal("names a law, an instrument or a paper, never a person")]


@cache
def personal_fields(said: type[BaseModel]) -> frozenset[str]:
    """Return the fields that tell of a person, at whatever depth: in a decision, in a list, or optional."""
    return frozenset(
        name
        for name, info in said.model_fields.items()
        if any(map(_tells, (*info.metadata, info.annotation)))
    )


def _tells(mark: Any) -> bool:  # noqa: ANN401 - whatever an annotation may hold
    if isinstance(mark, type) and issubclass(mark, BaseModel):
        return bool(personal_fields(mark))
    return isinstance(mark, Personal) or any(map(_tells, get_args(mark)))


def values_in(said: object) -> Iterator[object]:
    """Yield every value of a word, at whatever depth."""
    yield said
    if isinstance(said, Word):
        said = [value for _, value in said]
    if isinstance(said, tuple | list):
        for each in said:
            yield from values_in(each)
