"""How the addresses of imports are described: what is sent, and every answer that can come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from scp_api import preconditions, problems
from scp_api.imports import upload
from scp_api.imports.words import ImportStatus, OutcomeTold, ProgressTold, WaitingTold

COLLECTION = "/imports"
ONE = f"{COLLECTION}/{{import_id}}"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
ALWAYS = (401, 403, 422, 429, 500, 503)
"""Refusals that any of them can come to."""

BINARY = {"type": "string", "format": "binary"}
REPORTS = {
    "application/json": {"type": "object"},
    "text/html": {"type": "string"},
    WORKBOOK: BINARY,
}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [upload.FIELD],
                "additionalProperties": False,
                "properties": {
                    upload.FIELD: {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": upload.MOST_FILES,
                        "items": BINARY,
                        "description": "The sheets, each with its file name, and `mapping.toml`.",
                    }
                },
            }
        }
    },
}
_NAMED = "#/components/schemas/{}"
EVENT = {
    "type": "object",
    "required": ["id", "event", "data"],
    "properties": {
        "id": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "event": {"enum": ["waiting", "progress", "outcome"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {
                "oneOf": [
                    WaitingTold.model_json_schema(),
                    {"$ref": _NAMED.format(ProgressTold.__name__)},
                    {"$ref": _NAMED.format(OutcomeTold.__name__)},
                ]
            },
        },
    },
}
"""Of each event. What progress and outcomes are, the status describes too."""
LAST_EVENT_HEADER = {
    "in": "header",
    "name": "Last-Event-ID",
    "required": False,
    "description": "The `id` of the last event you have; what came after it follows.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,9}$"},
}
_LOCATION = {"Location": {"description": "Where it is.", "required": True, "schema": {"type": "string"}}}


def add_sending(app: FastAPI, endpoint: Callable[..., Any]) -> None:
    """Add the POST of an import, with every answer it can give."""
    app.add_api_route(
        COLLECTION,
        endpoint,
        methods=["POST"],
        status_code=202,
        tags=["imports"],
        summary="Import the sheets of an organisation.",
        operation_id="send-sheets",
        response_model=ImportStatus,
        responses={
            202: {"description": "It is under way.", "headers": _LOCATION},
            200: {"description": "It was sent before.", "headers": _LOCATION, "model": ImportStatus},
            **problems.declared(*ALWAYS, 400, 408, 409, 413, 415),
        },
        openapi_extra={
            "parameters": [preconditions.PURPOSE_HEADER, preconditions.KEY_HEADER],
            "requestBody": _BODY,
        },
    )


def add(  # noqa: PLR0913 - one route of the table
    app: FastAPI,
    below: str,
    endpoint: Callable[..., Response],
    summary: str,
    forms: Mapping[str, Mapping[str, Any]],
    *,
    model: Any = None,  # noqa: ANN401 - whatever pydantic can describe
    refusals: tuple[int, ...] = (),
    parameters: Sequence[dict[str, Any]] = (),
    or_nothing: str | None = None,
) -> None:
    """Add a GET about one import, with every answer it can give."""
    content = {form: {"schema": schema} for form, schema in forms.items()}
    answers: dict[int | str, dict[str, Any]] = {200: {"content": content} if content else {}}
    if or_nothing:
        answers[204] = {"description": or_nothing}
    app.add_api_route(
        f"{ONE}{below}",
        endpoint,
        methods=["GET"],
        tags=["imports"],
        summary=summary,
        operation_id=f"read-import{below.replace('/', '-')}",
        response_class=JSONResponse if model else Response,
        response_model=model,
        responses=answers | problems.declared(*ALWAYS, 400, 404, *refusals),
        openapi_extra={"parameters": [preconditions.PURPOSE_HEADER, *parameters]},
    )
