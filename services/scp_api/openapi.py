"""The OpenAPI document: what FastAPI says, what it leaves out, and what pydantic cannot say of itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from scp_api import spoken
from scp_api.authentication import OPEN
from scp_api.problems import ProblemDocument
from scp_events.access import Resource
from scp_events.access.policy import commands_of
from scp_events.vocabulary import NO_ACTION, Command

SECURITY = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt (RFC 9068)"}}
SAID = "said."
"""Before the name of a schema: what clients say."""
NO_NUL = r"^[^\x00]*$"
SAYS_SOMETHING = r"^[^\x00]*[^\s\x00\x85][^\x00]*$"
"""As `NO_NUL`, and not empty once white space around it is taken away."""
DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$"


def install(app: FastAPI) -> None:
    """Let the app describe itself completely."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's own way to do it


def _described(app: FastAPI) -> dict[str, Any]:
    said = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = said.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"ProblemDocument": problem}
    schemas |= _said_by_clients()
    components["securitySchemes"] = SECURITY
    for path, operations in said["paths"].items():
        if path not in OPEN:
            for operation in operations.values():
                operation["security"] = [{"bearer": []}]
    _tighten(said)
    return said


def request_body(command: type[Command]) -> dict[str, Any]:
    """Describe the body of a command."""
    schema = {"$ref": f"#/components/schemas/{SAID}{spoken.body_of(command).__name__}"}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _said_by_clients() -> dict[str, Any]:
    """Return the schemas of all bodies, under names that nothing we answer with has."""
    bodies = [spoken.body_of(command) for resource in Resource for command in commands_of(resource)]
    _, described = models_json_schema(
        [(body, "validation") for body in bodies], ref_template=f"#/components/schemas/{SAID}{{model}}"
    )
    schemas = {SAID + name: schema for name, schema in described["$defs"].items()}
    grounds, views = schemas[f"{SAID}Grounds"], schemas[f"{SAID}Views"]
    grounds["properties"]["options_considered"]["contains"] = {"const": NO_ACTION}
    return schemas | {f"{SAID}Views": _exactly_one_of(views)}


# --- what validators know and schemas do not --------------------------------------------------------------


def _tighten(said: dict[str, Any]) -> None:
    """Say what our validators ask for, so that whoever follows the document is not turned away."""
    for schema in _schemas(said):
        if schema.get("pattern") == NO_NUL and schema.get("minLength"):
            schema["pattern"] = SAYS_SOMETHING
        if schema.get("anyOf") == [{"type": "number"}, {"type": "string"}]:
            schema["anyOf"][1] |= {"pattern": DECIMAL, "maxLength": 30}


def _exactly_one_of(schema: Mapping[str, Any]) -> dict[str, Any]:
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


def _not_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    return next(dict(choice) for choice in schema["anyOf"] if choice.get("type") != "null")


def _schemas(said: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any part of a JSON document
    """Yield every object of the document."""
    if isinstance(said, dict):
        yield said
    for part in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
        yield from _schemas(part)
