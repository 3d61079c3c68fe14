"""A recorded event as a CloudEvents 1.0 message: an envelope for everybody, and what an audience may learn.

`position` is the event's place in the whole log, `prevposition` the place of the event before it in the same
partition of the same topic (0: none). A reader who finds the `prevposition` it saw last has lost nothing; one
who finds a `position` it has seen before has been told twice and passes it over.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from scp_events.event_log import Recorded
from scp_events.publishing.audiences import Audience
from scp_events.publishing.pseudonyms import Pseudonyms
from scp_events.publishing.schemas import data_schema
from scp_events.vocabulary import Event, Position, stored_type

_JSON = JSONFormat()


class Edition:
    """The log as one audience reads it. `source` names the installation, a URI."""

    def __init__(self, audience: Audience, secret: bytes, source: str) -> None:
        self.audience = audience
        self.pseudonyms = Pseudonyms(secret, audience.name)
        self._source = source

    def cloud_event(self, recorded: Recorded[Event], prevposition: Position) -> CloudEvent:
        """Return the message about an event the audience is told of.

        Positions are text: an Integer of CloudEvents has 32 bits.
        """
        envelope, event = recorded.envelope, type(recorded.event)
        attributes = {
            "specversion": "1.0",
            "id": str(envelope.event_id),
            "source": self._source,
            "type": f"scp.{stored_type(event)}.v{event.schema_version}",
            "subject": self.pseudonyms.of(recorded.stream),
            "time": recorded.when.at,
            "datacontenttype": "application/json",
            "dataschema": data_schema(self.audience, event),
            "position": str(recorded.position),
            "prevposition": str(prevposition),
            "streamversion": str(recorded.version),
            "recordedat": _rfc3339(recorded.recorded_at),
        }
        if envelope.correlation_id is not None:
            attributes["correlationid"] = str(envelope.correlation_id)
        return CloudEvent(attributes, self.audience.data(recorded))

    def kafka_message(self, recorded: Recorded[Event], prevposition: Position) -> kafka.KafkaMessage:
        """Return that message in Kafka's binary form: attributes are headers, the pseudonym is the key."""
        event = self.cloud_event(recorded, prevposition)
        return kafka.to_binary(event, _JSON, key_mapper=lambda _event: event.get_subject())


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
