"""The addresses of imports: files are sent, progress is told as events, a report tells of every row.

An import is there for whoever sent it, and for nobody else.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path as FilePath
from typing import Annotated, Any
from uuid import UUID, uuid5

from anyio import CancelScope
from anyio.to_thread import run_sync
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import StreamingResponse

from scp_api import preconditions, problems
from scp_api.answers import json_of
from scp_api.imports import stream, upload
from scp_api.imports.described import (
    BINARY,
    COLLECTION,
    EVENT,
    LAST_EVENT_HEADER,
    REPORTS,
    WORKBOOK,
    ZIP,
    add,
    add_sending,
)
from scp_api.imports.kept import Kept, Place
from scp_api.imports.negotiation import preferred
from scp_api.imports.under_way import Importing
from scp_api.imports.words import (
    Asked,
    DatesOrder,
    ImportStatus,
    Options,
    State,
)
from scp_api.parts import Parts
from scp_api.problems import Problem, WrongField
from scp_events.access import Import
from scp_events.importing import UnknownQuestionError
from scp_events.importing.questions import QUESTIONS, must_be_questions
from scp_events.importing.time_zones import UnknownTimeZoneError, time_zone_named
from scp_events.vocabulary import Actor

IMPORTS = UUID("5d9a1c52-0f0e-4f0a-9a46-4f6b2e0c7d31")
"""The namespace of import ids made from keys."""
FORMS = {"application/json": ".json", "text/html": ".html", WORKBOOK: ".xlsx"}
PRIVATE = {
    "Cache-Control": "no-store",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
"""With everything that speaks of cases: nobody on the way keeps it, and nothing in it runs."""

DryRun = Annotated[bool, Query(description="Decide every row and record none.")]
Dates = Annotated[
    DatesOrder | None,
    Query(description="The order of day, month and year in columns whose days could be read in two ways."),
]
TimeZone = Annotated[
    str | None,
    Query(
        description="Where the times in the sheets were noted; by default where the organisation is.",
        max_length=60,
        pattern=r"^[A-Za-z0-9_+/-]+$",
        examples=["Europe/London"],
    ),
]
Accept = Annotated[
    list[str],
    Query(
        description="Take the rows of a question as they are; may be repeated.",
        json_schema_extra={"items": {"type": "string", "enum": [question.code for question in QUESTIONS]}},
    ),
]


def install(app: FastAPI, parts: Parts, importing: Importing) -> None:
    """Add every address."""
    kept = importing.kept
    add_sending(app, _sending(parts, importing))
    add(app, "", _status(kept), "How an import stands.", {}, model=ImportStatus)
    add(
        app,
        "/events",
        _events(kept),
        "How far an import is, as Server-Sent Events: `waiting`, `progress`, and last `outcome`.",
        {stream.MEDIA_TYPE: EVENT},
        refusals=(400,),
        parameters=[LAST_EVENT_HEADER],
        or_nothing="There is nothing after the event you have, and nothing will come.",
    )
    said = "What became of every row, in the form that is asked for with `Accept`."
    add(app, "/report", _report(kept), said, REPORTS, refusals=(406, 409))
    said = "The rejected rows, to correct and import again: the same files and columns, in a ZIP archive."
    add(app, "/rejected-rows", _rejected_rows(kept), said, {ZIP: BINARY}, refusals=(409,))


# --- sending ----------------------------------------------------------------------------------------------


def _sending(parts: Parts, importing: Importing) -> Callable[..., Any]:
    kept, megabytes = importing.kept, importing.megabytes

    async def send_sheets(
        request: Request,
        dry_run: DryRun = False,  # noqa: FBT002 - a parameter of an address
        dates: Dates = None,
        time_zone: TimeZone = None,
        accept: Accept = [],  # noqa: B006 - FastAPI makes a new one for every request
    ) -> Response:
        """Import CSV, XLSX, ODS and XLS files, and a `mapping.toml` where there is one, as from a folder."""
        preconditions.must_know_parameters(request, {"dry_run", "dates", "time_zone", "accept"})
        who = preconditions.allowed(request, Import())
        _must_ask_themselves(who)
        sender = who.actor
        import_id = _id_of(sender, preconditions.key_of(request))
        options = Options(dry_run=dry_run, dates=dates, time_zone=time_zone, accept=tuple(accept))
        _must_be_known(options)
        upload.boundary_of(request)
        upload.must_be_small(request, megabytes)
        place = await run_sync(kept.of, import_id, sender)
        if place is not None:
            came_now = _fingerprint(options, await upload.received(request, None, megabytes))
            if came_now != place.asked.fingerprint:
                raise problems.key_reused()
            return _accepted(200, await run_sync(kept.status, place))
        await _begin(request, import_id, sender, options)
        return _accepted(202, await run_sync(kept.status, kept.place(import_id)))

    async def _begin(request: Request, import_id: UUID, sender: Actor, options: Options) -> None:
        """Take the files in, and have them worked on; where anything fails, nothing of it is left."""
        begun = await run_sync(importing.begin, import_id)
        try:
            fingerprint = _fingerprint(options, await upload.received(request, begun.sheets, megabytes))
            asked = Asked(
                id=import_id, by=sender, sent_at=parts.now(), options=options, fingerprint=fingerprint
            )
            await run_sync(importing.work_on, begun, asked)
        except BaseException:
            with CancelScope(shield=True):
                await run_sync(begun.undo)
            raise

    return send_sheets


def _must_ask_themselves(who: preconditions.Asking) -> None:
    """Refuse a service that sends sheets for somebody: each row names its own, and there is room for two."""
    if who.through is not None:
        raise Problem(403, "denied", "send sheets with a token of your own", rule="imported-for-another")


def _id_of(sender: Actor, key: str) -> UUID:
    """Return the id of an import: the same person with the same key means the same one."""
    return uuid5(IMPORTS, f"{sender.organisation} {sender.id} {key}")


def _must_be_known(options: Options) -> None:
    try:
        must_be_questions(options.accept)
        if options.time_zone is not None:
            time_zone_named(options.time_zone)
    except UnknownQuestionError as error:
        raise problems.invalid([WrongField(location=("query", "accept"), detail=str(error))]) from None
    except UnknownTimeZoneError as error:
        raise problems.invalid([WrongField(location=("query", "time_zone"), detail=str(error))]) from None


def _fingerprint(options: Options, files: str) -> str:
    return sha256(f"{options.model_dump_json()} {files}".encode()).hexdigest()


def _accepted(code: int, status: ImportStatus) -> Response:
    answer = json_of(status, {"Location": f"{COLLECTION}/{status.id}"})
    answer.status_code = code
    return answer


# --- asking about one -------------------------------------------------------------------------------------


def _own(kept: Kept, request: Request, import_id: UUID) -> Place:
    """Return where an import is kept; whoever may not see it is told that there is none."""
    preconditions.must_know_parameters(request)
    try:
        who = preconditions.allowed(request, Import())
    except Problem as problem:
        raise (problems.not_found() if problem.kind == "denied" else problem) from None
    place = kept.of(import_id, who.actor)
    if place is None:
        raise problems.not_found()
    return place


def _status(kept: Kept) -> Callable[..., Response]:
    def status(request: Request, import_id: UUID) -> Response:
        return json_of(kept.status(_own(kept, request, import_id)), {"Cache-Control": "no-store"})

    return status


def _events(kept: Kept) -> Callable[..., Response]:
    def events(request: Request, import_id: UUID) -> Response:
        place, after = _own(kept, request, import_id), stream.last_event(request)
        if stream.is_all_told(kept, place, after):
            return Response(status_code=204)  # a browser's EventSource stops asking
        return StreamingResponse(
            stream.events(kept, place, after),
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
            media_type=stream.MEDIA_TYPE,
        )

    return events


def _report(kept: Kept) -> Callable[..., Response]:
    def report(request: Request, import_id: UUID) -> Response:
        place = _own(kept, request, import_id)
        form = preferred(",".join(request.headers.getlist("accept")), FORMS)
        if form is None:
            raise Problem(406, "not-acceptable", f"accept one of {', '.join(FORMS)}")
        file = place.report(FORMS[form])
        _must_be_there(kept, place, file)
        return Response(file.read_bytes(), headers=PRIVATE | _named(file.name, form), media_type=form)

    return report


def _named(name: str, form: str) -> dict[str, str]:
    """Have what no browser shows saved under a name."""
    return {} if form in {"application/json", "text/html"} else _saved_as(name)


def _saved_as(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _rejected_rows(kept: Kept) -> Callable[..., Response]:
    def rejected_rows(request: Request, import_id: UUID) -> Response:
        place = _own(kept, request, import_id)
        _must_be_there(kept, place, place.rejected)
        return Response(_zipped(place.rejected), headers=PRIVATE | _saved_as("rejected.zip"), media_type=ZIP)

    return rejected_rows


def _must_be_there(kept: Kept, place: Place, path: FilePath) -> None:
    """Refuse to hand out what is not there yet, or will never be."""
    if kept.status(place).state is State.UNDER_WAY:
        raise problems.import_not_ended()
    if not path.exists():
        raise problems.not_found()


def _zipped(directory: FilePath) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.iterdir()):
            archive.write(path, path.name)
    return written.getvalue()
