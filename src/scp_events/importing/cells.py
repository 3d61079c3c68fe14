"""What a cell can say: text from a sheet turned into dates, numbers, codes and choices.

Every kind of cell has its own plain-word complaint. None of them repeats what the cell says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, LiteralString, TypeAlias, TypeVar

from pydantic import BeforeValidator, ValidationError, ValidationInfo
from pydantic_core import PydanticCustomError

from scp_events.aggregates.assessment.events import DomainScore
from scp_events.importing.case_form import AS_HERE, CaseForm
from scp_events.importing.report import Wrong, WrongCellError
from scp_events.importing.suggesting import closest
from scp_events.importing.unknown_values import is_unknown
from scp_events.importing.written_days import Unreadable, day_in_words, unreadable, year_first
from scp_events.vocabulary import CASE_REFERENCE, Actor, Calendar, LegalBasis

T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class Registers:
    """What cells may name: the staff and the legal bases of this import, and days up to today.

    `calendar` says whose days and times of day they are: the organisation's. `cases` says how it writes the
    references of cases.
    """

    staff: Mapping[str, Actor]
    legal_bases: Mapping[str, LegalBasis]
    today: date
    calendar: Calendar
    zone: tzinfo
    """Where the times of the sheets were noted."""
    cases: CaseForm = AS_HERE


# --- dates, times and numbers -----------------------------------------------------------------------------

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::[0-5]\d)?")
_MINUTES_A_DAY = 24 * 60
_EARLIEST_YEAR = 1900


def complaint(
    code: LiteralString, message: LiteralString, fix: str, suggestion: str | None = None
) -> PydanticCustomError:
    """Return what to raise of a cell that cannot be read."""
    return PydanticCustomError(code, message, {"fix": fix, "suggestion": suggestion})


def says_something(cell: object) -> object:
    """Refuse a cell that shows an error: it is neither what somebody wrote, nor blank."""
    if is_unknown(cell):
        raise complaint(
            "cell-error",
            "shows an error, or a formula that was never calculated",
            "put right the formula, or type the value in",
        )
    return cell


def _day(cell: str) -> date:
    """Read a day. Days of which the order had to be found out come with the year first."""
    day = year_first(cell) or day_in_words(cell)
    if day is None:
        raise _no_day(cell)
    if day.year < _EARLIEST_YEAR:
        raise complaint("no-such-day", "is a day long before anybody's case", "check the year")
    return day


def _no_day(cell: str) -> PydanticCustomError:
    fix = "write it as 2025-03-31"
    match unreadable(cell):
        case Unreadable.TWO_DIGITS:
            return complaint("two-digit-year", "is a day whose year has two digits", fix)
        case Unreadable.NO_SUCH_DAY:
            return complaint("no-such-day", "is not a day of the calendar", f"check day and month, and {fix}")
        case Unreadable.WITH_A_TIME:
            return complaint(
                "day-with-time", "is a day with a time", f"{fix}, and the time in its own column"
            )
        case Unreadable.A_NUMBER:
            return complaint(
                "day-as-number", "is a number and no day", "give the column the format of a date"
            )
    return complaint("not-a-date", "is not a date", fix)


def _time(cell: str) -> time:
    written = _TIME.fullmatch(cell)
    if written is None or int(written[1]) > 23 or int(written[2]) > 59:  # noqa: PLR2004 - hours and minutes
        raise complaint("not-a-time", "is not a time of day", "write it as 14:30, or leave it blank")
    return time(int(written[1]), int(written[2]))


def _minutes(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", cell) or int(cell) > _MINUTES_A_DAY:
        raise complaint(
            "not-minutes", "is not a number of minutes", "write a whole number from 0 to 1440, such as 45"
        )
    return int(cell)


def _yes_or_no(cell: str) -> bool:
    answers = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
    if cell.lower() not in answers:
        raise complaint("not-yes-or-no", "is neither yes nor no", "write yes or no")
    return answers[cell.lower()]


def _whole_number(cell: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,12}", cell):
        raise complaint("not-a-whole-number", "is not a whole number", "write a whole number, such as 45")
    return int(cell)


def _number(cell: str) -> Decimal:
    if not re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", cell):
        raise complaint("not-a-number", "is not a number", "write it in digits with a point, such as 12.50")
    return Decimal(cell)


def _clock_time(cell: str) -> str:
    return _time(cell).isoformat("minutes")


def _scores(cell: str) -> tuple[DomainScore, ...]:
    return tuple(_score(part) for part in parts_of(cell))


def _score(part: str) -> DomainScore:
    domain, _, score = part.partition("=")
    try:
        number = Decimal(score.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise complaint(
            "not-scores", "does not give a number for each domain", "write it as housing=2; peers=3.5"
        )
    return DomainScore(domain=_code(domain), score=number)


Day = Annotated[date, BeforeValidator(_day)]
TimeOfDay = Annotated[time, BeforeValidator(_time)]
WholeMinutes = Annotated[int, BeforeValidator(_minutes)]
WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
Number = Annotated[Decimal, BeforeValidator(_number)]
ClockTime = Annotated[str, BeforeValidator(_clock_time)]
"""A time of day that is kept as people write it: 17:30."""
YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]
Scores = Annotated[tuple[DomainScore, ...], BeforeValidator(_scores)]

# --- codes ------------------------------------------------------------------------------------------------

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_PERSON = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
CASE = re.compile(CASE_REFERENCE)
ROW_ID = re.compile(r"[A-Z]{1,4}-[0-9]{1,20}")
"""Up to twenty digits, so that an id may also be made from what a row says, and no two come out the same."""


def parts_of(cell: str) -> list[str]:
    """Return what a cell says that may say several things."""
    return [part.strip() for part in cell.split(";") if part.strip()]


def _as_code(cell: str) -> str:
    """Read `In person` as `in-person`: people type codes as words."""
    return re.sub(r"[\s_]+", "-", cell.strip().lower())


def _code(cell: str) -> str:
    code = _as_code(cell)
    if not _CODE.fullmatch(code):
        raise complaint(
            "not-a-code", "is not a code", "use letters, digits and hyphens only, such as court-order"
        )
    return code


def code_words(cell: str) -> tuple[str, ...]:
    """Return the codes that a cell names."""
    return tuple(_code(part) for part in parts_of(cell))


def _person_code(cell: str) -> str:
    code = cell.strip().lower()
    if not _PERSON.fullmatch(code):
        raise complaint(
            "not-a-person-code",
            "is not the code of a member of staff or a mentor",
            "use letters, digits, points and hyphens only, such as kw-ama; never a name",
        )
    return code


def _case_reference(cell: str, info: ValidationInfo) -> str:
    form = _registers(info).cases
    reference = form.ours(cell)
    if reference is None:
        raise complaint("not-a-case", "is not a case reference", f"write it as {form.example}")
    return reference


def _row_id(cell: str) -> str:
    if not ROW_ID.fullmatch(cell):
        raise complaint("not-a-row-id", "is not a row id", "write it as C-0123: letters, hyphen, digits")
    return cell


def _row_ids(cell: str) -> tuple[str, ...]:
    return tuple(_row_id(part) for part in parts_of(cell))


CodeWord = Annotated[str, BeforeValidator(_code)]
Codes = Annotated[tuple[str, ...], BeforeValidator(code_words)]
PersonWord = Annotated[str, BeforeValidator(_person_code)]
AsCode = BeforeValidator(_as_code)
"""In front of a choice, so that `In person` and `in-person` are the same."""
CaseCell = Annotated[str, BeforeValidator(_case_reference)]
RowId = Annotated[str, BeforeValidator(_row_id)]
RowIds = Annotated[tuple[str, ...], BeforeValidator(_row_ids)]

# --- names of what a register holds -----------------------------------------------------------------------


def _staff(cell: str, info: ValidationInfo) -> Actor:
    known = _registers(info).staff
    if cell.lower() not in known:
        raise complaint(
            "unknown-staff",
            "is not in staff",
            "add the person's code to staff, or correct it here",
            closest(_as_code(cell), known),
        )
    return known[cell.lower()]


def _legal_basis(cell: str, info: ValidationInfo) -> LegalBasis:
    known = _registers(info).legal_bases
    if cell.lower() not in known:
        raise complaint(
            "unknown-legal-basis",
            "is not in legal-bases",
            "add the basis to legal-bases, or correct it here",
            closest(_as_code(cell), known),
        )
    return known[cell.lower()]


def _several_staff(cell: str, info: ValidationInfo) -> tuple[Actor, ...]:
    return tuple(_staff(part, info) for part in parts_of(cell))


def _registers(info: ValidationInfo) -> Registers:
    assert isinstance(info.context, Registers), "rows are validated against registers"  # noqa: S101 - ours
    return info.context


def not_in_the_future(day: date, info: ValidationInfo) -> date:
    """Refuse a day after today: nobody entered anything tomorrow."""
    if day > _registers(info).today:
        raise complaint(
            "in-the-future", "lies in the future", "check the year and the order of day and month"
        )
    return day


def on_the_clock(at: time, day: date, info: ValidationInfo) -> time:
    """Return a time with the zone of its clock; refuse one that was skipped, as the clocks went forward."""
    there = datetime.combine(day, at, _registers(info).zone)
    if there.astimezone(UTC).astimezone(there.tzinfo).time() != at:
        raise complaint(
            "no-such-time",
            "is a time that was skipped that day: the clocks went forward",
            "check the day and the time, or say with `--time-zone` where it was noted",
        )
    return there.timetz()


def not_before(day: date, earlier: date | None, column: str) -> date:
    """Refuse a day before the one that must come first."""
    if earlier is not None and day < earlier:
        raise complaint("dates-out-of-order", "is before what it must follow", f"compare it with {column}")
    return day


Staff = Annotated[Actor, BeforeValidator(_staff)]
SeveralStaff = Annotated[tuple[Actor, ...], BeforeValidator(_several_staff)]
Basis = Annotated[LegalBasis, BeforeValidator(_legal_basis)]

# --- complaints -------------------------------------------------------------------------------------------


def required(value: T | None, column: str) -> T:
    """Return what the column says; complain where this kind of row needs it and it is blank."""
    if value is None or value == ():
        raise WrongCellError(
            column, "missing", "is blank, and a row of this kind needs it", "fill the cell in"
        )
    return value


def choice(among: type[Choice], value: str | None, column: str) -> Choice:
    """Return what the column says, where which words it may say depends on the kind of row."""
    said = required(value, column)
    words = [str(word) for word in among]
    if said not in words:
        raise WrongCellError(
            column,
            "not-a-choice",
            "is not one of the words for this kind of row",
            f"use one of {shown(words)}",
            closest(said, words),
        )
    return among(said)


_KNOWN_COMPLAINTS: Mapping[str, tuple[str, str, str]] = {
    "missing": ("missing", "is blank", "fill the cell in"),
    "enum": ("not-a-choice", "is not one of the words of this column", "use one of {expected}"),
    "literal_error": ("not-a-choice", "is not one of the words of this column", "use one of {expected}"),
    "string_too_long": ("too-long", "is too long", "keep it to {max_length} characters"),
    "string_too_short": ("missing", "is blank", "fill the cell in"),
    "too_short": ("too-few", "names too few", "name at least {min_length}"),
    "too_long": ("too-many", "names too many", "name at most {max_length}"),
    "greater_than_equal": ("too-small", "is a number too small to be meant", "write {ge} or more"),
    "less_than_equal": ("too-large", "is a number too large to be meant", "write {le} or less"),
    "decimal_max_places": ("too-many-places", "is too fine", "keep it to {decimal_places} places"),
    "decimal_max_digits": (
        "too-large",
        "is a number too large to be meant",
        "keep it to {max_digits} digits",
    ),
    "decimal_whole_digits": (
        "too-large",
        "is a number too large to be meant",
        "keep it to {whole_digits} digits",
    ),
    "string_pattern_mismatch": (
        "unreadable-character",
        "holds a character that cannot be kept",
        "type the cell anew",
    ),
}


Path: TypeAlias = tuple[int | str, ...]
"""Where in what was said something is wrong."""


def _first(path: Path) -> str | None:
    return str(path[0]) if path else None


def complaints(error: ValidationError, column: Callable[[Path], str | None] = _first) -> list[Wrong]:
    """Return what pydantic found wrong, in our words and without the cells' content.

    A cell that may be one of several things is complained of once, with the words of all of them. `column`
    says which column something stands in.
    """
    found = error.errors(include_url=False)
    words: dict[str, list[str]] = {}
    for each in found:
        if each["type"] in _OF_WORDS:
            words.setdefault(column(each["loc"]) or "", []).extend(_WORD.findall(each["ctx"]["expected"]))
    wrongs = [_wrong(each, words, column(each["loc"])) for each in found]
    return list(dict.fromkeys(wrongs))


_OF_WORDS = ("enum", "literal_error")
_WORD = re.compile(r"'([^']*)'")


def _wrong(found: Mapping[str, Any], words: Mapping[str, Sequence[str]], column: str | None) -> Wrong:
    context = found.get("ctx", {})
    if "fix" in context:
        return Wrong(found["type"], found["msg"], context["fix"], column, context.get("suggestion"))
    code, message, fix = _KNOWN_COMPLAINTS.get(
        found["type"],
        ("not-understood", "is not understood", "compare it with the description of the column"),
    )
    if found["type"] not in _OF_WORDS:
        return Wrong(code, message, fix.format_map(context), column)
    possible = words[column or ""]
    fix = fix.format(expected=shown(possible))
    return Wrong(code, message, fix, column, closest(str(found["input"]), possible))


def shown(columns: Sequence[str]) -> str:
    """Return column names for a message."""
    return ", ".join(f"`{column}`" for column in columns)
