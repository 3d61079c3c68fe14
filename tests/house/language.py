"""The published language: what every stored event looks like, as others read it.

Every event has a file in docs/schemas/events, named as it is stored; what several say stands once, in
definitions.json there.

    python -m tests.house.language            write the files anew
    python -m tests.house.language --release  also make them the language of the last release
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from scp_events.aggregates import ALL
from scp_events.history import every_event
from scp_events.vocabulary import stored_type

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "schemas" / "events"
DEFINITIONS = "definitions"
RELEASED = Path(__file__).with_name("released_language.json")
"""Not there before the first release: then nothing has to stay as it is."""

Schema = dict[str, Any]


def language() -> dict[str, Schema]:
    """Return the JSON Schema of every event, by the name it is stored under, and their shared definitions."""
    events: list[type[BaseModel]] = [event for aggregate in ALL for event in every_event(aggregate)]
    names, schema = models_json_schema([(event, "serialization") for event in events])
    definitions: Schema = schema["$defs"]
    files = {_defined(names[event, "serialization"]): stored_type(event) for event in events}  # type: ignore[arg-type,index]  # the events are events
    said = {
        files[name]: _pointing(definition, files) for name, definition in definitions.items() if name in files
    }
    shared = {
        name: _pointing(definition, files) for name, definition in definitions.items() if name not in files
    }
    return said | {DEFINITIONS: {"$defs": shared}}


def _defined(reference: Schema) -> str:
    return str(reference["$ref"]).rsplit("/", 1)[-1]


def _pointing(schema: Any, files: dict[str, str]) -> Any:
    """Return a schema whose references are to other files."""
    match schema:
        case {"$ref": str(reference), **rest}:
            name = reference.rsplit("/", 1)[-1]
            place = f"{files[name]}.json" if name in files else f"{DEFINITIONS}.json#/$defs/{name}"
            return {"$ref": place, **rest}
        case dict():
            return {name: _pointing(value, files) for name, value in schema.items()}
        case list():
            return [_pointing(value, files) for value in schema]
    return schema


# --- what must not change ---------------------------------------------------------------------------------


def incompatibilities(released: dict[str, Schema], now: dict[str, Schema]) -> list[str]:
    """Say what a reader of the released language would stumble over in the language now.

    Adding an event or an optional field is compatible; anything else needs a new name for the event.
    """
    return [
        problem
        for name, old in released.items()
        if name != DEFINITIONS
        for problem in _of_event(name, old, now.get(name), released, now)
    ]


def _of_event(
    name: str, old: Schema, new: Schema | None, released: dict[str, Schema], now: dict[str, Schema]
) -> Iterator[str]:
    if new is None:
        yield f"{name} is gone: stored events of that name could not be read; keep its class"
        return
    yield from _of_object(name, old, new, released, now)


def _of_object(
    place: str, old: Schema, new: Schema, released: dict[str, Schema], now: dict[str, Schema]
) -> Iterator[str]:
    """Compare two schemas, following references within their language."""
    old, new = _resolved(old, released), _resolved(new, now)
    if not new:
        return  # it points to an event that is gone, which is said once
    yield from _of_value(place, old, new)
    before, after = old.get("properties", {}), new.get("properties", {})
    for field in sorted(before.keys() - after.keys()):
        yield f"{place}.{field} is gone: readers of the released language rely on it"
    for field in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{place}.{field} became required: events stored without it could not be read"
    for field in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
        yield f"{place}.{field} became optional: readers rely on its being there"
    for field in sorted(before.keys() & after.keys()):
        yield from _of_object(f"{place}.{field}", before[field], after[field], released, now)
    if "items" in old and "items" in new:
        yield from _of_object(f"{place}[]", old["items"], new["items"], released, now)
    for one, other in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False):
        yield from _of_object(place, one, other, released, now)


_VALUE_WORDS = (
    "type",
    "format",
    "const",
    "pattern",
    "maxLength",
    "minLength",
    "minimum",
    "maximum",
    "minItems",
)


def _of_value(place: str, old: Schema, new: Schema) -> Iterator[str]:
    for word in _VALUE_WORDS:
        if old.get(word) != new.get(word):
            yield f"{place}: {word} was {old.get(word)!r} and is {new.get(word)!r}"
    if gone := [value for value in old.get("enum", ()) if value not in new.get("enum", ())]:
        yield f"{place}: {gone} can no longer be said"
    if len(old.get("anyOf", ())) != len(new.get("anyOf", ())):
        yield f"{place}: the alternatives changed"


def _resolved(schema: Schema, language: dict[str, Schema]) -> Schema:
    if "$ref" not in schema:
        return schema
    file, _, name = str(schema["$ref"]).partition("#/$defs/")
    document = language.get(file.removesuffix(".json"), {})
    found: Schema = document["$defs"][name] if name else document
    return found


# --- files ------------------------------------------------------------------------------------------------


def written(schema: Schema) -> str:
    """Return the text of a file."""
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def published() -> dict[str, str]:
    """Return the files there are, by the name of the event."""
    return {path.stem: path.read_text(encoding="utf-8") for path in PUBLISHED.glob("*.json")}


def released() -> dict[str, Schema]:
    """Return the language of the last release; nothing before the first."""
    if not RELEASED.exists():
        return {}
    found: dict[str, Schema] = json.loads(RELEASED.read_text(encoding="utf-8"))
    return found


def publish() -> None:
    """Write every file anew, and remove those of events that are gone."""
    PUBLISHED.mkdir(parents=True, exist_ok=True)
    said = language()
    for name in published().keys() - said.keys():
        (PUBLISHED / f"{name}.json").unlink()
    for name, schema in said.items():
        (PUBLISHED / f"{name}.json").write_text(written(schema), encoding="utf-8")


if __name__ == "__main__":
    publish()
    if "--release" in sys.argv:
        RELEASED.write_text(written(language()), encoding="utf-8")
