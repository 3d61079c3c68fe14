from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlparse
from uuid import UUID, uuid4

import jsonschema
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka
from cloudevents.core.formats.json import JSONFormat

from scp_events.aggregates.referral.events import ReferralAcknowledged
from scp_events.event_log import Recorded
from scp_events.publishing.audiences import INTERNAL, PARTNERS, Audience
from scp_events.publishing.cloud_events import Edition
from scp_events.publishing.pseudonyms import Pseudonyms
from scp_events.publishing.schemas import published, text
from scp_events.vocabulary import UTC_CALENDAR, Event, EventId, Position, Stream
from tests.publishing.filled_log import SECRET_WORDS, envelope
from tests.publishing.invented import ids_in, invented
from tests.publishing.test_audiences import each_told, recorded, reviewed

SECRET = bytes(range(32))
SOURCE = "urn:scp:installation:test"
SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas" / "streams"
PREFIX = "urn:scp:schema:streams/"
STREAM = Stream("irp", UUID("33333333-3333-4333-8333-333333333333"))
ID = EventId(UUID("01960000-0000-7000-8000-000000000001"))
CONVERSATION = UUID("66666666-6666-4666-8666-666666666666")
NAME = "60ebf4ef090781a650849f575f8b6898b648002c3940c40ad26a167804f2e128"
"""What partners call `STREAM`."""
EAST = timezone(timedelta(hours=2))


def edition(audience: Audience = INTERNAL) -> Edition:
    return Edition(audience, SECRET, SOURCE)


def of_a_review() -> Recorded:
    made = envelope(
        reviewed(),
        event_id=ID,
        occurred_at=datetime(2025, 3, 3, 14, 30, tzinfo=EAST),
        correlation_id=CONVERSATION,
    )
    return Recorded(
        position=Position(3_000_000_017),
        stream=STREAM,
        version=9,
        recorded_at=datetime(2025, 3, 4, 8, 0, 0, 250, tzinfo=UTC),
        when=UTC_CALENDAR.moment(datetime(2025, 3, 3, 12, 30, tzinfo=UTC)),
        envelope=made,
    )


def test_a_message_says_what_who_when_and_where_in_the_log() -> None:
    message = edition(PARTNERS).kafka_message(of_a_review(), prevposition=Position(3_000_000_002))
    subject = NAME
    assert message.key == subject
    assert message.headers == {
        "ce_specversion": b"1.0",
        "ce_id": str(ID).encode(),
        "ce_source": SOURCE.encode(),
        "ce_type": b"scp.irp.reviewed.v1",
        "ce_subject": subject.encode(),
        "ce_time": b"2025-03-03T12:30:00Z",
        "content-type": b"application/json",
        "ce_dataschema": b"urn:scp:schema:streams/partners/irp.reviewed.v1",
        "ce_position": b"3000000017",
        "ce_prevposition": b"3000000002",
        "ce_streamversion": b"9",
        "ce_recordedat": b"2025-03-04T08:00:00.000250Z",
        "ce_correlationid": str(CONVERSATION).encode(),
    }
    assert json.loads(message.value) == {"next_review_on": "2025-09-01"}


def test_a_message_outside_a_conversation_names_none() -> None:
    message = edition().kafka_message(recorded(ReferralAcknowledged()), Position(0))
    assert "ce_correlationid" not in message.headers


@each_told
def test_every_message_is_read_back_by_the_library_and_matches_its_schema(
    audience: Audience, event: type[Event]
) -> None:
    message = edition(audience).kafka_message(recorded(invented(event)), Position(4))
    read = from_kafka(message, JSONFormat())
    assert read.get_type() == f"scp.{event.model_fields['type'].default}.v1"
    assert read.get_subject() == message.key
    assert read.get_time().tzinfo is not None
    name = read.get_dataschema().removeprefix(PREFIX)
    schema, data = published()[name], read.get_data()
    jsonschema.validate(data, schema, format_checker=jsonschema.FormatChecker())
    assert set(data) == set(schema["properties"]), "nothing is told that the schema does not say"


@each_told
def test_nothing_of_what_an_event_says_is_in_a_message_unless_listed(
    audience: Audience, event: type[Event]
) -> None:
    told = recorded(invented(event), event_id=ID, purpose=SECRET_WORDS)
    seen = everything_in(edition(audience).kafka_message(told, Position(4)))
    assert SECRET_WORDS in told.envelope.model_dump_json(warnings=False)
    assert SECRET_WORDS not in seen
    inside = {*ids_in(told.envelope.model_dump(warnings=False)), told.stream.id} - {ID}
    assert not [each for each in inside if str(each) in seen or each.hex in seen]


def everything_in(message: KafkaMessage) -> str:
    return json.dumps(
        [message.key, message.value.decode(), {k: v.decode() for k, v in message.headers.items()}]
    )


# ------------------------------------------------------------------------------------------------ pseudonyms


def test_a_stream_has_one_name_towards_an_audience_and_another_towards_others() -> None:
    partners, internal = Pseudonyms(SECRET, "partners"), Pseudonyms(SECRET, "internal")
    assert partners.of(STREAM) == Pseudonyms(SECRET, "partners").of(STREAM)
    assert partners.of(STREAM) != internal.of(STREAM)
    assert partners.of(STREAM) != partners.of(Stream("irp", uuid4()))
    assert partners.of(STREAM) != partners.of(Stream("referral", STREAM.id))
    assert partners.of(STREAM) != Pseudonyms(bytes(32), "partners").of(STREAM)


def test_names_stay_the_same_from_one_version_of_the_program_to_the_next() -> None:
    assert Pseudonyms(SECRET, "partners").of(STREAM) == NAME


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes, not 32"):
        Pseudonyms(bytes(16), "partners")


# --------------------------------------------------------------------------------------------------- schemas


def test_the_schemas_in_the_documentation_are_those_of_the_code() -> None:
    written = {str(file.relative_to(SCHEMAS))[: -len(".json")]: file for file in SCHEMAS.rglob("*.json")}
    assert {name: file.read_text(encoding="utf-8") for name, file in written.items()} == {
        name: text(schema) for name, schema in published().items()
    }, "run `python -m scp_events.publishing.schemas docs/schemas/streams` and remove what is gone"


@pytest.mark.parametrize("name", published())
def test_a_schema_is_one_and_has_a_name_of_its_own(name: str) -> None:
    schema = published()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == PREFIX + name
    assert urlparse(schema["$id"]).scheme == "urn"


def test_a_field_that_was_added_later_does_not_trouble_a_reader() -> None:
    jsonschema.validate({"new": 1}, published()["thin.v1"])
