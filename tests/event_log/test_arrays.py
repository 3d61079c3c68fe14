"""Arrays as PostgreSQL reads and writes them: whatever is sent arrives as it does with psycopg's own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.postgres import types
from psycopg.pq import Format

from scp_events.event_log import arrays

EXAMPLES = 60
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES)  # noqa: DTZ001 - zones are drawn
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
KINDS: dict[str, tuple[str, Callable[[Any], bytes], st.SearchStrategy[Any]]] = {
    "uuids": ("uuid", arrays.uuids, st.none() | st.uuids()),
    "blobs": ("bytea", arrays.blobs, st.binary(max_size=300)),
    "texts": ("text", arrays.texts, TEXTS),
    "smallints": ("int2", arrays.smallints, st.integers(-(2**15), 2**15 - 1)),
    "integers": ("int4", arrays.integers, st.integers(-(2**31), 2**31 - 1)),
    "bigints": ("int8", arrays.bigints, st.integers(-(2**63), 2**63 - 1)),
    "booleans": ("bool", arrays.booleans, st.booleans()),
    "instants": ("timestamptz", arrays.instants, INSTANTS),
}


@pytest.fixture(scope="module")
def server(postgres_server: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        yield connection


def echoed(server: psycopg.Connection[Any], element: str, sent: bytes) -> bytes:
    """Return what the server makes of an array, in binary form."""
    name = f"{element}[]"
    result = server.pgconn.exec_params(
        f"SELECT $1::{name}".encode(), [sent], [types[element].array_oid], [Format.BINARY], Format.BINARY
    )
    assert result.error_message == b"", result.error_message
    return result.get_value(0, 0) or b""


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_sent_arrives(server: psycopg.Connection[Any], kind: str, data: st.DataObject) -> None:
    element, written, values = KINDS[kind]
    said: Sequence[Any] = data.draw(st.lists(values, min_size=1, max_size=12))
    assert echoed(server, element, written(said)) == written(said), "the server writes it as we do"
    name = f"{element}[]"
    query = f"SELECT %b::{name} = %s::{name}, %b::{name}"
    found = server.execute(query.encode(), (Raw(element, written(said)), said, said), binary=True).fetchone()
    assert found is not None
    same, read = found
    assert same, "it is what psycopg would have sent"
    assert read == said


class Raw:
    """Bytes to be sent as an array of these elements."""

    def __init__(self, element: str, array: bytes) -> None:
        self.element = element
        self.array = array


class RawDumper(psycopg.adapt.Dumper):
    """Sends them as they are."""

    format = Format.BINARY

    def get_key(self, obj: Raw, _format: Any) -> Any:
        return (Raw, obj.element)

    def upgrade(self, obj: Raw, _format: Any) -> RawDumper:
        made = RawDumper(Raw)
        made.oid = types[obj.element].array_oid
        return made

    def dump(self, obj: Raw) -> bytes:
        return obj.array


@pytest.fixture(scope="module", autouse=True)
def _known(server: psycopg.Connection[Any]) -> None:
    server.adapters.register_dumper(Raw, RawDumper)


@settings(max_examples=EXAMPLES, deadline=None)
@given(said=st.lists(TEXTS, max_size=12))
def test_texts_are_read_as_they_were_written(said: list[str]) -> None:
    assert arrays.read_texts(arrays.texts(said)) == said


@settings(max_examples=EXAMPLES, deadline=None)
@given(said=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=12))
def test_integers_are_read_as_they_were_written(said: list[int]) -> None:
    assert arrays.read_integers(arrays.bigints(said)) == said


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=12))
def test_what_is_missing_is_read_as_missing(server: psycopg.Connection[Any], said: list[int | None]) -> None:
    sent = server.execute("SELECT array_send(%s::integer[])", (said,), binary=True).fetchone()
    assert sent is not None
    assert arrays.read_integers(sent[0]) == said


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=INSTANTS)
def test_an_instant_is_read_as_it_was_meant(server: psycopg.Connection[Any], said: datetime) -> None:
    sent = server.execute("SELECT timestamptz_send(%s)", (said,), binary=True).fetchone()
    assert sent is not None
    assert arrays.read_instant(sent[0]) == said
    assert arrays.read_instant(sent[0]).tzinfo is UTC


@pytest.mark.parametrize(
    ("write", "value"),
    [
        (arrays.smallints, 2**15),
        (arrays.integers, -(2**31) - 1),
        (arrays.bigints, 2**63),
        (arrays.instants, datetime(2025, 3, 3)),  # noqa: DTZ001 - refused for that
        (arrays.texts, "\ud800"),
        (arrays.uuids, UUID(int=1).hex),
    ],
)
def test_what_the_server_could_not_hold_is_refused_before_it_is_sent(
    write: Callable[[Any], bytes], value: Any
) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - each in its own way
        write([value])
