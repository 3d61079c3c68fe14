"""The words everything else is said in: events, commands, decisions, and who says them.

Imports pydantic and the standard library only. Nothing here reads a clock, makes an id or knows a database:
time, identity and randomness are arguments that enter at the doors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache, partial
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    NewType,
    Protocol,
    Self,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
)
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import (
    any_schema,
    json_or_python_schema,
    no_info_wrap_validator_function,
    union_schema,
    wrap_serializer_function_ser_schema,
)

# --- identities -------------------------------------------------------------------------------------------
# Each kind of stream has its own id type, so passing a referral's id where a participant's belongs is a type
# error. Stream ids are random (UUIDv4) and never derived from a person.

ParticipantId = NewType("ParticipantId", UUID)
"""A young person's stream; it is also the id of their *case*, to which referrals and plans belong."""
ReferralId = NewType("ReferralId", UUID)
IrpId = NewType("IrpId", UUID)
EnrolmentId = NewType("EnrolmentId", UUID)

EventId = NewType("EventId", UUID)
CommandId = NewType("CommandId", UUID)
PersonId = NewType("PersonId", str)
"""A member of staff, by the identifier their organisation's directory uses: a code, not a name."""
OrganisationId = NewType("OrganisationId", str)
Position = NewType("Position", int)
"""A place in the whole log: dense, from 1, in commit order. 0 is before everything."""

NOTHING_YET = Position(0)


T = TypeVar("T")


class Stream(NamedTuple):
    """Where one thing's history lives: its kind and its id."""

    category: str
    id: UUID


# --- values -----------------------------------------------------------------------------------------------


class Word(BaseModel):
    """A value that never changes once said, and refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


# --- what tells of a person -------------------------------------------------------------------------------

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
    """Something about a person stands here encrypted and was not opened: who reads said they need it not."""


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
        return handler(said)
    by_name = {**Erased.__pydantic_core_schema__, "ref": f"{Erased.__module__}.{Erased.__qualname__}:"}
    return handler(union_schema([said, cast("CoreSchema", by_name)]))


@dataclass(frozen=True)
class Impersonal:
    """Declares a field of free text that tells nothing of a person, and why."""

    because: str


# --- text that may be stored ------------------------------------------------------------------------------

# PostgreSQL's text type cannot hold NUL, so no word of ours may:
# read models would fail where the log did not.
_NO_NUL = r"^[^\x00]*$"
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000, pattern=_NO_NUL)
]
ShortText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_NO_NUL)
]
CODE = r"^[a-z0-9][a-z0-9-]{0,62}$"
Code = Annotated[str, StringConstraints(pattern=CODE)]
"""A short stored word such as `court-order`: lower case, digits and hyphens."""
Narrative = Annotated[Text | Erased, Personal("narrative")]
CoreDetail = Annotated[ShortText | Erased, Personal("core")]
CoreCode = Annotated[Code | Erased, Personal("core")]
"""A code that helps to tell who somebody is."""
TellingCode = Annotated[Code | Erased, Personal("narrative")]
"""A code that tells something about somebody, so it is encrypted like their words."""
PersonalDate = Annotated[date | Erased, Personal("core")]
Citation = Annotated[ShortText, Impersonal("names a law, an instrument or a paper, never a person")]
CaseReference = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}(-[A-Z0-9]{1,12}){1,4}$")]
"""What people call a case, such as `SC-2025-014`. It must not disclose anything by itself."""
PersonCode = Annotated[PersonId, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
OrganisationCode = Annotated[OrganisationId, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
PolicyVersion = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}\.[0-9]{1,3}$")]


# --- who --------------------------------------------------------------------------------------------------


class Role(StrEnum):
    """The capacity in which somebody acts."""

    KEY_WORKER = "key-worker"
    SUPERVISOR = "supervisor"
    CASE_MANAGER = "case-manager"
    REFERRER = "referrer"
    COURT_OFFICER = "court-officer"
    POLICE_OFFICER = "police-officer"
    MINISTRY_OFFICER = "ministry-officer"
    DATA_CLERK = "data-clerk"
    AUDITOR = "auditor"
    REPORTING = "reporting"
    INTEGRATOR = "integrator"
    SERVICE = "service"


class Actor(Word):
    """Who acts: which person or system, in which role, for which organisation, holding which credentials."""

    id: PersonCode
    role: Role
    organisation: OrganisationCode
    kind: Literal["human", "system"] = "human"
    credentials: tuple[Code, ...] = ()


# --- decisions --------------------------------------------------------------------------------------------


class LegalBasis(Word):
    """The authority a decision stands on, and the days on which it was in force."""

    instrument: Code
    """Such as `court-order`, `diversion-order`, `licence-condition`, `statute`, `consent`."""
    act: Citation
    section: Citation
    reference: CoreDetail | None = None
    """The number of the order or licence in this case: whoever has it finds the person in a court's list."""
    valid_from: date
    valid_to: date | None = None

    def in_force_on(self, day: date) -> bool:
        """Both ends belong to the time in force."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Views(Word):
    """What the young person said about the decision, or why they were not asked."""

    expressed: Narrative | None = None
    not_obtained_because: Narrative | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Views:
        if (self.expressed is None) == (self.not_obtained_because is None):
            raise ValueError("give either `expressed` or `not_obtained_because`")
        return self


NO_ACTION = "no-action"


class Grounds(Word):
    """Why somebody decides as they do. Everything an auditor will ask for, asked for at the time."""

    reason_code: Code
    reason_text: Narrative
    legal_basis: LegalBasis
    options_considered: Annotated[tuple[Code, ...], Field(min_length=2)]
    """The options weighed, as codes; doing nothing (`no-action`) is always one of them."""
    views: Views
    policy_version: PolicyVersion
    """The version of the rules the decision was made under; see `policy`."""
    relied_on: tuple[EventId, ...] = ()
    """The events the decision rests on; `casework` adds those it gathers."""
    review_on: date | None = None
    known_through: Annotated[Position, Field(ge=0)] | None = None
    """The log position the decision maker's screen was rendered from."""

    @field_validator("options_considered")
    @classmethod
    def _doing_nothing_was_weighed(cls, options: tuple[str, ...]) -> tuple[str, ...]:
        if NO_ACTION not in options:
            raise ValueError(f"name every option considered, `{NO_ACTION}` among them")
        return options


