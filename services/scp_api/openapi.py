"""The OpenAPI document: what FastAPI says, what it leaves out, and what pydantic cannot say of itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from scp_api import command_openapi
from scp_api.authentication import OPEN
from scp_api.problems import ProblemDocument

SECURITY = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt (RFC 9068)"}}
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
    schemas |= command_openapi.schemas()
    said["paths"] |= command_openapi.paths()
    components["securitySchemes"] = SECURITY
    for path, operations in said["paths"].items():
        if path not in OPEN:
            for operation in operations.values():
                operation["security"] = [{"bearer": []}]
    _tighten(said)
    return said


# --- what validators know and schemas do not --------------------------------------------------------------


def _tighten(said: dict[str, Any]) -> None:
    """Say what our validators ask for, so that whoever follows the document is not turned away."""
    for schema in _schemas(said):
        if schema.get("pattern") == NO_NUL and schema.get("minLength"):
            schema["pattern"] = SAYS_SOMETHING
        if schema.get("anyOf") == [{"type": "number"}, {"type": "string"}]:
            schema["anyOf"][1] |= {"pattern": DECIMAL, "maxLength": 30}


def _schemas(said: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any part of a JSON document
    """Yield every object of the document."""
    if isinstance(said, dict):
        yield said
    for part in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
        yield from _schemas(part)
