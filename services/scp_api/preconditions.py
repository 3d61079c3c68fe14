"""What a request says in its headers: for which purpose, under which key, and on which version."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from fastapi import Request
from fastapi.routing import APIRoute

from scp_api.authentication import actor_of, through_of
from scp_api.problems import Problem, WrongField, denied, invalid, not_found
from scp_events.access import Action, Deny, Purpose, Read, decide
from scp_events.vocabulary import Actor, CommandId

COMMANDS = UUID("0b6f4d0e-3f5a-4c53-9b1e-5d2a6f6c7a11")
"""The namespace of command ids made from keys."""
_KEY = re.compile(r"[!-~]{1,200}")
_NUMBER = "(0|[1-9][0-9]{0,9})"
_VERSION = re.compile(f'"{_NUMBER}"|{_NUMBER}')
"""As an ETag says it; the quotes may be left out: people forget them, and nothing else could be meant."""
_PURPOSES = frozenset(Purpose)


@dataclass(frozen=True)
class Asking:
    """Who asks, and for which purpose."""

    actor: Actor
    purpose: Purpose
    through: Actor | None = None
    """The service that asks on their behalf."""


def allowed(request: Request, action: Action) -> Asking:
    """Return who asks and why, once the policy has said yes. Without a purpose nobody is served."""
    who = Asking(actor_of(request), _purpose(request), through_of(request))
    must_be_allowed(who, action)
    return who


def must_be_allowed(who: Asking, action: Action) -> None:
    """Refuse what the policy does not allow."""
    answer = decide(who.actor, action, who.purpose)
    if isinstance(answer, Deny):
        raise denied(answer)


def may_read(request: Request, resource: str) -> Asking:
    """Let somebody read a collection, and return who; whoever may not is told so."""
    must_know_parameters(request, _parameters_of(request.scope["route"]))
    return allowed(request, Read(resource))


def may_read_one(request: Request, resource: str) -> None:
    """Let somebody read one thing; whoever may not is told that there is nothing."""
    try:
        may_read(request, resource)
    except Problem as problem:
        raise (not_found() if problem.kind == "denied" else problem) from None


def _parameters_of(route: APIRoute) -> AbstractSet[str]:
    return {parameter.alias for parameter in route.dependant.query_params}


def must_know_parameters(request: Request, known: AbstractSet[str] = frozenset()) -> None:
    """Refuse a parameter we do not know: whoever misspells one would get the answer to another question."""
    if request.scope["query_string"] and not set(request.query_params) <= known:
        wrong = WrongField(location=("query",), detail="a name here is not known")
        raise invalid([wrong])


def _purpose(request: Request) -> Purpose:
    said = request.headers.getlist("scp-purpose")
    if len(said) != 1 or said[0] not in _PURPOSES:
        raise Problem(400, "purpose-missing", f"say what for: `Scp-Purpose:` one of {', '.join(Purpose)}")
    return Purpose(said[0])


def command_id(request: Request, actor: Actor) -> CommandId:
    """Return the id of the command: the same person with the same key means the same command."""
    return CommandId(uuid5(_commands_of(actor.id), key_of(request)))


def key_of(request: Request) -> str:
    """Return the one key of a request."""
    keys = request.headers.getlist("idempotency-key")
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise Problem(
            400,
            "header-invalid",
            "send one `Idempotency-Key:` of 1 to 200 visible ASCII characters, a new one for each command",
        )
    return keys[0]


@lru_cache(maxsize=1024)
def _commands_of(actor_id: str) -> UUID:
    """Return the namespace of one person's commands."""
    return uuid5(COMMANDS, actor_id)


def must_be_json(request: Request) -> None:
    """Refuse a body that does not say it is JSON."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != "application/json":
        raise Problem(415, "media-type", "send Content-Type: application/json")


def fingerprint(request: Request, body: bytes) -> bytes:
    """Return what tells a request sent again from another one sent with the same key."""
    asked = sha256()
    for part in (request.method.encode(), request.scope["path"].encode(), body):
        asked.update(len(part).to_bytes(8, "big"))
        asked.update(part)
    return asked.digest()


def expected_version(request: Request, *, required: bool) -> int | None:
    """Return the version `If-Match` names; a decision must name one."""
    said = request.headers.getlist("if-match")
    if not said and not required:
        return None
    if not said:
        raise Problem(
            428,
            "version-required",
            "read the resource and send its ETag as `If-Match`, so that it is known what was decided on",
        )
    found = _VERSION.fullmatch(said[0]) if len(said) == 1 else None
    if found is None:
        raise Problem(400, "header-invalid", 'send `If-Match:` as one version in quotes, such as `"3"`')
    return int(found[1] or found[2])


# --- describing them --------------------------------------------------------------------------------------


def _header(name: str, description: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"in": "header", "name": name, "required": required, "description": description, "schema": schema}


PURPOSE_HEADER = _header(
    "Scp-Purpose",
    "What it is needed for. It is recorded with every command.",
    {"type": "string", "enum": list(Purpose)},
)
KEY_HEADER = _header(
    "Idempotency-Key",
    "The same key with the same request has one effect and the same answer, however often it is sent.",
    {"type": "string", "pattern": "^[!-~]{1,200}$", "examples": ["6b1f8a52"]},
)


def version_header(*, required: bool) -> dict[str, Any]:
    """Describe `If-Match`."""
    return _header(
        "If-Match",
        "The version this was decided on, as its ETag said.",
        {"type": "string", "pattern": f'^("{_NUMBER}"|{_NUMBER})$', "examples": ['"3"']},
        required=required,
    )