class Decision(Grounds):
    """A choice somebody made about a young person: the grounds, and who is answerable for it."""

    by: Actor

    @field_validator("by")
    @classmethod
    def _a_human_decides(cls, by: Actor) -> Actor:
        if by.kind != "human":
            raise ValueError("a system may be an input to a decision, never its maker; name the person")
        return by


# --- events and commands ----------------------------------------------------------------------------------


class Event(Word):
    """Something that happened, in the words a case worker would use. Stored for ever as it was first said."""

    schema_version: ClassVar[int] = 1
    confidentiality: ClassVar[Literal["standard", "restricted"]] = "standard"

    type: str


class DecisionEvent(Event):
    """An event by which somebody decided something; it cannot be said without its grounds."""

    decision: Decision


class CorrectableEvent(Event):
    """An event that a later one may correct or retract, naming it by `event_id`."""

    event_id: EventId


class CorrectionEvent(DecisionEvent):
    """A decision that an earlier event was wrong. The original stays; this says what we learned since."""

    corrects: EventId
    happened_at: AwareDatetime | None = None
    """When the corrected fact happened in the world, where that itself was wrong; otherwise as recorded."""


class DestroyedKey(Word):
    """A key that is no more: whose it was, and since when what it had encrypted reads as erased."""

    key_id: UUID
    subject: UUID
    group: FieldGroup
    at: AwareDatetime
    epoch: int | None = None
    """Older copies of the keyring hold it wrapped by this epoch's key; None where it never was made."""

    @property
    def erased(self) -> Erased:
        """Return how everything it had encrypted reads."""
        return Erased(key_id=self.key_id, at=self.at)


SomeKeys = Annotated[tuple[DestroyedKey, ...], Field(min_length=1)]


class ErasureEvent(DecisionEvent):
    """An event by which keys were destroyed. Whoever holds a copy of what they had encrypted purges it."""

    destroyed: SomeKeys


class Command(Word):
    """What somebody asks for. An aggregate answers with events, with nothing new, or with `Refused`."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Nobody says what was erased: a command that would repeat it comes from reading, not from people."""
        told = (getattr(self, name) for name in personal_fields(type(self)))  # nothing else can be erased
        if any(isinstance(said, Erased) for each in told for said in _values(each)):
            raise ValueError("a command cannot say what was erased: leave it out, or say it anew")
        return self


@dataclass(frozen=True)
class Gathered:
    """Marks a command's field that `casework` fills from other streams, never the caller."""


@dataclass(frozen=True)
class FromSender:
    """Marks a command's field that a door fills with whoever sent the command, never with a name given."""


