"""What makes a package an aggregate: pure rules that turn commands into events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar, get_args
from uuid import UUID

from scp_events.vocabulary.ids import CaseId, CommandId, EventId, Position, Stream
from scp_events.vocabulary.messages import Command, Event
from scp_events.vocabulary.people import Actor, Role
from scp_events.vocabulary.policies import Policy
from scp_events.vocabulary.text import Word
from scp_events.vocabulary.time import When

S = TypeVar("S")
C_contra = TypeVar("C_contra", bound=Command, contravariant=True)
E = TypeVar("E", bound=Event)
E_co = TypeVar("E_co", bound=Event, covariant=True)


class Fact(NamedTuple, Generic[E]):
    """An event in its place: in which stream and where in the log, when in the world, and by whom."""

    event: E
    event_id: EventId
    stream: Stream
    position: Position
    when: When
    by: Actor
    command_id: CommandId
    """What one command leads to is recorded together or not at all, and corrected together."""


class Scope(StrEnum):
    """How many streams of a kind there are."""

    ONE_PER_CASE = "one per case"
    MANY_PER_CASE = "many per case"
    NO_CASE = "belongs to no case, and is called by a name"


class Context(NamedTuple):
    """What is asked besides the command itself: when it was so, who acts, and what other streams say."""

    when: When
    by: Actor
    author: Actor
    """Whose act it is: `by`, or where somebody corrects another's report, whoever reported it first."""
    event_id: EventId
    """The id of the event this leads to."""
    stream: Stream
    case_id: CaseId | None
    policy: Policy
    """The numbers to decide by: those of the version the command names, or else those in force that day."""
    name: str | None = None
    """What people call the case, or what belongs to none, where the command begins it."""
    time_zone: str | None = None
    """Whose days the log counts; None where something is asked again."""
    evidence: Any = None
    """What `EVIDENCE` names for the command, folded as of its time; None where it names nothing."""


class Elsewhere(NamedTuple):
    """An event for another stream, recorded together with one's own or not at all."""

    stream: Stream
    case_id: CaseId | None
    event: Event


def _no_others(_command: Any, _by: Actor) -> Iterable[UUID]:  # noqa: ANN401 - of any command
    return ()


@dataclass(frozen=True, slots=True)
class Evidence(Generic[S]):
    """What a rule needs of other streams: a pure fold over named event types of the case.

    What the fold rested on (its `relied_on`, if it has one: event ids) goes into the decision. The decision
    stands only while none of these types has come since.
    """

    initial: S
    evolve: Callable[[S, Fact[Any]], S]
    over: tuple[type[Event], ...]
    others: Callable[[Any, Actor], Iterable[UUID]] = _no_others
    """Cases, and streams that belong to none, that a command of somebody is about as well: the same event
    types are read of them."""
    opened: bool = False
    """Whether the fold looks at what is personal, such as a date of birth. Elsewhere that stays encrypted,
    and reads as `Unopened`. Where a key is destroyed it reads as `Erased`: then nothing can be judged by it,
    and nothing is refused on its account."""

    @property
    def is_of_one_case(self) -> bool:
        """Whether what is needed is in the case that the command is about."""
        return self.others is _no_others

    def fold(self, facts: Iterable[Fact[Any]]) -> S:
        """Return what facts in order of time come to."""
        state = self.initial
        for fact in facts:
            state = self.evolve(state, fact)
        return state


class Aggregate(Protocol[S, C_contra, E]):
    """A package with these names is an aggregate.

    `evolve` accepts history as it is and never refuses; `decide` alone may raise `Refused`. `[]` from
    `decide` means that it was already so.
    """

    @property
    def CATEGORY(self) -> str:  # noqa: N802 - a module constant
        """The kind of stream; stored names begin with it."""

    @property
    def COLLECTION(self) -> str:  # noqa: N802 - a module constant
        """What doors call all of them, such as `referrals`; of those a case has one of, `engagement`."""

    @property
    def SCOPE(self) -> Scope:  # noqa: N802 - a module constant
        """How many there are of a case."""

    @property
    def BEGINS(self) -> type[Command] | None:  # noqa: N802 - a module constant
        """The command that begins a stream; None where any may."""

    @property
    def OPENS_CASE(self) -> bool:  # noqa: N802 - a module constant
        """Whether beginning one may open a case under a reference nobody has used yet."""

    @property
    def RESTS_ON_WORDS(self) -> bool:  # noqa: N802 - a module constant
        """Whether the state holds something encrypted; otherwise nothing is opened to decide."""

    @property
    def EVENTS(self) -> tuple[type[E], ...]:  # noqa: N802 - a module constant
        """Every event class of the aggregate, earlier forms included, corrections not."""

    @property
    def COMMANDS(self) -> tuple[type[Command], ...]:  # noqa: N802 - a module constant
        """Every command class, those that only the program itself says included; corrections not."""

    @property
    def EVIDENCE(self) -> Mapping[type[Command], Evidence[Any]]:  # noqa: N802 - a module constant
        """What each command needs of other streams, where it needs anything."""

    @property
    def MAY(self) -> Mapping[type[Command], frozenset[Role]]:  # noqa: N802 - a module constant
        """Which roles may send each command; what is missing is said by the program itself only."""

    @property
    def initial(self) -> S:
        """What we remember before anything has happened."""

    def evolve(self, state: S, event: E, /) -> S:
        """Return what we remember once `event` has happened. Total: never an exception."""

    def decide(self, state: S, command: C_contra, context: Context, /) -> Sequence[E | Elsewhere]:
        """Answer `command` with events, with nothing new (`[]`), or by raising `Refused`."""

    def view(self, state: S, /) -> Word:
        """Return what others may read of the state."""


AnyAggregate = Aggregate[Any, Any, Any]

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


def fold(aggregate: Aggregate[S, Any, E], events: Sequence[E] | Iterator[E], state: S | None = None) -> S:
    """Return the state after `events`, in the order given, from the beginning or from `state` on."""
    state = aggregate.initial if state is None else state
    for event in events:
        state = aggregate.evolve(state, event)
    return state


def members(union: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a union of classes has no narrower type
    """Return the classes of a union alias, in the order written."""
    return get_args(union)
