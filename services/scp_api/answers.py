"""How a question becomes a route, and a model an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import FastAPI, Response
from pydantic import BaseModel

from scp_api import preconditions, problems

REFUSALS = (400, 401, 403, 422, 429, 500, 503)


def add_question(  # noqa: PLR0913 - one route of the table
    app: FastAPI,
    path: str,
    endpoint: Callable[..., Response],
    model: Any,  # noqa: ANN401 - whatever pydantic can describe
    summary: str,
    *,
    tag: str | None = None,
    or_absent: bool = False,
    headers: dict[str, Any] | None = None,
    parameters: Sequence[dict[str, Any]] = (),
    refusals: Sequence[int] = (),
) -> None:
    """Add a GET, with every answer it can give."""
    absent = (404,) if or_absent else ()
    app.add_api_route(
        path,
        endpoint,
        methods=["GET"],
        tags=[tag or path.split("/")[1]],
        summary=summary,
        operation_id="read-" + path.strip("/").replace("/", "-").replace("{", "").replace("}", ""),
        response_model=model,
        responses=problems.declared(*REFUSALS, *absent, *refusals)
        | ({200: {"headers": headers}} if headers else {}),
        openapi_extra={"parameters": [preconditions.PURPOSE_HEADER, *parameters]},
    )


def json_of(model: BaseModel, headers: dict[str, str] | None = None) -> Response:
    """Return a model as an answer."""
    return Response(model.model_dump_json(), headers=headers, media_type="application/json")
