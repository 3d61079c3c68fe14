"""Where a stream stands: what is remembered of it, and what has come since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from scp_events.event_log.envelope import Codec
from scp_events.event_log.familiar import Familiar, Standing
from scp_events.event_log.opening import Page
from scp_events.vocabulary import Aggregate, ParticipantId, Stream, fold

S = TypeVar("S")


class Known(NamedTuple, Generic[S]):
    """What is known of a stream before it is read."""

    aggregate: Aggregate[Any, S, Any, Any]
    stream: Stream
    standing: Standing[S]
    noted: int
    """How often something had been forgotten by then."""


def known_of(familiar: Familiar, aggregate: Aggregate[Any, Any, Any, Any], stream: Stream) -> Known[Any]:
    """Return what is remembered of a stream, which may be nothing. What came after it has to be read."""
    noted = familiar.forgotten
    return Known(aggregate, stream, familiar.get(stream) or Standing(aggregate.initial, 0, None), noted)


def caught_up(known: Known[S], pages: Sequence[Page], codec: Codec, familiar: Familiar) -> Standing[S]:
    """Return where a stream stands after what has come since, and remember it."""
    aggregate, stream, standing, noted = known
    if not pages or not pages[0].type.startswith(f"{stream.category}."):  # else it is another thing's id
        return standing
    events = [
        codec.decode_event(page.type, page.body, stream, page.version, f"position {page.position}")
        for page in pages
    ]
    case_id = pages[0].case_id
    state = fold(aggregate, events, standing.state)
    now: Standing[Any] = Standing(state, pages[-1].version, ParticipantId(case_id) if case_id else None)
    familiar.put(stream, now, noted)
    return now
