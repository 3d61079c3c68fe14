"""A mapping file read: every question that is still open is named, and so is all that does not fit."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scp_events.importing.mapping.document import OPEN, UNDECIDED, OrganisationMapping
from scp_events.importing.mapping.misfits import misfits, wrongs_in
from scp_events.importing.report import FileProblem, SheetsRefusedError, Wrong

_LARGEST = 1_000_000


def read_mapping(path: Path) -> OrganisationMapping:
    """Return what a mapping file says. Raises `SheetsRefusedError` naming everything that is wrong."""
    said = _parsed(path)
    if questions := list(_open(said)):
        raise _refused(path, questions)
    try:
        mapping = OrganisationMapping.model_validate(said)
    except ValidationError as error:
        raise _refused(path, list(misfits(error))) from None
    if wrongs := list(wrongs_in(mapping)):
        raise _refused(path, wrongs)
    return mapping


def _parsed(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _LARGEST:
        raise _refused(path, [Wrong("too-large", "is larger than a mapping can be", "name the right file")])
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        wrong = Wrong("not-utf-8", "is not written in UTF-8", "save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        wrong = Wrong("not-toml", f"cannot be read: {error}", "compare the line with the others")
    raise _refused(path, [wrong])


def _refused(path: Path, wrongs: Sequence[Wrong]) -> SheetsRefusedError:
    return SheetsRefusedError([FileProblem(path.name, wrong) for wrong in wrongs])


# --- open questions ---------------------------------------------------------------------------------------


def _open(said: Mapping[str, Any]) -> Iterator[Wrong]:
    sheets = said.get("sheet")
    for entry in sheets if isinstance(sheets, list) else ():
        yield from _places(entry, f" of {_where(entry)}")
    yield from _places({name: value for name, value in said.items() if name != "sheet"}, "")


def _where(entry: Mapping[str, Any]) -> str:
    worksheet = f", worksheet {entry['worksheet']}" if "worksheet" in entry else ""
    what = "" if entry.get("is", OPEN) == OPEN else f" as {entry['is']}"
    return f"{entry.get('file')}{worksheet}{what}"


def _places(said: object, of: str, path: tuple[str, ...] = ()) -> Iterator[Wrong]:
    match said:
        case dict():
            for name, value in said.items():
                if name == UNDECIDED and value:
                    yield _asks_which_are_taken(value, of)
                elif name not in {UNDECIDED, "ignored"}:
                    yield from _places(value, of, (*path, name))
        case list():
            for value in said:
                yield from _places(value, of, path)
        case str() if said == OPEN:
            fix = f"write the answer in the place of `{OPEN}`, or remove the line if it may stay blank"
            yield Wrong("open-question", f"leaves open `{'.'.join(path)}`{of}", fix)


def _asks_which_are_taken(headers: Sequence[object], of: str) -> Wrong:
    return Wrong(
        "open-question",
        f"leaves open whether these columns are taken{of}: {', '.join(map(str, headers))}",
        f"rename `{UNDECIDED}` to `ignored` if they are not, or name them under `columns`",
    )
