"""The published language: what every stored event looks like, as others read it.

python -m tests.house.language           write published_language.json anew
python -m tests.house.language --release also make it the language of the last release
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scp_events.aggregates import ALL
from scp_events.vocabulary import stored_type

PUBLISHED = Path(__file__).with_name("published_language.json")
RELEASED = Path(__file__).with_name("released_language.json")

Schema = dict[str, Any]


def language() -> dict[str, Schema]:
    """Return the JSON Schema of every event, by the name it is stored under."""
    return {
        stored_type(event): event.model_json_schema(mode="serialization")
        for aggregate in ALL
        for event in aggregate.EVENTS
    }


def incompatibilities(released: dict[str, Schema], now: dict[str, Schema]) -> list[str]:
    """Say what a reader of the released language would stumble over in the language now.

    Adding an event or an optional field is compatible; anything else needs a new name for the event.
    """
    return [problem for name, old in released.items() for problem in _of_event(name, old, now.get(name))]


def _of_event(name: str, old: Schema, new: Schema | None) -> Iterator[str]:
    if new is None:
        yield f"{name} is gone: stored events of that name could not be read; keep its class"
        return
    yield from _of_object(name, old, new, old, new)


def _of_object(place: str, old: Schema, new: Schema, old_root: Schema, new_root: Schema) -> Iterator[str]:
    """Compare two schemas, following references within their documents."""
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    yield from _of_value(place, old, new)
    before, after = old.get("properties", {}), new.get("properties", {})
    for field in sorted(before.keys() - after.keys()):
        yield f"{place}.{field} is gone: readers of the released language rely on it"
    for field in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{place}.{field} became required: events stored without it could not be read"
    for field in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
        yield f"{place}.{field} became optional: readers rely on its being there"
    for field in sorted(before.keys() & after.keys()):
        yield from _of_object(f"{place}.{field}", before[field], after[field], old_root, new_root)
    if "items" in old and "items" in new:
        yield from _of_object(f"{place}[]", old["items"], new["items"], old_root, new_root)
    for one, other in zip(old.get("anyOf", ()), new.get("anyOf", ()), strict=False):
        yield from _of_object(place, one, other, old_root, new_root)


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


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    found: Schema = root["$defs"][schema["$ref"].rsplit("/", 1)[-1]]
    return found


def written(schemas: dict[str, Schema]) -> str:
    """Return the golden file's text."""
    return json.dumps(schemas, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    PUBLISHED.write_text(written(language()), encoding="utf-8")
    if "--release" in sys.argv:
        RELEASED.write_text(written(language()), encoding="utf-8")
