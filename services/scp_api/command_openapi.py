"""How the OpenAPI document describes the commands: from the list of what is offered, and the classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from scp_api import preconditions, problems
from scp_api.addresses import id_name, path_of
from scp_api.command_door import Answer, needs_version
from scp_events.commands import NAME_READERS, OFFERS, By, Offer, body_of
from scp_events.vocabulary import NO_ACTION, CaseReference

SAID = "said."
"""Before the name of a schema: what clients say. What we answer with may say more, such as `Erased`."""
REFUSALS = (400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503)
_TEXT = {"type": "string"}
_ADDRESSES = {
    By.CASE: TypeAdapter(CaseReference).json_schema(),
    By.ID: _TEXT | {"format": "uuid"},
}


def paths() -> dict[str, Any]:
    """Return every address of a command, with what can be done there."""
    return {path_of(offer): {"post": _operation(offer)} for offer in OFFERS}


def schemas() -> dict[str, Any]:
    """Return the schemas of all bodies, under names that nothing we answer with has."""
    _, described = models_json_schema(
        [(body_of(offer), "validation") for offer in OFFERS],
        ref_template=f"#/components/schemas/{SAID}{{model}}",
    )
    found = {SAID + name: schema for name, schema in described["$defs"].items()}
    grounds, views = found[f"{SAID}Grounds"], found[f"{SAID}Views"]
    grounds["properties"]["options_considered"]["contains"] = {"const": NO_ACTION}
    answer = Answer.model_json_schema(mode="serialization")
    return found | {f"{SAID}Views": _exactly_one_of(views), "Answer": answer}


def _operation(offer: Offer) -> dict[str, Any]:
    said = f"#/components/schemas/{SAID}{body_of(offer).__name__}"
    return {
        "tags": [offer.aggregate.COLLECTION],
        "operationId": offer.full_name.replace("/", "-") if offer.is_for_every_fact else offer.name,
        "summary": (offer.command.__doc__ or "").splitlines()[0],
        "description": offer.command.__doc__ or "",
        "parameters": [*_names(offer), *_headers(offer)],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": said}}}},
        "responses": {str(status): said for status, said in _responses(offer).items()},
    }


def _names(offer: Offer) -> Iterator[dict[str, Any]]:
    """Describe the one name in the address."""
    by = offer.addressed_by
    yield {
        "in": "path",
        "name": "case_reference" if by is By.CASE else id_name(offer.aggregate),
        "required": True,
        "schema": NAME_READERS[offer.aggregate.CATEGORY].json_schema() if by is By.NAME else _ADDRESSES[by],
    }


def _headers(offer: Offer) -> Iterator[dict[str, Any]]:
    yield preconditions.PURPOSE_HEADER
    yield preconditions.KEY_HEADER
    if not offer.begins:
        yield preconditions.version_header(required=needs_version(offer))


def _responses(offer: Offer) -> dict[int | str, dict[str, Any]]:
    versions = () if offer.begins else (412, 428) if needs_version(offer) else (412,)
    etag = {"description": "The version now.", "required": True, "schema": _TEXT}
    location = {"description": "Where it is.", "required": True, "schema": _TEXT}
    if not offer.begins:
        done = {200: _answer("What it came to.", ETag=etag)}
    else:
        done = {
            200: _answer("It was so already.", ETag=etag, Location=location),
            201: _answer("It has begun.", ETag=etag, Location=location),
        }
    return done | problems.declared(*REFUSALS, *versions)


def _answer(description: str, **headers: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Answer"}
    return {
        "description": description,
        "headers": headers,
        "content": {"application/json": {"schema": schema}},
    }


def _exactly_one_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema of objects that say exactly one of its properties; the other is missing or null."""
    properties: dict[str, Any] = schema["properties"]
    return {
        "title": schema["title"],
        "description": schema["description"],
        "oneOf": [
            {
                "type": "object",
                "additionalProperties": False,
                "required": [said],
                "properties": {
                    name: _not_null(property_) if name == said else {"type": "null"}
                    for name, property_ in properties.items()
                },
            }
            for said in properties
        ],
    }


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    return next(dict(choice) for choice in schema["anyOf"] if choice.get("type") != "null")