class DecisionCommand(Command):
    """A command that is itself a decision, so it comes with its grounds."""

    decision: Decision


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error of the program
    """A rule says no. `rule` is its stable name; the message says what to do instead."""

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(remedy)
        self.rule = rule
        self.remedy = remedy


def must_stand(decision: Decision, on: date) -> None:
    """Refuse a decision whose legal basis was not in force on the day it was made."""
    basis = decision.legal_basis
    if not basis.in_force_on(on):
        until = basis.valid_to.isoformat() if basis.valid_to else "further notice"
        raise Refused(
            "legal-basis-in-force",
            f"{basis.act} {basis.section} was in force from {basis.valid_from.isoformat()} until {until},"
            f" not on {on.isoformat()}: name the basis that was in force on the day of the decision",
        )


def readable(said: T | Erased, what: str) -> T:
    """Return what was said; refuse to decide on it where it was erased."""
    if isinstance(said, Erased):
        raise Refused(
            "nothing-is-decided-on-what-was-erased",
            f"{what} was erased on {said.at.date().isoformat()}, and this cannot be decided without:"
            " record it anew first, or decide on what can be read",
        )
    return said


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How a command came to us: who sent it, when it happened in the world, and in which conversation.

    `occurred_at` is UTC-aware. `command_id` makes the command's effect happen once, however often it is sent.
    """

    by: Actor
    command_id: CommandId
    occurred_at: datetime
    purpose: str
    on_behalf_of: Actor | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    source_system: str | None = None
    source_recorded_at: datetime | None = None
    """When the source system says it was entered there: its claim, which our log cannot prove."""

    def __post_init__(self) -> None:
        """Refuse a time without a zone: it could be any of 38 instants. Refuse text where a code belongs."""
        for moment in (self.occurred_at, self.source_recorded_at):
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"{moment.isoformat()} has no time zone: pass a UTC time")
        for name in ("purpose", "source_system"):
            said = getattr(self, name)
            if said is not None and not re.fullmatch(CODE, said):
                raise ValueError(f"`{name}` is no code: use lower case, digits and hyphens, such as casework")


# --- what makes a module an aggregate ---------------------------------------------------------------------

Id_contra = TypeVar("Id_contra", bound=UUID, contravariant=True)
S = TypeVar("S")
C_contra = TypeVar("C_contra", bound=Command, contravariant=True)
E = TypeVar("E", bound=Event)


class Aggregate(Protocol[Id_contra, S, C_contra, E]):
    """A module with these names is an aggregate: pure rules that turn commands into events.

    `evolve` accepts history as it is and never refuses; `decide` alone may raise `Refused`. `[]` from
    `decide` means that it was already so.
    """

    @property
    def EVENTS(self) -> tuple[type[E], ...]:  # noqa: N802 - a module constant
        """Every event class of the aggregate, earlier forms included."""

    @property
    def initial(self) -> S:
        """What we remember before anything has happened."""

    def stream(self, stream_id: Id_contra, /) -> Stream:
        """Return where the history of this thing lives."""

    def evolve(self, state: S, event: E, /) -> S:
        """Return what we remember once `event` has happened. Total: never an exception."""

    def decide(self, state: S, command: C_contra, /) -> list[E]:
        """Answer `command` with events, with nothing new (`[]`), or by raising `Refused`."""


if TYPE_CHECKING:
    from dataclasses import replace as replace  # noqa: PLC0414 - what is checked is the original
else:

    def replace(state: S, /, **changes: object) -> S:
        """Return a state that differs in `changes`, as `dataclasses.replace` does, in an eighth of its time.

        That one calls the constructor with every field: most of what folding a history cost. A state is a
        frozen dataclass whose constructor does nothing but take its fields.
        """
        new = object.__new__(type(state))
        new.__dict__.update(state.__dict__, **changes)
        return new


def fold(
    aggregate: Aggregate[Any, S, Any, E], events: Sequence[E] | Iterator[E], state: S | None = None
) -> S:
    """Return the state after `events`, in the order given, from the beginning or from `state` on."""
    state = aggregate.initial if state is None else state
    for event in events:
        state = aggregate.evolve(state, event)
    return state


def members(union: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a union of classes has no narrower type
    """Return the classes of a union alias, in the order written."""
    return get_args(union)


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


def _values(said: object) -> Iterator[object]:
    """Yield every value of a word, at whatever depth."""
    yield said
    if isinstance(said, Word):
        said = [value for _, value in said]
    if isinstance(said, tuple | list):
        for each in said:
            yield from _values(each)


def stored_type(event: type[Event]) -> str:
    """Return the name an event class is stored under."""
    return str(event.model_fields["type"].default)
