"""What programs may rely on in the data of a message, as JSON Schemas.

    python -m scp_events.publishing.schemas docs/schemas/streams

writes them anew. A change to them is a change to what others read: it shows in review. A field may be added
any time, so readers pass over what they do not know; anything else needs a new name for the event.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from scp_events.publishing.audiences import BY_NAME, Audience
from scp_events.vocabulary import Event, stored_type

Schema = dict[str, Any]

THIN = "thin.v1"


def data_schema(audience: Audience, event: type[Event]) -> str:
    """Return the URI of the schema of the data about an event towards an audience."""
    return _uri(_name(audience, event))


def published() -> dict[str, Schema]:
    """Return every schema by its name, which is also the path of its file without the ending."""
    return {THIN: _thin()} | {
        _name(audience, event): _with_fields(audience, event)
        for audience in BY_NAME.values()
        for event, fields in audience.may_learn.items()
        if fields
    }


def text(schema: Schema) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, indent=2) + "\n"


def write_all(directory: Path) -> None:
    """Write every schema into `directory`."""
    for name, schema in published().items():
        file = directory / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text(schema), encoding="utf-8")


def _thin() -> Schema:
    said = "Something happened: which event, the envelope says. Nothing of what it says is told here."
    return _object(THIN, said, {})


def _with_fields(audience: Audience, event: type[Event]) -> Schema:
    whole = event.model_json_schema(mode="serialization")
    fields = {field: whole["properties"][field] for field in audience.may_learn[event]}
    return _object(_name(audience, event), whole["description"], fields)


def _object(name: str, description: str, properties: Schema) -> Schema:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _uri(name),
        "description": description,
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _name(audience: Audience, event: type[Event]) -> str:
    if not audience.may_learn[event]:
        return THIN
    return f"{audience.name}/{stored_type(event)}.v{event.schema_version}"


def _uri(name: str) -> str:
    return f"urn:scp:schema:streams/{name}"


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
